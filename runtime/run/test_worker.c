/*
 * test_worker.c - the way from messages to objects: envelopes, streams cut anywhere, rejection, malformed flows,
 * timers, the ledger, the thread. The pipeline is small_pipeline.h; objects are ndjson in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "core/runtime.h"
#include "delivery/output.h"
#include "program/registry.h"
#include "sinks/memory/memory.h"
#include "intake/intake.h"
#include "intake/queue.h"
#include "lookups/lookups.h"
#include "run/load.h"
#include "run/worker.h"
#include "store/store.h"
#include "tests/unit/small_pipeline.h"
#include "tests/unit/streams.h"

/* ---- a world without threads ------------------------------------------------------------------------------------ */

struct world {
    struct fl_pipeline p;
    struct fl_stage_choice stage[3], output_stage[2];
    struct fl_output_of output;
    struct fl_option_set source, reject[2];
    struct fl_runtime rt;
    struct fl_worker *w;
    uint64_t number, offset;
    bool threads;
};

static const struct fl_option_set one_object[] = {
    {"max_flows_per_object", "1000000", NULL},
    {"max_seconds_per_object", "3600s", NULL},
    {"max_flow_array_size", "0", NULL}};
static const struct fl_option_set path[] = {{"path", "x", NULL}, {"max_message", NULL, NULL}};

static struct fl_time virtual_clock(struct fl_runtime *rt)
{
    return rt->virtual_time;
}

static struct fl_time real_clock(struct fl_runtime *rt)
{
    (void)rt;
    struct timespec wall, mono;
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_MONOTONIC, &mono);
    return (struct fl_time){wall.tv_sec * FL_SECOND + wall.tv_nsec, mono.tv_sec * FL_SECOND + mono.tv_nsec};
}

/* `decode`: skydive or json; `max_message` and `reject` may be NULL. */
static void set_up(struct world *w, const char *source, const char *decode, const char *max_message, const char *reject)
{
    memset(w, 0, sizeof *w);
    static struct fl_option_set limits[2];
    limits[0] = path[0];
    limits[1] = (struct fl_option_set){"max_message", max_message ? max_message : "64MiB", NULL};
    w->reject[0] = (struct fl_option_set){"directory", reject ? reject : "", NULL};
    w->reject[1] = (struct fl_option_set){"max", "8KiB", NULL};
    bool is_file = strcmp(source, "file") == 0;
    w->stage[0] = (struct fl_stage_choice){"source", source, is_file ? limits : limits + 1, is_file ? 2 : 1};
    w->stage[1] = (struct fl_stage_choice){"decode", decode, NULL, 0};
    w->stage[2] = (struct fl_stage_choice){"reject", "_", w->reject, 2};
    w->p = (struct fl_pipeline){SMALL_PIPELINE, .stages = w->stage, .nstages = 3};
    w->output_stage[0] = (struct fl_stage_choice){"store", "buffered", one_object, 3};
    w->output_stage[1] = (struct fl_stage_choice){"encode", "ndjson", NULL, 0};
    w->output = (struct fl_output_of){.stages = w->output_stage, .nstages = 2, .json = small_json};
    w->p.outputs = &w->output;
    w->rt = (struct fl_runtime){.drivers = fl_drivers, .pipeline = &w->p, .clock = virtual_clock, .input = "-"};
    w->rt.virtual_time = (struct fl_time){INT64_C(1767225600) * FL_SECOND, 1000 * FL_SECOND};
    char *error = NULL;
    w->rt.config = fl_config_defaults(&w->p, &error);
    if (!w->rt.config)
        fail_msg("%s", error);
    fl_ledger_init(&w->rt.ledger, &w->p);
    w->rt.lookups = fl_lookups_new(&w->rt, NULL, &error);
    w->rt.route[0].output = fl_output_new_with(&w->rt, 0, &fl_sink_memory, &error);
    w->rt.route[0].store = fl_store_new(&w->rt, 0, &error);
    w->w = fl_worker_new(&w->rt, &error);
    if (!w->w)
        fail_msg("%s", error);
    fl_table_clear(&small_seen);
    small_runs = 0;
    small_ticks = false;
}

