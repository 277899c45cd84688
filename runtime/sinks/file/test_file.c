/* test_file.c - sinks `file` (layout, names that exist, hostile keys, places that are no good) and `stdout`. */
#include "drivers/sink.h"
#include "config/values.h"
#include "tests/unit/delivery.h"
#include "tests/unit/faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>

extern const struct fl_sink_kind fl_sink_file, fl_sink_stdout;

struct place {
    struct world w;
    char dir[64], set[128];
    void *sink;
};

static void open_place(struct place *p)
{
    char *error = NULL;
    snprintf(p->dir, sizeof p->dir, "/tmp/fl_write_XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->set, sizeof p->set, "pipeline.write.file.directory=%s/out/", p->dir);
    world_config(&p->w, SETS("pipeline.write.type=file", p->set));
    struct fl_options options = fl_options_of(p->w.rt.config, "write");
    p->sink = fl_sink_file.open(&p->w.rt, &options, &error);
    assert_non_null(p->sink);
}

static void close_place(struct place *p)
{
    char command[128];
    fl_sink_file.close(p->sink);
    snprintf(command, sizeof command, "rm -rf %s", p->dir);
    assert_int_equal(system(command), 0);
    world_close(&p->w);
}

static enum fl_write_result put(struct place *p, const char *bucket, const char *key, const char *data, char *why,
                                size_t n)
{
    struct fl_object o = {.bucket = bucket, .key = key, .data = data, .size = strlen(data), .num_records = 1};
    return fl_sink_file.write(p->sink, &o, why, n);
}

static void assert_file(struct place *p, const char *name, const char *data)
{
    char path[256], text[256];
    snprintf(path, sizeof path, "%s/%s", p->dir, name);
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s is not there", path);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    assert_string_equal(text, data);
}

static unsigned entries(struct place *p, const char *name)
{
    char path[256];
    unsigned n = 0;
    snprintf(path, sizeof path, "%s/%s", p->dir, name);
    DIR *d = opendir(path);
    if (!d)
        return 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void layout(void **state)
{
    (void)state;
    struct place p;
    char why[200];
    open_place(&p);
    assert_null(fl_sink_file.check(p.sink));
    assert_int_equal(entries(&p, "out"), 0);
    assert_int_equal(put(&p, "b", "logs/internal/S/00000000.gz", "one", why, sizeof why), FL_WRITTEN);
    assert_int_equal(put(&p, "b", "logs/internal/S/00000001.gz", "", why, sizeof why), FL_WRITTEN);
    assert_int_equal(put(&p, "", "plain", "x", why, sizeof why), FL_WRITTEN);
    assert_file(&p, "out/b/logs/internal/S/00000000.gz", "one");
    assert_file(&p, "out/b/logs/internal/S/00000001.gz", "");
    assert_file(&p, "out/plain", "x");
    assert_int_equal(entries(&p, "out/b/logs/internal/S"), 2); /* no temporaries */
    close_place(&p);
}

/* What is there is never replaced; equal bytes are our own only if there was an attempt before. */
static void existing(void **state)
{
    (void)state;
    struct place p;
    char why[200];
    open_place(&p);
    struct fl_object own = {.bucket = "b", .key = "k/o", .data = "one", .size = 3, .num_records = 1, .again = true};
    assert_int_equal(put(&p, "b", "k/o", "one", why, sizeof why), FL_WRITTEN);
    assert_int_equal(fl_sink_file.write(p.sink, &own, why, sizeof why), FL_WRITTEN);
    assert_int_equal(put(&p, "b", "k/o", "one", why, sizeof why), FL_EXISTS);
    own.data = "won";
    assert_int_equal(fl_sink_file.write(p.sink, &own, why, sizeof why), FL_EXISTS);
    assert_int_equal(put(&p, "b", "k/o", "two", why, sizeof why), FL_EXISTS);
    assert_int_equal(put(&p, "b", "k/o", "one and more", why, sizeof why), FL_EXISTS);
    assert_file(&p, "out/b/k/o", "one");
    assert_int_equal(entries(&p, "out/b/k"), 1);
    /* A folder in the name's place, a file in the folder's. */
    assert_int_equal(put(&p, "b", "k", "x", why, sizeof why), FL_EXISTS);
    assert_int_equal(put(&p, "b", "k/o/below", "x", why, sizeof why), FL_RETRY);
    assert_non_null(strstr(why, "Not a directory"));
    close_place(&p);
}

static void hostile_keys(void **state)
{
    (void)state;
    static const char *const keys[] = {"../x", "a/../../x", "/etc/x", "", "a//b", "a/./b", "a/", ".", "..", "a/.."};
    struct place p;
    char why[200], longest[400];
    open_place(&p);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        assert_int_equal(put(&p, "b", keys[i], "x", why, sizeof why), FL_REFUSED);
        assert_non_null(strstr(why, "no path below the directory"));
    }
    assert_int_equal(put(&p, "..", "x", "x", why, sizeof why), FL_REFUSED);
    assert_int_equal(put(&p, "/", "x", "x", why, sizeof why), FL_REFUSED);
    assert_int_equal(put(&p, "b", "..x/...", "x", why, sizeof why), FL_WRITTEN);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    assert_int_equal(put(&p, "b", longest, "x", why, sizeof why), FL_REFUSED);
    assert_int_equal(entries(&p, "."), 1);
    close_place(&p);
}

/* What may pass is to be tried again. */
static void trouble(void **state)
{
    (void)state;
    struct place p;
    char why[200], path[128];
    open_place(&p);
    assert_int_equal(put(&p, "b", "k/o", "one", why, sizeof why), FL_WRITTEN);
    snprintf(path, sizeof path, "%s/out/b/k", p.dir);
    if (geteuid() != 0) { /* root may write anywhere */
        assert_int_equal(chmod(path, 0500), 0);
        assert_int_equal(put(&p, "b", "k/p", "two", why, sizeof why), FL_RETRY);
        assert_non_null(strstr(why, "Permission denied"));
        assert_int_equal(chmod(path, 0700), 0);
    }
    /* A dangling link instead of a folder, until somebody mends it. */
    snprintf(path, sizeof path, "%s/out/b/link", p.dir);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(put(&p, "b", "link/p", "two", why, sizeof why), FL_RETRY);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(put(&p, "b", "link/p", "two", why, sizeof why), FL_WRITTEN);
    close_place(&p);
}

static enum fl_write_result put_again(struct place *p, const char *key, const char *data, char *why, size_t n)
{
    struct fl_object o = {.bucket = "b", .key = key, .data = data, .size = strlen(data), .num_records = 1, .again = true};
    return fl_sink_file.write(p->sink, &o, why, n);
}

/* `why` is the path and this. */
static void assert_why(const char *why, const char *says)
{
    size_t n = strlen(says);
    if (strlen(why) < n || strcmp(why + strlen(why) - n, says) != 0)
        fail_msg("'%s' instead of '...%s'", why, says);
}

/* A full disk, an interrupted call, a write that takes less: what is there is whole, or not there. */
static void writing_fails(void **state)
{
    (void)state;
    struct place p;
    char why[200];
    open_place(&p);
    assert_int_equal(put(&p, "b", "k/0", "zero", why, sizeof why), FL_WRITTEN);
    for (int named = 0; named < 2; named++) { /* with O_TMPFILE and without */
        char key[8];
        snprintf(key, sizeof key, "k/%d", named + 1);
        faults_clear();
        if (named) {
            fault_at(CALL_TMPFILE, 1, EOPNOTSUPP);
            assert_int_equal(put(&p, "b", "k/n", "n", why, sizeof why), FL_WRITTEN);
            faults_clear();
        }
        fault_at(CALL_WRITE, 1, ENOSPC);
        assert_int_equal(put(&p, "b", key, "whole", why, sizeof why), FL_RETRY);
        assert_why(why, ": No space left on device");
        faults_clear();
        fault_short(CALL_WRITE, 1, 2);
        fault_at(CALL_WRITE, 2, ENOSPC);
        assert_int_equal(put(&p, "b", key, "whole", why, sizeof why), FL_RETRY);
        faults_clear();
        fault_at(CALL_FSYNC, 1, EIO);
        assert_int_equal(put(&p, "b", key, "whole", why, sizeof why), FL_RETRY);
        assert_why(why, ": Input/output error");
        faults_clear();
        fault_at(CALL_LINKAT, 1, ENOSPC);
        assert_int_equal(put(&p, "b", key, "whole", why, sizeof why), FL_RETRY);
        assert_int_equal(entries(&p, "out/b/k"), 1 + 2 * named);
        faults_clear();
        fault_at(CALL_WRITE, 1, EINTR);
        fault_short(CALL_WRITE, 2, 1);
        fault_short(CALL_WRITE, 3, 3);
        assert_int_equal(put(&p, "b", key, "whole", why, sizeof why), FL_WRITTEN);
        assert_int_equal(fault_calls(CALL_WRITE), 4);
        faults_clear();
        snprintf(why, sizeof why, "out/b/%s", key);
        assert_file(&p, why, "whole");
    }
    close_place(&p);
}

/* Written means: bytes, name and new folders are on disk. */
static void syncing(void **state)
{
    (void)state;
    struct place p;
    char why[200];
    open_place(&p);
    faults_clear();
    assert_int_equal(put(&p, "b", "k/0", "zero", why, sizeof why), FL_WRITTEN);
    assert_int_equal(fault_calls(CALL_FSYNC), 3 + 2); /* out, b and k in their folders; the file; its name in k */
    faults_clear();
    assert_int_equal(put(&p, "b", "k/1", "one", why, sizeof why), FL_WRITTEN);
    assert_int_equal(fault_calls(CALL_FSYNC), 2);
    /* The name isn't known to be there: once more, and that attempt syncs it though it finds all written. */
    faults_clear();
    fault_at(CALL_FSYNC, 2, EIO);
    assert_int_equal(put(&p, "b", "k/2", "two", why, sizeof why), FL_RETRY);
    assert_why(why, ": Input/output error");
    faults_clear();
    fault_at(CALL_FSYNC, 2, EIO);
    assert_int_equal(put_again(&p, "k/2", "two", why, sizeof why), FL_RETRY);
    faults_clear();
    fault_at(CALL_READ, 1, EINTR);
    assert_int_equal(put_again(&p, "k/2", "two", why, sizeof why), FL_WRITTEN);
    assert_int_equal(fault_calls(CALL_FSYNC), 2);
    assert_file(&p, "out/b/k/2", "two");
    /* A new folder's name. */
    faults_clear();
    fault_at(CALL_FSYNC, 1, EIO);
    assert_int_equal(put(&p, "b", "l/0", "zero", why, sizeof why), FL_RETRY);
    assert_why(why, ": Input/output error");
    assert_int_equal(entries(&p, "out/b"), 1);
    faults_clear();
    assert_int_equal(put(&p, "b", "l/0", "zero", why, sizeof why), FL_WRITTEN);
    assert_int_equal(fault_calls(CALL_FSYNC), 1 + 2);
    close_place(&p);
}

/* Somebody put links where objects go: nothing of them is followed, what they point to stays as it is. */
static void planted_links(void **state)
{
    (void)state;
    struct place p;
    char why[300], path[160], target[160];
    open_place(&p);
    assert_null(fl_sink_file.check(p.sink));
    snprintf(target, sizeof target, "%s/elsewhere", p.dir);
    assert_int_equal(mkdir(target, 0700), 0);
    static const char *const places[] = {"out/b", "out/c/k", "out/d/k/l"};
    static const char *const keys[][2] = {{"b", "k/o"}, {"c", "k/o"}, {"d", "k/l/o"}};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", p.dir, places[i]);
        char *slash = strrchr(path, '/');
        *slash = 0;
        if (i)
            assert_int_equal(put(&p, keys[i][0], i == 1 ? "x" : "k/x", "x", why, sizeof why), FL_WRITTEN);
        *slash = '/';
        assert_int_equal(symlink(target, path), 0);
        assert_int_equal(put(&p, keys[i][0], keys[i][1], "one", why, sizeof why), FL_RETRY);
        assert_non_null(strstr(why, "/o: a symbolic link is there; below the directory none is followed"));
        assert_int_equal(entries(&p, "elsewhere"), 0);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(put(&p, keys[i][0], keys[i][1], "one", why, sizeof why), FL_WRITTEN);
    }
    /* The object's own name: a link, dangling or not, is another object. A pipe isn't waited for. */
    snprintf(path, sizeof path, "%s/out/b/k/link", p.dir);
    snprintf(target, sizeof target, "%s/elsewhere/made", p.dir);
    struct fl_object own = {.bucket = "b", .key = "k/link", .data = "one", .size = 3, .num_records = 1, .again = true};
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(fl_sink_file.write(p.sink, &own, why, sizeof why), FL_EXISTS);
    assert_int_equal(entries(&p, "elsewhere"), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(fl_sink_file.write(p.sink, &own, why, sizeof why), FL_EXISTS);
    close_place(&p);
}

/* The directory may be a link itself: that is its owner's choice. */
static void directory_is_a_link(void **state)
{
    (void)state;
    struct place p;
    char why[300], path[160];
    open_place(&p);
    snprintf(path, sizeof path, "%s/real", p.dir);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/out", p.dir);
    assert_int_equal(symlink("real", path), 0);
    assert_null(fl_sink_file.check(p.sink));
    assert_int_equal(put(&p, "b", "k/o", "one", why, sizeof why), FL_WRITTEN);
    assert_file(&p, "real/b/k/o", "one");
    close_place(&p);
}

/* ---- file systems without this and that ----------------------------------------------------------------------------- */

/* 0: they work. */
static void lacks(int tmpfile_, int link_, int rename_)
{
    static const enum fault_call calls[] = {CALL_TMPFILE, CALL_LINKAT, CALL_RENAMEAT2};
    int errors[] = {tmpfile_, link_, rename_};
    faults_clear();
    for (int i = 0; i < 3; i++)
        if (errors[i])
            fault_from(calls[i], 1, errors[i]);
}

static void other_file_systems(void **state)
{
    (void)state;
    static const int rows[][2] = {{EOPNOTSUPP, 0}, {0, EPERM}, {EOPNOTSUPP, EPERM}, {EISDIR, EOPNOTSUPP}, {ENOENT, ENOSYS}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int checked = 0; checked < 2; checked++) {
            struct place p;
            char why[300];
            open_place(&p);
            lacks(rows[i][0], rows[i][1], 0);
            if (checked)
                assert_null(fl_sink_file.check(p.sink));
            unsigned before = fault_calls(CALL_TMPFILE);
            assert_int_equal(put(&p, "b", "k/o", "one", why, sizeof why), FL_WRITTEN);
            assert_int_equal(put(&p, "b", "k/o", "two", why, sizeof why), FL_EXISTS);
            assert_int_equal(put(&p, "b", "k/p", "two", why, sizeof why), FL_WRITTEN);
            assert_int_equal(fault_calls(CALL_TMPFILE) - before, checked ? 0 : 1); /* what doesn't work is tried once */
            assert_true((fault_calls(CALL_RENAMEAT2) > 0) == (rows[i][1] != 0));
            assert_file(&p, "out/b/k/o", "one");
            assert_file(&p, "out/b/k/p", "two");
            assert_int_equal(entries(&p, "out/b/k"), 2);
            lacks(0, 0, 0);
            close_place(&p);
        }
}

static void no_way_is_an_error_at_start(void **state)
{
    (void)state;
    struct place p;
    char why[300];
    open_place(&p);
    lacks(EOPNOTSUPP, EPERM, EINVAL);
    char *error = fl_sink_file.check(p.sink);
    assert_non_null(error);
    assert_non_null(strstr(error, "its file system can neither link a file nor rename one without replacing another "
                                  "(Invalid argument); choose another one"));
    free(error);
    assert_int_equal(put(&p, "b", "k/o", "one", why, sizeof why), FL_RETRY);
    assert_int_equal(entries(&p, "out/b/k"), 0);
    lacks(0, 0, 0);
    close_place(&p);
}

/* Many uploads at once find out that this file system has no O_TMPFILE: each object is there once, under its name. */
static void *put_some(void *place)
{
    static atomic_int next;
    static char failed;
    char why[300], key[32];
    void *result = NULL;
    for (int i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "k/%d", atomic_fetch_add(&next, 1));
        if (put(place, "b", key, key, why, sizeof why) != FL_WRITTEN)
            result = &failed;
    }
    return result;
}

