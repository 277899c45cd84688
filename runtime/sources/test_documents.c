/*
 * test_documents.c - runtime/sources/documents.c: blocks and where they are cut, pipes, gzip, following a file that grows,
 * is replaced, truncated or not there yet, and stopping. The source runs in a thread of its own, as in a pipeline.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/log.h"
#include "core/runtime.h"
#include "program/registry.h"
#include "sources/documents.h"
#include "intake/queue.h"
#include "tests/unit/faults.h"

#define PATIENCE (10 * FL_SECOND)

static char folder[] = "/tmp/fl-source.XXXXXX";
static char path[64], old_path[64];

struct run {
    struct fl_runtime rt;
    void *source;
    pthread_t thread;
    struct fl_buf got;       /* all plain text so far; '|' where a stream ended */
    uint64_t number, blocks, streams;
    bool end;
};

static int64_t mono(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * FL_SECOND + ts.tv_nsec;
}

static void put(const char *file, const char *text, const char *mode)
{
    FILE *f = fopen(file, mode);
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void *thread_main(void *arg)
{
    struct run *r = arg;
    fl_documents_run(r->source);
    fl_queue_close(r->rt.queue);
    return NULL;
}

static void start(struct run *r, struct fl_documents_options o)
{
    char *error = NULL;
    memset(r, 0, sizeof *r);
    r->rt.drivers = fl_drivers;
    r->rt.queue = fl_queue_new(1 << 20);
    o.poll_ms = 10;
    r->source = fl_documents_open(&r->rt, &o, &error);
    if (!r->source)
        fail_msg("%s", error);
    assert_int_equal(pthread_create(&r->thread, NULL, thread_main, r), 0);
}

/* One more block. False: the end, or none in time. */
static bool more(struct run *r, int64_t patience)
{
    struct fl_message *m = fl_queue_pop(r->rt.queue, mono() + patience, &r->end);
    if (!m)
        return false;
    assert_true(m->stream);
    assert_int_equal(m->number, ++r->number);
    size_t stream_n = 0; /* bytes of this stream so far */
    for (size_t i = r->got.n; i > 0 && r->got.p[i - 1] != '|'; i--)
        stream_n++;
    assert_int_equal(m->offset, stream_n);
    fl_buf_put(&r->got, m->data, m->n);
    r->blocks++;
    if (m->last) {
        fl_buf_putc(&r->got, '|');
        r->streams++;
    }
    fl_queue_recycle(r->rt.queue, m);
    return true;
}

static bool has(const struct run *r, const char *text)
{
    return r->got.n == strlen(text) && memcmp(r->got.p, text, r->got.n) == 0;
}

static void until(struct run *r, const char *text)
{
    int64_t give_up = mono() + PATIENCE;
    while (!has(r, text) && mono() < give_up)
        more(r, FL_SECOND / 10);
    if (!has(r, text))
        fail_msg("got '%.*s' instead of '%s'", (int)r->got.n, r->got.p, text);
}

static void finish(struct run *r)
{
    pthread_join(r->thread, NULL);
    fl_documents_close(r->source);
    fl_queue_free(r->rt.queue);
    fl_buf_free(&r->got);
}

static void to_end(struct run *r)
{
    while (more(r, PATIENCE))
        ;
    assert_true(r->end);
}

static void stop(struct run *r)
{
    fl_documents_stop(r->source);
    while (more(r, PATIENCE))
        ;
    assert_true(r->end);
    finish(r);
}

/* ---- a file to its end ---------------------------------------------------------------------------------------- */

static char said[2][512];
static unsigned nsaid;

static void listen_(void *arg, const char *line)
{
    (void)arg;
    snprintf(said[nsaid++ % 2], sizeof said[0], "%s", line);
}

/* A disk that fails: what came before it counts, the place is said, and the end is no good end. */
static void read_fails(void **state)
{
    (void)state;
    struct run r;
    char want[200];
    put(path, "{1}\n{22}\n{333}\n", "w");
    faults_clear();
    nsaid = 0;
    fl_log_capture(listen_, NULL);
    fault_at(CALL_READ, 2, EINTR);
    fault_short(CALL_READ, 3, 3);
    fault_at(CALL_READ, 4, EIO);
    start(&r, (struct fl_documents_options){.path = path});
    to_end(&r);
    assert_true(fl_documents_failed(r.source));
    finish(&r);
    fl_log_capture(NULL, NULL);
    faults_clear();
    assert_int_equal(nsaid, 1);
    snprintf(want, sizeof want, "ERROR input broke off path=%s offset=4 reason=\"Input/output error\"", path);
    assert_string_equal(strchr(said[0], ' ') + 1, want);
}

/* No descriptor, or a place that says nothing about itself. */
static void open_fails(void **state)
{
    (void)state;
    static const struct {
        enum fault_call call;
        int error;
        const char *says;
    } faults[] = {{CALL_OPEN, EMFILE, "Too many open files"}, {CALL_FSTAT, EIO, "Input/output error"}};
    struct fl_runtime rt = {.drivers = fl_drivers};
    char want[200];
    put(path, "{1}\n", "w");
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char *error;
        faults_clear();
        fault_at(faults[i].call, 1, faults[i].error);
        assert_null(fl_documents_open(&rt, &(struct fl_documents_options){.path = path}, &error));
        faults_clear();
        snprintf(want, sizeof want, "input '%s' cannot be read: %s", path, faults[i].says);
        assert_string_equal(error, want);
        free(error);
    }
}