static void tear_down(struct world *w)
{
    fl_worker_free(w->w);
    fl_store_free(w->rt.route[0].store);
    fl_output_free(w->rt.route[0].output);
    fl_lookups_free(w->rt.lookups);
    fl_config_free(w->rt.config);
    fl_ledger_free(&w->rt.ledger);
}

static void send(struct world *w, const char *p, size_t n, bool stream, bool last)
{
    /* Exactly as much memory as the contract gives, filled with what isn't 0. */
    struct fl_message m = {.number = ++w->number, .offset = w->offset, .n = n, .cap = n, .stream = stream,
                           .last = last};
    m.data = malloc(n + FL_PAD);
    memcpy(m.data, p, n);
    memset(m.data + n, '}', FL_PAD);
    w->offset += n;
    fl_worker_message(w->w, &m);
    free(m.data);
}

static void message(struct world *w, const char *text)
{
    send(w, text, strlen(text), false, false);
}

static uint64_t counter(struct world *w, enum fl_counter c)
{
    return atomic_load(&w->rt.ledger.n[c]);
}

/* Everything that was stored of a class, to be freed. */
static char *stored(struct world *w, const char *class_)
{
    fl_store_seal_all(w->rt.route[0].store, w->rt.virtual_time);
    while (fl_output_step(w->rt.route[0].output) <= w->rt.virtual_time.mono)
        ;
    size_t n;
    const struct fl_object *o = fl_memory_objects(fl_output_sink(w->rt.route[0].output), &n);
    struct fl_buf all = {0};
    for (size_t i = 0; i < n; i++)
        if (strcmp(o[i].class_, class_) == 0)
            fl_buf_put(&all, o[i].data, o[i].size);
    fl_buf_putc(&all, 0);
    return all.p;
}

static void expect_stored(struct world *w, const char *class_, const char *text)
{
    char *s = stored(w, class_);
    assert_string_equal(s, text);
    free(s);
}

static void expect_balance(struct world *w)
{
    assert_int_equal(fl_ledger_pending(&w->rt.ledger), 0);
}

/* ---- messages --------------------------------------------------------------------------------------------------- */

static void envelopes(void **state)
{
    (void)state;
    struct world w;
    set_up(&w, "skydive", "skydive", NULL, NULL);
    message(&w, HEAD "[{\"id\":\"a\",\"n\":1},{\"id\":\"b\",\"n\":100}]}");
    message(&w, " { \"obj\" : [ {\"id\":\"c\"} ] , \"sTATUS\" : 1, \"Other\":[{}], "
                "\"TYPE\":\"store\",\"namespace\":\"flow\" } ");
    message(&w, HEAD "[{\"id\":\"no\"}],\"Obj\":[{\"id\":\"d\"}]}"); /* the last of two holds */
    message(&w, "{\"Type\":\"st\\u006fre\",\"Namespace\":\"flow\",\"Obj\":[{\"id\":\"e\"}]}");
    message(&w, HEAD "[{\"id\":\"no\"}],\"Namespace\":\"x\",\"Obj\":[{\"id\":\"f\"}],\"Namespace\":\"flow\"}");
    message(&w, HEAD "[]}");
    message(&w, HEAD "null}");
    assert_int_equal(counter(&w, FL_C_messages), 7);
    assert_int_equal(counter(&w, FL_C_rejected_messages), 0);
    assert_int_equal(counter(&w, FL_C_received), 6);
    assert_int_equal(small_runs, 5);
    expect_stored(&w, "small",
                  "{\"id\":\"a\",\"n\":1}\n{\"id\":\"c\"}\n{\"id\":\"d\"}\n{\"id\":\"e\"}\n{\"id\":\"f\"}\n");
    expect_stored(&w, "big", "{\"id\":\"b\",\"n\":100}\n");
    expect_balance(&w);
    tear_down(&w);
}