static void uploads_learn_together(void **state)
{
    (void)state;
    struct place p;
    pthread_t t[4];
    open_place(&p);
    faults_clear();
    fault_from(CALL_TMPFILE, 400, EOPNOTSUPP);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, put_some, &p), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(t[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(entries(&p, "out/b/k"), 800);
    lacks(0, 0, 0);
    close_place(&p);
}

static void check_says_what_to_do(void **state)
{
    (void)state;
    struct world w;
    char *error = NULL;
    world_config(&w, SETS("pipeline.write.type=file", "pipeline.write.file.directory=/dev/null/out"));
    struct fl_options options = fl_options_of(w.rt.config, "write");
    void *sink = fl_sink_file.open(&w.rt, &options, &error);
    assert_non_null(sink);
    error = fl_sink_file.check(sink);
    assert_non_null(error);
    assert_non_null(strstr(error, "cannot write to the directory /dev/null/out: Not a directory; make it"));
    free(error);
    fl_sink_file.close(sink);
    world_close(&w);
}

/* ---- stdout ------------------------------------------------------------------------------------------------------ */

/* Standard output becomes `fd` for one write. */
static enum fl_write_result put_stdout(int fd, char *why, size_t n)
{
    struct fl_object o = {.bucket = "b", .key = "k/0", .data = "[1]\n", .size = 4, .num_records = 1};
    fflush(stdout);
    int saved = dup(1);
    dup2(fd, 1);
    enum fl_write_result r = fl_sink_stdout.write(NULL, &o, why, n);
    dup2(saved, 1);
    close(saved);
    return r;
}

static void standard_output(void **state)
{
    (void)state;
    char why[200], text[100] = "";
    int p[2];
    assert_int_equal(pipe(p), 0);
    assert_int_equal(put_stdout(p[1], why, sizeof why), FL_WRITTEN);
    assert_int_equal(read(p[0], text, sizeof text - 1), 19);
    assert_string_equal(text, "--- b/k/0 ---\n[1]\n\n");
    /* S15 */
    close(p[0]);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(put_stdout(p[1], why, sizeof why), FL_GONE);
    assert_non_null(strstr(why, "Broken pipe"));
    close(p[1]);
    int full = open("/dev/full", O_WRONLY);
    if (full >= 0) {
        assert_int_equal(put_stdout(full, why, sizeof why), FL_RETRY);
        assert_non_null(strstr(why, "No space left"));
        close(full);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout), cmocka_unit_test(existing), cmocka_unit_test(hostile_keys), cmocka_unit_test(trouble),
        cmocka_unit_test(writing_fails),
        cmocka_unit_test(syncing),
        cmocka_unit_test(planted_links), cmocka_unit_test(directory_is_a_link), cmocka_unit_test(other_file_systems),
        cmocka_unit_test(no_way_is_an_error_at_start), cmocka_unit_test(uploads_learn_together),
        cmocka_unit_test(check_says_what_to_do), cmocka_unit_test(standard_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