/* As the worker reads a file that is there: every block into the same message. */
static void read_directly(void **state)
{
    (void)state;
    static const struct {
        const char *text, *block[5];
    } files[] = {
        {"{1}\n{22}\n{333}\n{4444}\n{5}", {"{1}\n{22}\n", "{333}\n", "{4444}\n", "{5}"}},
        {"{1}\n{22}\n\n", {"{1}\n{22}\n\n", ""}}, /* just a block: the end shows in the next one */
        {"0123456789abcdef\n{}\n", {"0123456789", "abcdef\n{}\n", ""}}, /* a document larger than a block */
        {"", {""}},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct fl_runtime rt = {.drivers = fl_drivers, .queue = fl_queue_new(1000)};
        char *error = NULL;
        put(path, files[i].text, "w");
        void *source = fl_documents_open(&rt, &(struct fl_documents_options){.path = path, .detect = true}, &error);
        assert_non_null(source);
        assert_true(fl_documents_ready(source));
        struct fl_message *m = fl_queue_message(rt.queue, 0);
        size_t offset = 0;
        for (unsigned k = 0; files[i].block[k]; k++) {
            bool more = fl_documents_read(source, m, 10);
            assert_int_equal(m->n, strlen(files[i].block[k]));
            assert_memory_equal(m->data, files[i].block[k], m->n);
            assert_int_equal(m->number, k + 1);
            assert_int_equal(m->offset, offset);
            assert_true(m->stream);
            assert_int_equal(more, files[i].block[k + 1] != NULL);
            assert_int_equal(m->last, !more);
            offset += m->n;
        }
        assert_false(fl_documents_failed(source));
        fl_documents_close(source);
        fl_queue_recycle(rt.queue, m);
        fl_queue_free(rt.queue);
    }
}

static void stopped_directly(void **state)
{
    (void)state;
    struct fl_runtime rt = {.drivers = fl_drivers, .queue = fl_queue_new(1000)};
    char *error = NULL;
    put(path, "{1}\n{2}\n{3}\n", "w");
    void *source = fl_documents_open(&rt, &(struct fl_documents_options){.path = path}, &error);
    struct fl_message *m = fl_queue_message(rt.queue, 0);
    assert_true(fl_documents_read(source, m, 5));
    fl_documents_stop(source);
    assert_false(fl_documents_read(source, m, 5));
    assert_int_equal(m->n, 0);
    assert_false(m->last); /* what was begun isn't over: it is not broken, but was stopped */
    fl_documents_close(source);
    fl_queue_recycle(rt.queue, m);
    fl_queue_free(rt.queue);
}

static void blocks(void **state)
{
    (void)state;
    struct run r;
    put(path, "{1}\n{22}\n{333}\n{4444}\n{5}", "w");
    start(&r, (struct fl_documents_options){.path = path, .block = 10});
    assert_true(more(&r, PATIENCE));
    assert_true(has(&r, "{1}\n{22}\n")); /* up to the last newline that fits */
    to_end(&r);
    assert_true(has(&r, "{1}\n{22}\n{333}\n{4444}\n{5}|"));
    assert_int_equal(r.streams, 1);
    assert_false(fl_documents_failed(r.source));
    finish(&r);

    put(path, "{\"a\":\"0123456789012345678901234567890\"}\n{2}\n", "w"); /* a document larger than a block */
    start(&r, (struct fl_documents_options){.path = path, .block = 16});
    to_end(&r);
    assert_true(has(&r, "{\"a\":\"0123456789012345678901234567890\"}\n{2}\n|"));
    finish(&r);

    put(path, "", "w");
    start(&r, (struct fl_documents_options){.path = path});
    to_end(&r);
    assert_true(has(&r, "|"));
    finish(&r);

    put(path, "x", "w"); /* too short to tell whether it is gzip */
    start(&r, (struct fl_documents_options){.path = path, .detect = true});
    to_end(&r);
    assert_true(has(&r, "x|"));
    finish(&r);
}