static void rejected_messages(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", " ", "[]", "5", "null", "{}", "{", "nonsense",
        "{\"Namespace\":\"flow\",\"Type\":\"store\"}",                              /* no Obj */
        "{\"Namespace\":\"stats\",\"Type\":\"store\",\"Obj\":[{\"id\":\"x\"}]}",     /* not asked for */
        "{\"Namespace\":\"flow/other\",\"Type\":\"store\",\"Obj\":[{\"id\":\"x\"}]}",
        "{\"Namespace\":\"flow\",\"Type\":\"stats\",\"Obj\":[{\"id\":\"x\"}]}",
        "{\"Namespace\":\"flow\",\"Type\":5,\"Obj\":[{\"id\":\"x\"}]}",
        HEAD "[{\"id\":\"x\"}],\"Type\":\"stats\"}",                                 /* the last Type holds */
        HEAD "[{\"id\":\"x\"}],\"Namespace\":\"n\"}",
        HEAD "{\"id\":\"x\"}}",                                                      /* no list */
        HEAD "5}",
        HEAD "[{\"id\":\"x\"},{\"id\":\"y\",}]}",                                    /* a flow was read before */
        HEAD "[{\"id\":\"x\"}]",
        HEAD "[{\"id\":\"x\"}]}}",
        HEAD "[{\"id\":\"x\"}]} {}",
        "{\"Obj\":[{\"id\":\"x\"},],\"Namespace\":\"flow\",\"Type\":\"store\"}",
        HEAD "[{\"id\":\"x\\uD\"}]}",
    };
    struct world w;
    set_up(&w, "skydive", "skydive", NULL, NULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        message(&w, bad[i]);
        if (counter(&w, FL_C_rejected_messages) != i + 1)
            fail_msg("not rejected: %s", bad[i]);
    }
    assert_int_equal(counter(&w, FL_C_received), 0);
    assert_int_equal(counter(&w, FL_C_messages), sizeof bad / sizeof *bad);
    assert_int_equal(small_runs, 0);
    message(&w, HEAD "[{\"id\":\"good\"}]}");
    expect_stored(&w, "small", "{\"id\":\"good\"}\n");
    expect_balance(&w);
    tear_down(&w);
}

static void malformed_and_dropped(void **state)
{
    (void)state;
    struct world w;
    set_up(&w, "skydive", "skydive", NULL, NULL);
    message(&w, HEAD "[{\"id\":\"a\"},null,{\"id\":5},{},{\"n\":1},7,"
                     "{\"id\":\"b\",\"n\":\"x\"},{\"id\":\"c\"},{\"id\":\"d\",\"n\":-1}]}");
    assert_int_equal(counter(&w, FL_C_received), 9);
    assert_int_equal(counter(&w, FL_C_malformed), 6);
    assert_int_equal(atomic_load(&w.rt.ledger.dropped[1]), 1);
    expect_stored(&w, "small", "{\"id\":\"a\"}\n{\"id\":\"c\"}\n");
    /* A message that turns out to be broken takes its malformed flows with it. */
    message(&w, HEAD "[{\"id\":\"a\"},null,{]}");
    assert_int_equal(counter(&w, FL_C_received), 9);
    assert_int_equal(counter(&w, FL_C_malformed), 6);
    expect_balance(&w);
    tear_down(&w);
}

static void counters(void **state)
{
    (void)state;
    struct world w;
    set_up(&w, "skydive", "json", NULL, NULL);
    message(&w, "[{\"id\":\"1\"},{\"id\":\"2\"},{\"id\":\"3\"},{\"id\":\"4\"},{\"id\":\"5\",\"n\":7}]");
    message(&w, "{\"id\":\"6\"}");
    assert_int_equal(counter(&w, FL_C_table_evicted), 2);
    assert_int_equal(counter(&w, FL_C_arithmetic_overflow), 1);
    char text[400];
    memset(text, 'k', sizeof text);
    memcpy(text, "{\"id\":\"", 7);
    memcpy(text + sizeof text - 3, "\"}", 3);
    message(&w, text);
    assert_int_equal(counter(&w, FL_C_key_too_long), 1);
    assert_int_equal(counter(&w, FL_C_source_bytes), w.offset);
    char *s = stored(&w, "small");
    free(s);
    expect_balance(&w);
    tear_down(&w);
}

