/*
 * delivery.h - a small world for the tests of store, output and sinks: two classes, records whose JSON is their raw
 * text, a virtual clock, options as `KEY=VALUE` texts, the log captured.
 */
#ifndef DELIVERY_H
#define DELIVERY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/log.h"
#include "config/config.h"
#include "core/runtime.h"
#include "delivery/output.h"
#include "program/registry.h"
#include "sinks/memory/memory.h"
#include "store/store.h"

/* 2026-11-23T08:55:02Z */
#define WALL (INT64_C(1795424102) * FL_SECOND)

struct world {
    struct fl_runtime rt;
    struct fl_cx cx;
    struct fl_arena scratch;
    char *log; /* lines since the start */
    size_t log_n;
};

__attribute__((unused)) static void world_json(struct fl_cx *cx, const struct fl_rec *r, struct fl_buf *out)
{
    (void)cx;
    fl_buf_put(out, r->raw, r->raw_n);
}

static const char *const world_classes[] = {"internal", "egress"};
static const struct fl_stage_choice world_stages[] = {
    {"store", "buffered", NULL, 0}, {"encode", "json", NULL, 0}, {"compress", "gzip", NULL, 0},
    {"write", "s3", NULL, 0}};
static const struct fl_output_of world_outputs[] = {{.stages = world_stages, .nstages = 4, .json = world_json}};
static const struct fl_pipeline world_pipeline = {
    .magic = FL_MAGIC, .abi = FL_ABI, .name = "test", .classes = world_classes, .nclasses = 2,
    .outputs = world_outputs, .noutputs = 1};

static struct fl_time world_virtual(struct fl_runtime *rt)
{
    return rt->virtual_time;
}

__attribute__((unused)) static struct fl_time world_real(struct fl_runtime *rt)
{
    struct timespec w, m;
    (void)rt;
    clock_gettime(CLOCK_REALTIME, &w);
    clock_gettime(CLOCK_MONOTONIC, &m);
    return (struct fl_time){w.tv_sec * FL_SECOND + w.tv_nsec, m.tv_sec * FL_SECOND + m.tv_nsec};
}

static void world_line(void *arg, const char *text)
{
    struct world *w = arg;
    size_t n = strlen(text);
    w->log = realloc(w->log, w->log_n + n + 2);
    assert_non_null(w->log);
    memcpy(w->log + w->log_n, text, n + 1);
    w->log_n += n;
}

/* How often `text` stands in the log. */
__attribute__((unused)) static int logged(const struct world *w, const char *text)
{
    int n = 0;
    for (const char *p = w->log; p && (p = strstr(p, text)) != NULL; p++)
        n++;
    return n;
}

/* `sets` are KEY=VALUE texts, NULL at the end. */
static void world_config(struct world *w, const char **sets)
{
    /* Keys hold no token unless a test says so. */
    const char *all[20] = {"pipeline.store.buffered.instance=none", "pipeline.store.direct.instance=none"};
    uint32_t n = 2;
    for (uint32_t i = 0; sets[i]; i++) {
        assert_true(n < sizeof all / sizeof *all);
        all[n++] = sets[i];
    }
    struct fl_overrides over = {.set = all, .nset = n};
    memset(w, 0, sizeof *w);
    fl_log_capture(world_line, w);
    w->rt = (struct fl_runtime){.drivers = fl_drivers, .pipeline = &world_pipeline, .clock = world_virtual,
                                .virtual_time = {WALL, 1000 * FL_SECOND}};
    fl_ledger_init(&w->rt.ledger, &world_pipeline);
    w->rt.config = fl_config_load(&world_pipeline, &over, NULL);
    assert_non_null(w->rt.config);
    fl_arena_init(&w->scratch, 4096);
    w->cx = (struct fl_cx){.scratch = &w->scratch, .rt = &w->rt, .now = WALL};
}

#define SETS(...) ((const char *[]){__VA_ARGS__, NULL})

__attribute__((unused)) static void world_open(struct world *w, const struct fl_sink_kind *sink, const char **sets)
{
    char *error = NULL;
    world_config(w, sets);
    w->rt.route[0].output = fl_output_new_with(&w->rt, 0, sink, &error);
    if (error)
        fail_msg("%s", error);
    w->rt.route[0].store = fl_store_new(&w->rt, 0, &error);
    if (error)
        fail_msg("%s", error);
}

static void world_close(struct world *w)
{
    fl_store_free(w->rt.route[0].store);
    fl_output_free(w->rt.route[0].output);
    fl_config_free(w->rt.config);
    fl_arena_free(&w->scratch);
    fl_log_capture(NULL, NULL);
    free(w->log);
    free((void *)w->rt.ledger.dropped);
}

__attribute__((unused)) static void add_to(struct world *w, int class_, const char *json, const char *partition)
{
    struct fl_rec r = {.raw = json, .raw_n = (uint32_t)strlen(json), .class_ = (uint16_t)class_};
    fl_str p = {partition, partition ? (uint32_t)strlen(partition) : 0, FL_PLAIN};
    fl_count(&w->rt.ledger, FL_C_received, 1);
    fl_store_add(w->rt.route[0].store, &w->cx, &r, p);
}

__attribute__((unused)) static void add(struct world *w, int class_, const char *json)
{
    add_to(w, class_, json, NULL);
}

__attribute__((unused)) static void pass(struct world *w, int64_t ns)
{
    w->rt.virtual_time.wall += ns;
    w->rt.virtual_time.mono += ns;
}

/* Objects written so far. */
__attribute__((unused)) static const struct fl_object *objects(struct world *w, size_t *n)
{
    return fl_memory_objects(fl_output_sink(w->rt.route[0].output), n);
}

/* `want` bytes at most; a NUL is put behind. Returns the number. */
__attribute__((unused)) static size_t gunzip(const char *p, size_t n, char *to, size_t want)
{
    z_stream z = {0};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = (Bytef *)to;
    z.avail_out = (uInt)want;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.avail_in, 0); /* one member, nothing behind */
    size_t k = want - z.avail_out;
    to[k] = 0;
    inflateEnd(&z);
    return k;
}

__attribute__((unused)) static uint64_t counter(struct world *w, enum fl_counter c)
{
    return atomic_load(&w->rt.ledger.n[c]);
}

/* Nothing is lost or counted twice. */
__attribute__((unused)) static void assert_books(struct world *w)
{
    assert_int_equal(counter(w, FL_C_received),
                     counter(w, FL_C_written) + counter(w, FL_C_overflow) + counter(w, FL_C_refused) +
                         counter(w, FL_C_undelivered));
}

#endif