static void back_pressure(void **state)
{
    (void)state;
    struct run r;
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 400000; i++)
        fprintf(f, "{%d}\n", i);
    fclose(f);
    start(&r, (struct fl_documents_options){.path = path});
    usleep(50000);
    assert_true(fl_queue_full(r.rt.queue)); /* 1 MiB is less than the file: the source waits */
    to_end(&r);
    struct stat st;
    stat(path, &st);
    assert_int_equal(r.got.n, st.st_size + 1);
    for (size_t i = 0, n = 0; n < 400000; n++) {
        char line[16];
        size_t k = (size_t)snprintf(line, sizeof line, "{%zu}\n", n);
        assert_memory_equal(r.got.p + i, line, k);
        i += k;
    }
    finish(&r);
}

static void errors(void **state)
{
    (void)state;
    struct fl_runtime rt = {.drivers = fl_drivers};
    char *error = NULL;
    unlink(path);
    assert_null(fl_documents_open(&rt, &(struct fl_documents_options){.path = path}, &error));
    assert_non_null(strstr(error, "No such file"));
    assert_non_null(strstr(error, path));
    free(error);
    assert_null(fl_documents_open(&rt, &(struct fl_documents_options){.path = folder, .follow = true}, &error));
    assert_non_null(strstr(error, "directory"));
    free(error);
}

/* ---- pipes ---------------------------------------------------------------------------------------------------- */

static void pipes(void **state)
{
    (void)state;
    struct run r;
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    start(&r, (struct fl_documents_options){.path = path});
    int fd = open(path, O_WRONLY);
    assert_int_equal(write(fd, "{1}\n{2}\n{3", 10), 10);
    until(&r, "{1}\n{2}\n"); /* at once, although the block isn't full */
    until(&r, "{1}\n{2}\n{3"); /* after a second of silence */
    assert_int_equal(write(fd, "}\n{4}", 5), 5);
    close(fd);
    until(&r, "{1}\n{2}\n{3}\n{4}|");
    to_end(&r);
    finish(&r);

    start(&r, (struct fl_documents_options){.path = path}); /* nobody ever writes */
    usleep(20000);
    stop(&r);
    unlink(path);
}

static const struct fl_decompress_kind *gzip_kind(void)
{
    return fl_driver(fl_drivers, FL_DECOMPRESS, "gzip");
}

/* ---- gzip ----------------------------------------------------------------------------------------------------- */

static size_t gzip(const char *text, uint8_t *to, size_t room)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (uint8_t *)(uintptr_t)text;
    z.avail_in = (unsigned)strlen(text);
    z.next_out = to;
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return room - z.avail_out;
}

static void put_bytes(const uint8_t *p, size_t n)
{
    FILE *f = fopen(path, "w");
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
}

static void quiet(void *arg, const char *line)
{
    (void)line;
    ++*(int *)arg;
}

static void gzip_case(const uint8_t *p, size_t n, struct fl_documents_options o, const char *expected, bool failed)
{
    struct run r;
    int lines = 0;
    fl_log_capture(quiet, &lines);
    put_bytes(p, n);
    o.path = path;
    o.block = 16;
    start(&r, o);
    to_end(&r);
    fl_log_capture(NULL, NULL);
    if (!has(&r, expected))
        fail_msg("got '%.*s' instead of '%s'", (int)r.got.n, r.got.p, expected);
    assert_int_equal(fl_documents_failed(r.source), failed);
    assert_int_equal(lines, failed);
    finish(&r);
}