/* ---- streams --------------------------------------------------------------------------------------------------- */

static void expect_stream(const struct expected *e, size_t block, size_t first)
{
    struct world w;
    set_up(&w, "file", "skydive", NULL, NULL);
    size_t n = strlen(e->text), at = 0;
    do {
        size_t part = at == 0 && first ? first : block;
        if (part > n - at)
            part = n - at;
        send(&w, e->text + at, part, true, at + part == n);
        at += part;
    } while (at < n);
    char *s = stored(&w, "small");
    if (strcmp(s, e->small) != 0 || counter(&w, FL_C_received) != e->received ||
        counter(&w, FL_C_malformed) != e->malformed ||
        counter(&w, FL_C_rejected_messages) != e->rejected || counter(&w, FL_C_messages) != e->messages)
        fail_msg("blocks of %zu (first %zu) of\n%s\nstored\n%s received %d malformed %d rejected %d messages %d", block,
                 first, e->text, s, (int)counter(&w, FL_C_received), (int)counter(&w, FL_C_malformed),
                 (int)counter(&w, FL_C_rejected_messages),
                 (int)counter(&w, FL_C_messages));
    free(s);
    expect_balance(&w);
    tear_down(&w);
}

/* Wherever a stream is cut, the same comes out. */
static void streams_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        size_t n = strlen(streams[i].text);
        expect_stream(&streams[i], n + 1, 0);
        for (size_t block = 1; block <= 9; block++)
            expect_stream(&streams[i], block, 0);
        for (size_t first = 1; first < n; first++)
            expect_stream(&streams[i], n, first);
    }
}

static void keep_line(void *arg, const char *text)
{
    struct fl_buf *lines = arg;
    fl_buf_puts(lines, text);
}

/* The log says where in the stream a document is wrong, however it was cut. Comes first: the line is limited. */
static void rejection_is_located(void **state)
{
    (void)state;
    static const struct fl_log_options loud = {.backends = FL_LOG_STDERR};
    static const struct fl_log_options quiet = {.backends = FL_LOG_STDERR, .level = {FL_ERROR}};
    static const char text[] = "{\"id\":\"a\"}\n{\"id\":\"b\"} {\"id\":\n\"c\",}\n";
    struct fl_buf lines = {0};
    struct world w;
    set_up(&w, "file", "skydive", NULL, NULL);
    free(fl_log_configure(&loud));
    fl_log_capture(keep_line, &lines);
    send(&w, text, 11, true, false);
    send(&w, text + 11, 17, true, false);
    send(&w, text + 28, sizeof text - 29, true, true);
    fl_log_capture(NULL, NULL);
    free(fl_log_configure(&quiet));
    fl_buf_putc(&lines, 0);
    if (!strstr(lines.p, "message rejected message=3 byte=33 line=2 column=5 error="))
        fail_msg("%s", lines.p);
    assert_int_equal(text[33], '}');
    fl_buf_free(&lines);
    tear_down(&w);
}

static void single_records_share_batches(void **state)
{
    (void)state;
    struct world w;
    set_up(&w, "file", "skydive", NULL, NULL);
    struct fl_buf text = {0};
    for (int i = 0; i < 600; i++)
        fl_buf_printf(&text, "{\"id\":\"%d\"}\n", i);
    send(&w, text.p, text.n, true, true);
    assert_int_equal(small_runs, 3);
    assert_int_equal(counter(&w, FL_C_messages), 600);
    fl_buf_free(&text);
    free(stored(&w, "small"));
    expect_balance(&w);
    tear_down(&w);
}

static void too_long_documents(void **state)
{
    (void)state;
    char text[4000], small[64];
    struct expected e = {.text = text, .small = small, .received = 2, .rejected = 1, .messages = 3};
    snprintf(small, sizeof small, "{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
    snprintf(text, sizeof text, "{\"id\":\"a\"}\n{\"x\":\"%03000d\"}\n{\"id\":\"b\"}\n", 0);
    for (size_t block = 1; block < 4000; block += 113) {
        struct world w;
        set_up(&w, "file", "skydive", "1KiB", NULL);
        for (size_t at = 0, n = strlen(text); at < n; at += block)
            send(&w, text + at, block < n - at ? block : n - at, true, at + block >= n);
        assert_int_equal(counter(&w, FL_C_received), e.received);
        assert_int_equal(counter(&w, FL_C_rejected_messages), e.rejected);
        assert_int_equal(counter(&w, FL_C_messages), e.messages);
        expect_stored(&w, "small", small);
        tear_down(&w);
    }
}

/* A document of 8 MiB in blocks of 1 KiB: re-reading it from its begin each time would take minutes. */
static void large_documents_in_small_blocks(void **state)
{
    (void)state;
    struct world w;
    set_up(&w, "file", "skydive", NULL, NULL);
    struct fl_buf text = {0};
    for (int round = 0; round < 2; round++) { /* on one line, then on many */
        fl_buf_puts(&text, "{\"x\":[0");
        while (text.n < ((size_t)4 << 20) * ((size_t)round + 1))
            fl_buf_puts(&text, round ? ",\n{\"y\": [1,2,\"}\"]}" : ",{\"y\":[1,2,\"}\"]}");
        fl_buf_puts(&text, "],\"id\":\"a\"}\n{\"id\":\"b\"}\n");
    }
    clock_t before = clock();
    for (size_t at = 0; at < text.n; at += 1024)
        send(&w, text.p + at, text.n - at < 1024 ? text.n - at : 1024, true, at + 1024 >= text.n);
    assert_true(clock() - before < 20 * CLOCKS_PER_SEC);
    expect_stored(&w, "small", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
    fl_buf_free(&text);
    tear_down(&w);
}

/* ---- timers ---------------------------------------------------------------------------------------------------- */

static void timers(void **state)
{
    (void)state;
    struct world w;
    set_up(&w, "skydive", "json", NULL, NULL);
    int64_t start = w.rt.virtual_time.mono;
    assert_int_equal(fl_worker_tick(w.w), start + FL_SECOND); /* nothing to do: a second at most */
    small_ticks = true;
    assert_int_equal(fl_worker_tick(w.w), start + FL_SECOND);
    for (int i = 0; i < 25; i++) {
        w.rt.virtual_time.mono += FL_SECOND;
        w.rt.virtual_time.wall += FL_SECOND;
        fl_worker_tick(w.w);
    }
    assert_int_equal(counter(&w, FL_C_emitted), 2);
    assert_int_equal(counter(&w, FL_C_received), 0);
    expect_stored(&w, "small", "{\"id\":\"tick\"}\n{\"id\":\"tick\"}\n");
    expect_balance(&w);
    tear_down(&w);
}

/* ---- rejected input is kept ------------------------------------------------------------------------------------ */

static size_t folder(const char *dir, struct fl_buf *text, bool remove_them)
{
    size_t files = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        files++;
        char name[600];
        snprintf(name, sizeof name, "%s/%s", dir, e->d_name);
        FILE *f = fopen(name, "r");
        assert_non_null(f);
        for (int c; text && (c = getc(f)) != EOF;)
            fl_buf_putc(text, (char)c);
        fclose(f);
        if (remove_them)
            unlink(name);
    }
    closedir(d);
    return files;
}

static void kept_rejects(void **state)
{
    (void)state;
    struct world w;
    char dir[] = "/tmp/test_worker_XXXXXX";
    struct fl_buf text = {0};
    assert_non_null(mkdtemp(dir));
    set_up(&w, "skydive", "skydive", NULL, dir);
    message(&w, HEAD "[{\"id\":\"a\"},{\"id\" :\n 5}]}");
    message(&w, "no \"json\"");
    assert_int_equal(folder(dir, &text, true), 1);
    fl_buf_putc(&text, 0);
    char *second = strchr(text.p, '\n');
    assert_non_null(second);
    *second++ = 0;
    json_t *flow = json_loads(text.p, 0, NULL), *whole = json_loads(second, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(flow, "field")), "id");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(flow, "flow"), "id")), 5);
    assert_int_equal(json_integer_value(json_object_get(flow, "message")), 1);
    assert_string_equal(json_string_value(json_object_get(whole, "text")), "no \"json\"");
    assert_non_null(json_object_get(whole, "error"));
    json_decref(flow);
    json_decref(whole);
    /* The oldest go when the folder is full (8 KiB here). */
    for (int i = 0; i < 500; i++)
        message(&w, "this is no message, and there are many of this kind");
    text.n = 0;
    assert_true(folder(dir, &text, false) > 1);
    assert_true(text.n > 4096 && text.n <= 8192);
    /* The folder goes away, and comes back. */
    folder(dir, NULL, true);
    rmdir(dir);
    message(&w, "x");
    tear_down(&w);
    folder(dir, NULL, true);
    rmdir(dir);
    fl_buf_free(&text);
}