static void gzipped(void **state)
{
    (void)state;
    struct fl_documents_options detect = {.detect = true}, chosen = {.packed = gzip_kind()}, none = {0};
    uint8_t z[1024];
    size_t n = gzip("{1}\n{22222222222222222222222222}\n{3}\n", z, sizeof z);
    gzip_case(z, n, detect, "{1}\n{22222222222222222222222222}\n{3}\n|", false);
    gzip_case(z, n, chosen, "{1}\n{22222222222222222222222222}\n{3}\n|", false);
    gzip_case(z, n, none, "|", true);
    size_t two = n + gzip("{4}\n", z + n, sizeof z - n); /* members one after the other */
    gzip_case(z, two, detect, "{1}\n{22222222222222222222222222}\n{3}\n{4}\n|", false);
    memset(z + two, 0, 20);
    gzip_case(z, two + 20, detect, "{1}\n{22222222222222222222222222}\n{3}\n{4}\n|", false);
    z[two] = 'x';
    gzip_case(z, two + 20, detect, "{1}\n{22222222222222222222222222}\n{3}\n{4}\n|", true);
    gzip_case(z, two - 1, detect, "{1}\n{22222222222222222222222222}\n{3}\n{4}\n|", true); /* check sum cut off */
    z[n - 5] ^= 1;
    gzip_case(z, n, detect, "{1}\n{22222222222222222222222222}\n{3}\n|", true); /* damaged check sum */
    gzip_case((const uint8_t *)"{1}\n", 4, chosen, "|", true);
    gzip_case((const uint8_t *)"", 0, chosen, "|", false);
}

/* ---- following ------------------------------------------------------------------------------------------------ */

static void follows(void **state)
{
    (void)state;
    struct run r;
    int lines = 0;
    fl_log_capture(quiet, &lines);
    unlink(path);
    start(&r, (struct fl_documents_options){.path = path, .follow = true}); /* not there yet */
    usleep(50000);
    put(path, "{1}\n{2", "w");
    until(&r, "{1}\n");
    put(path, "}\n", "a");
    until(&r, "{1}\n{2}\n");
    assert_int_equal(rename(path, old_path), 0);
    put(old_path, "{3}\n", "a"); /* its writer has it open still */
    put(path, "{4}\n", "w");
    until(&r, "{1}\n{2}\n{3}\n|{4}\n");
    put(path, "{5}\n", "a");
    until(&r, "{1}\n{2}\n{3}\n|{4}\n{5}\n");
    put(path, "{6}\n", "w"); /* truncated */
    until(&r, "{1}\n{2}\n{3}\n|{4}\n{5}\n|{6}\n");
    stop(&r);
    fl_log_capture(NULL, NULL);
    assert_int_equal(lines, 3); /* waiting, replaced, truncated: each once */
    unlink(old_path);
}

/* path, path.1 .. path.9: moved up by one. */
static void rotate(void)
{
    char from[80], to[80];
    for (int i = 9; i >= 0; i--) {
        snprintf(from, sizeof from, i ? "%s.%d" : "%s", path, i);
        snprintf(to, sizeof to, "%s.%d", path, i + 1);
        rename(from, to);
    }
}

static void remove_rotated(void)
{
    char name[80];
    for (int i = 1; i <= 10; i++) {
        snprintf(name, sizeof name, "%s.%d", path, i);
        unlink(name);
    }
}

static unsigned gaps(const struct run *r)
{
    return (unsigned)atomic_load(&r->rt.ledger.n[FL_C_gaps]);
}

/* Many times within a look: nothing that is still there is lost. */
static void follows_fast_rotations(void **state)
{
    (void)state;
    struct run r;
    int lines = 0;
    fl_log_capture(quiet, &lines);
    put(path, "{0}\n", "w");
    start(&r, (struct fl_documents_options){.path = path, .follow = true});
    until(&r, "{0}\n");
    for (int i = 1; i <= 9; i++) {
        char text[16];
        rotate();
        snprintf(text, sizeof text, "{%d}\n", i);
        put(path, text, "w");
    }
    until(&r, "{0}\n|{1}\n|{2}\n|{3}\n|{4}\n|{5}\n|{6}\n|{7}\n|{8}\n|{9}\n");
    assert_int_equal(gaps(&r), 0);
    put(path, "{10}\n", "a");
    until(&r, "{0}\n|{1}\n|{2}\n|{3}\n|{4}\n|{5}\n|{6}\n|{7}\n|{8}\n|{9}\n{10}\n");
    stop(&r);
    fl_log_capture(NULL, NULL);
    remove_rotated();
}