/* ---- allocations ----------------------------------------------------------------------------------------------- */

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if !defined(SANITIZED) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__GLIBC__)
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
static _Atomic unsigned long allocations;

void *malloc(size_t n)
{
    allocations++;
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    allocations++;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    allocations++;
    return __libc_realloc(p, n);
}

/* Allocations while `messages` messages of 100 flows each are taken, all in one buffer that is used again. */
static unsigned long count_allocations(struct world *w, struct fl_message *m, int messages)
{
    unsigned long before = allocations;
    for (int i = 0; i < messages; i++)
        fl_worker_message(w->w, m);
    return allocations - before;
}

static void no_allocation_per_record(void **state)
{
    (void)state;
    struct world w;
    set_up(&w, "file", "skydive", NULL, NULL);
    struct fl_message *m[3];
    struct fl_queue *q = fl_queue_new(1 << 20);
    for (int kind = 0; kind < 3; kind++) { /* dropped, as a message and as a stream; malformed */
        m[kind] = fl_queue_message(q, 10000);
        m[kind]->stream = kind > 0;
        char *p = m[kind]->data;
        p += kind ? 0 : sprintf(p, HEAD "[");
        for (int i = 0; i < 100; i++)
            p += sprintf(p, kind == 2 ? "%s{\"id\":%d}" : "%s{\"id\":\"\\u0041%d\",\"n\":-1}",
                         !i ? "" : kind ? "\n" : ",", i);
        p += sprintf(p, kind ? "\n" : "]}");
        m[kind]->n = (size_t)(p - m[kind]->data);
        count_allocations(&w, m[kind], 20);
        assert_int_equal(count_allocations(&w, m[kind], 1000), 0);
    }
    assert_int_equal(counter(&w, FL_C_received), 3 * 102000);
    expect_balance(&w);
    for (int kind = 0; kind < 3; kind++)
        fl_queue_recycle(q, m[kind]);
    fl_queue_free(q);
    tear_down(&w);
}
#else
static void no_allocation_per_record(void **state)
{
    (void)state; /* sanitizers have their own malloc */
    skip();
}
#endif

/* ---- the thread ------------------------------------------------------------------------------------------------ */

/*
 * As if there were so many processors: 3000 messages in small objects, of which the store lets only a few wait. Returns what
 * was stored, class after class.
 */