/* The file that was read last is gone, and others came after it: there may have been more. */
static void follows_over_a_gap(void **state)
{
    (void)state;
    struct run r;
    int lines = 0;
    fl_log_capture(quiet, &lines);
    put(path, "{0}\n", "w");
    start(&r, (struct fl_documents_options){.path = path, .follow = true});
    until(&r, "{0}\n");
    unlink(path);
    usleep(20000); /* the times of files count by the kernel's tick */
    put(old_path, "{1}\n", "w");
    put(path, "{2}\n", "w");
    until(&r, "{0}\n|{1}\n|{2}\n");
    assert_int_equal(gaps(&r), 1);
    stop(&r);
    fl_log_capture(NULL, NULL);
    remove_rotated();
}

/* Truncated and larger again before anybody looks; with a copy of what it was, and without one. */
static void follows_truncated_and_grown(void **state)
{
    (void)state;
    struct run r;
    int lines = 0;
    fl_log_capture(quiet, &lines);
    put(path, "{0}\n", "w");
    start(&r, (struct fl_documents_options){.path = path, .follow = true});
    until(&r, "{0}\n");
    put(path, "{1}\n{2}\n{3}\n", "w");
    until(&r, "{0}\n|{1}\n{2}\n{3}\n");
    assert_int_equal(gaps(&r), 1);
    put(old_path, "{1}\n{2}\n{3}\n{4}\n", "w");
    put(path, "{5}\n{6}\n{7}\n{8}\n{9}\n", "w");
    until(&r, "{0}\n|{1}\n{2}\n{3}\n{4}\n|{5}\n{6}\n{7}\n{8}\n{9}\n");
    assert_int_equal(gaps(&r), 1);
    put(old_path, "{5}\n{6}\n{7}\n{8}\n{9}\n{10}\n", "w");
    put(path, "{11}\n", "w");
    until(&r, "{0}\n|{1}\n{2}\n{3}\n{4}\n|{5}\n{6}\n{7}\n{8}\n{9}\n{10}\n|{11}\n");
    assert_int_equal(gaps(&r), 1);
    stop(&r);
    fl_log_capture(NULL, NULL);
    remove_rotated();
}

static void follows_gzip(void **state)
{
    (void)state;
    struct run r;
    uint8_t z[1024];
    size_t n = gzip("{1}\n{2}\n", z, sizeof z);
    put_bytes(z, 1);
    start(&r, (struct fl_documents_options){.path = path, .follow = true, .packed = gzip_kind()});
    usleep(50000);
    FILE *f = fopen(path, "a");
    for (size_t i = 1; i < n; i++) {
        fputc(z[i], f);
        fflush(f);
        if (i % 8 == 0)
            usleep(15000);
    }
    until(&r, "{1}\n{2}\n");
    n = gzip("{3}\n", z, sizeof z);
    fwrite(z, 1, n, f);
    fclose(f);
    until(&r, "{1}\n{2}\n{3}\n");
    stop(&r);
}

static void stops_when_full(void **state)
{
    (void)state;
    struct run r;
    int lines = 0;
    fl_log_capture(quiet, &lines);
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 400000; i++)
        fprintf(f, "{%d}\n", i);
    fclose(f);
    start(&r, (struct fl_documents_options){.path = path});
    usleep(50000);
    fl_documents_stop(r.source); /* it waits in push; as fl_source_stop does when that takes too long: */
    fl_queue_close(r.rt.queue);
    pthread_join(r.thread, NULL);
    fl_log_capture(NULL, NULL);
    assert_int_equal(lines, 1);
    assert_int_equal(atomic_load(&r.rt.ledger.n[FL_C_rejected_messages]), 1);
    fl_documents_close(r.source);
    fl_queue_free(r.rt.queue);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/input", folder);
    snprintf(old_path, sizeof old_path, "%s/input.1", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_directly),
        cmocka_unit_test(read_fails),
        cmocka_unit_test(open_fails), cmocka_unit_test(stopped_directly),
        cmocka_unit_test(blocks),        cmocka_unit_test(back_pressure), cmocka_unit_test(errors),
        cmocka_unit_test(pipes),         cmocka_unit_test(gzipped),       cmocka_unit_test(follows),
        cmocka_unit_test(follows_fast_rotations), cmocka_unit_test(follows_over_a_gap),
        cmocka_unit_test(follows_truncated_and_grown), cmocka_unit_test(follows_gzip),  cmocka_unit_test(stops_when_full),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