static char *stored_with(unsigned processors)
{
    static const struct fl_option_set small_objects[] = {
        {"max_flows_per_object", "50", NULL},
        {"max_seconds_per_object", "3600s", NULL},
        {"max_flow_array_size", "200", NULL}};
    struct world w;
    set_up(&w, "skydive", "skydive", NULL, NULL);
    fl_worker_free(w.w);
    fl_store_free(w.rt.route[0].store);
    fl_config_free(w.rt.config);
    w.output_stage[0].options = small_objects;
    char *error = NULL;
    w.rt.config = fl_config_defaults(&w.p, &error);
    w.rt.route[0].store = fl_store_new(&w.rt, 0, &error);
    w.w = fl_worker_new(&w.rt, &error);
    assert_non_null(w.w);
    w.w->processors = processors;
    w.rt.clock = real_clock;
    w.rt.queue = fl_queue_new(20000);
    fl_output_start(w.rt.route[0].output);
    fl_worker_start(w.w);
    enum { MESSAGES = 3000, FLOWS = 20 };
    for (int i = 0; i < MESSAGES; i++) {
        struct fl_message *m = fl_queue_message(w.rt.queue, 64 * FLOWS + 100);
        m->number = (uint64_t)i + 1;
        m->n = (size_t)sprintf(m->data, HEAD "[");
        for (int k = 0; k < FLOWS; k++)
            m->n += (size_t)sprintf(m->data + m->n, "%s{\"id\":\"%d.%d\",\"n\":%d}", k ? "," : "", i, k, k * 9);
        m->n += (size_t)sprintf(m->data + m->n, "]}");
        assert_true(fl_queue_push(w.rt.queue, m));
    }
    fl_queue_close(w.rt.queue);
    fl_worker_join(w.w);
    assert_int_equal(fl_output_stop(w.rt.route[0].output, real_clock(&w.rt).mono + 10 * FL_SECOND), 0);
    assert_int_equal(counter(&w, FL_C_received), MESSAGES * FLOWS);
    assert_int_equal(counter(&w, FL_C_written), MESSAGES * FLOWS);
    expect_balance(&w);
    struct fl_buf all = {0};
    for (uint32_t c = 0; c < w.p.nclasses; c++) {
        char *s = stored(&w, w.p.classes[c]);
        fl_buf_puts(&all, s);
        free(s);
    }
    fl_buf_putc(&all, 0);
    tear_down(&w);
    fl_queue_free(w.rt.queue);
    return all.p;
}

/* Two hands make what one would have made, in the same order. */
static void two_hands(void **state)
{
    (void)state;
    char *one = stored_with(1), *two = stored_with(2);
    assert_string_equal(one, two);
    free(one);
    free(two);
}

static void no_csv(void **state)
{
    (void)state;
    struct world w;
    set_up(&w, "skydive", "skydive", NULL, NULL);
    fl_worker_free(w.w);
    fl_config_free(w.rt.config);
    w.output_stage[1].kind = "csv";
    char *error = NULL;
    w.w = NULL;
    w.rt.config = fl_config_defaults(&w.p, &error);
    assert_null(w.rt.config);
    assert_non_null(strstr(error, "encode: csv is not compiled into this program, which has json, ndjson, secadvisor"));
    free(error);
    tear_down(&w);
}

int main(void)
{
    static const struct fl_log_options quiet = {.backends = FL_LOG_STDERR,
                                                .level = {FL_ERROR, FL_ERROR, FL_ERROR, FL_ERROR}};
    free(fl_log_configure(&quiet));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rejection_is_located),
        cmocka_unit_test(envelopes),
        cmocka_unit_test(rejected_messages),
        cmocka_unit_test(malformed_and_dropped),
        cmocka_unit_test(counters),
        cmocka_unit_test(streams_cut_anywhere),
        cmocka_unit_test(single_records_share_batches),
        cmocka_unit_test(too_long_documents),
        cmocka_unit_test(large_documents_in_small_blocks),
        cmocka_unit_test(timers),
        cmocka_unit_test(kept_rejects),
        cmocka_unit_test(no_allocation_per_record),
        cmocka_unit_test(two_hands),
        cmocka_unit_test(no_csv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
