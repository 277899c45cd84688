/* test_lookup.c - the cache (on a virtual clock), waves, deadlines, files and presets of runtime/lookups/lookup.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/log.h"
#include "core/runtime.h"
#include "program/registry.h"
#include "lookups/lookups.h"
#include "tests/unit/analyzer_stub.h"

struct named {
    fl_str name;
};

static const struct fl_lookup_field name_field = {"Name", "Metadata.Name", FL_T_STRING, FL_ONE, false, 0, 0};
static const struct fl_lookup rows[] = {
    {"node", "gremlin", 60 * FL_SECOND, 3, FL_SECOND / 4, sizeof(struct named), &name_field, 1, false},
    {"other", "gremlin", 60 * FL_SECOND, 1000, 5 * FL_SECOND, sizeof(struct named), &name_field, 1, false},
    {"third", "gremlin", 60 * FL_SECOND, 1000, FL_SECOND, sizeof(struct named), &name_field, 1, false},
};
static const struct fl_pipeline pipeline = {.name = "test", .lookups = rows, .nlookups = 3};

struct world {
    struct fl_runtime rt;
    struct fl_cx cx;
    char path[64];
    struct stub stub;
    bool has_stub;
};

static struct fl_time virtual_clock(struct fl_runtime *rt)
{
    return rt->virtual_time;
}

static void open_world(struct world *w, const char *file)
{
    char *error;
    memset(w, 0, sizeof *w);
    w->rt = (struct fl_runtime){.drivers = fl_drivers, .pipeline = &pipeline, .clock = virtual_clock, .virtual_time = {FL_SECOND, FL_SECOND}};
    w->cx = (struct fl_cx){.rt = &w->rt, .wave = true};
    if (file) {
        strcpy(w->path, "/tmp/fl_lookup_XXXXXX");
        int fd = mkstemp(w->path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, file, strlen(file)), strlen(file));
        close(fd);
        w->rt.lookups = fl_lookups_new(&w->rt, w->path, &error);
    } else {
        stub_start(&w->stub);
        w->has_stub = true;
        w->rt.lookups = fl_lookups_new(&w->rt, w->stub.url, &error);
    }
    assert_null(error);
    assert_non_null(w->rt.lookups);
}

static void close_world(struct world *w)
{
    fl_lookups_free(w->rt.lookups);
    if (w->has_stub)
        stub_stop(&w->stub);
    if (*w->path)
        unlink(w->path);
}

static uint64_t counted(const struct world *w, enum fl_counter c)
{
    return w->rt.ledger.n[c];
}

static fl_str str(const char *s)
{
    return (fl_str){s, (uint32_t)strlen(s), FL_PLAIN};
}

/* One lookup as generated code does it; the number of waves in *waves. NULL: null. */
static const char *look(struct world *w, uint32_t n, const char *key, unsigned *waves)
{
    const void *result;
    static char text[64];
    unsigned k = 0;
    for (; !fl_lookup_get(&w->cx, n, str(key), &result); k++) {
        assert_true(k < 3);
        fl_lookup_ask(&w->cx, n, str(key), str(key));
        assert_true(w->cx.pending > 0);
        fl_lookup_wait(&w->cx);
        assert_int_equal(w->cx.pending, 0);
    }
    if (waves)
        *waves = k;
    const struct named *r = result;
    if (!r)
        return NULL;
    snprintf(text, sizeof text, "%.*s", (int)r->name.n, r->name.p);
    return text;
}

static unsigned waves_for(struct world *w, const char *key)
{
    unsigned n;
    look(w, 0, key, &n);
    return n;
}

#define NODE(n) "\"" n "\":[{\"ID\":\"1\",\"Metadata\":{\"Name\":\"" n "!\"}}]"
static const char file[] = "{" NODE("a") "," NODE("b") "," NODE("c") "," NODE("d") "," NODE("e")
                           ",\"none\":[],\"odd\":[{\"ID\":\"1\"}],\"bad\":7}";

static void from_file(void **state)
{
    struct world w;
    unsigned waves;
    (void)state;
    open_world(&w, file);
    assert_string_equal(look(&w, 0, "a", &waves), "a!");
    assert_int_equal(waves, 1);
    assert_null(look(&w, 0, "none", NULL));
    assert_null(look(&w, 0, "odd", NULL));
    assert_int_equal(counted(&w, FL_C_lookup_failed), 0);
    fl_lookups_batch_end(w.rt.lookups);
    /* Known, null too. */
    assert_int_equal(waves_for(&w, "a") + waves_for(&w, "none") + waves_for(&w, "odd"), 0);
    fl_lookups_batch_end(w.rt.lookups);
    assert_int_equal(counted(&w, FL_C_lookup_hits), 3);
    assert_int_equal(counted(&w, FL_C_lookup_queries), 3);
    close_world(&w);
}

static char lines[4096];
static void keep_line(void *arg, const char *line)
{
    (void)arg;
    strncat(lines, line, sizeof lines - strlen(lines) - 1);
}

/* Failures are null for the batch, counted, logged once, and asked again in the next. */
static void not_cached(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, file);
    lines[0] = 0;
    fl_log_capture(keep_line, NULL);
    for (int batch = 0; batch < 2; batch++) {
        assert_int_equal(waves_for(&w, "unheard"), 1);
        assert_int_equal(waves_for(&w, "unheard"), 0);
        assert_int_equal(waves_for(&w, "bad"), 1);
        fl_lookups_batch_end(w.rt.lookups);
    }
    fl_log_capture(NULL, NULL);
    assert_int_equal(counted(&w, FL_C_lookup_failed), 4);
    const char *once = strstr(lines, "lacks a query");
    assert_non_null(once);
    assert_null(strstr(once + 1, "lacks a query"));
    assert_non_null(strstr(lines, "query=unheard"));
    close_world(&w);
}

static void expiry(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, file);
    assert_int_equal(waves_for(&w, "a"), 1);
    fl_lookups_batch_end(w.rt.lookups);
    w.rt.virtual_time.mono += 30 * FL_SECOND;
    assert_int_equal(waves_for(&w, "a"), 0); /* reading doesn't renew */
    assert_int_equal(waves_for(&w, "none"), 1);
    fl_lookups_batch_end(w.rt.lookups);
    w.rt.virtual_time.mono += 30 * FL_SECOND;
    assert_int_equal(waves_for(&w, "a"), 1); /* 60 s from its answer, seen at the start of a batch */
    assert_int_equal(waves_for(&w, "none"), 0);
    fl_lookups_batch_end(w.rt.lookups);
    close_world(&w);
}

/* max is 3: the oldest go at the end of the batch, and what was given out is valid until then. */
static void eviction(void **state)
{
    struct world w;
    const void *result[5];
    const char *keys[] = {"a", "b", "c", "d", "e"};
    (void)state;
    open_world(&w, file);
    for (int i = 0; i < 5; i++) {
        look(&w, 0, keys[i], NULL);
        assert_true(fl_lookup_get(&w.cx, 0, str(keys[i]), &result[i]));
    }
    for (int i = 0; i < 5; i++)
        assert_memory_equal(((const struct named *)result[i])->name.p, keys[i], 1);
    fl_lookups_batch_end(w.rt.lookups);
    assert_int_equal(waves_for(&w, "c") + waves_for(&w, "d") + waves_for(&w, "e"), 0);
    assert_int_equal(waves_for(&w, "a"), 1);
    assert_int_equal(waves_for(&w, "b"), 1);
    close_world(&w);
}

/* Keys are bytes; many of them; dropping some leaves the others findable. */
static void many_keys(void **state)
{
    struct world w;
    struct fl_lookup big[1] = {rows[0]};
    struct fl_pipeline p = {.lookups = big, .nlookups = 1};
    (void)state;
    open_world(&w, file);
    fl_lookups_free(w.rt.lookups);
    big[0].max = 5000;
    w.rt.pipeline = &p;
    char *error;
    w.rt.lookups = fl_lookups_new(&w.rt, w.path, &error);
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = round * 4000; i < round * 4000 + 6000; i++) {
            char key[8] = {0};
            const void *r;
            memcpy(key + 1, &i, 4); /* NULs in it */
            if (!fl_lookup_get(&w.cx, 0, (fl_str){key, 7, FL_PLAIN}, &r))
                fl_lookup_ask(&w.cx, 0, (fl_str){key, 7, FL_PLAIN}, str("none"));
        }
        fl_lookup_wait(&w.cx);
        fl_lookups_batch_end(w.rt.lookups);
        for (uint32_t i = round * 4000; i < round * 4000 + 6000; i++) {
            char key[8] = {0};
            const void *r;
            memcpy(key + 1, &i, 4);
            assert_int_equal(fl_lookup_get(&w.cx, 0, (fl_str){key, 7, FL_PLAIN}, &r), i >= round * 4000 + 1000);
        }
        fl_lookups_batch_end(w.rt.lookups);
    }
    const void *r;
    assert_false(fl_lookup_get(&w.cx, 0, str(""), &r));
    close_world(&w);
}

static void one_query_for_equal_keys(void **state)
{
    struct world w;
    const void *r;
    (void)state;
    open_world(&w, NULL);
    for (int i = 0; i < 10; i++) {
        assert_false(fl_lookup_get(&w.cx, 1, str("k"), &r));
        fl_lookup_ask(&w.cx, 1, str("k"), str("plain"));
    }
    fl_lookup_wait(&w.cx);
    assert_true(fl_lookup_get(&w.cx, 1, str("k"), &r));
    assert_memory_equal(((const struct named *)r)->name.p, "plain", 5);
    assert_int_equal(w.stub.queries, 1);
    close_world(&w);
}

/* node's time-out is 250 ms: a batch waits that long for it in all its waves together; other lookups aren't touched. */
static void late(void **state)
{
    struct world w;
    unsigned waves;
    (void)state;
    open_world(&w, NULL);
    int64_t began = fl_clock_monotonic();
    assert_null(look(&w, 0, "hang", &waves));
    assert_int_equal(waves, 1);
    assert_null(look(&w, 0, "hang", &waves));
    assert_int_equal(waves, 0); /* no endless waves */
    assert_null(look(&w, 0, "slow 1000", NULL));
    int64_t ms = (fl_clock_monotonic() - began) / 1000000;
    assert_in_range(ms, 240, 900);
    assert_int_equal(counted(&w, FL_C_lookup_late), 2);
    assert_string_equal(look(&w, 1, "slow 300", NULL), "slow 300");
    fl_lookups_batch_end(w.rt.lookups);
    assert_string_equal(look(&w, 0, "quick", NULL), "quick"); /* a new batch has its time again */
    assert_null(look(&w, 0, "refuse", NULL));
    assert_int_equal(counted(&w, FL_C_lookup_late), 2);
    assert_int_equal(counted(&w, FL_C_lookup_failed), 1);
    fl_lookups_batch_end(w.rt.lookups);
    close_world(&w);
}

static void wave_of_200(void **state)
{
    struct world w;
    char key[16];
    const void *r;
    (void)state;
    open_world(&w, NULL);
    int64_t began = fl_clock_monotonic();
    for (int i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "k%d", i);
        fl_lookup_ask(&w.cx, 1, str(key), str("slow 50"));
    }
    fl_lookup_wait(&w.cx);
    int64_t ms = (fl_clock_monotonic() - began) / 1000000;
    for (int i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_true(fl_lookup_get(&w.cx, 1, str(key), &r));
        assert_non_null(r);
    }
    print_message("200 lookups of 50 ms: %lld ms\n", (long long)ms);
    assert_in_range(ms, 200, 2000);
    close_world(&w);
}

static void presets(void **state)
{
    struct world w;
    const void *r;
    (void)state;
    open_world(&w, file);
    assert_null(fl_lookups_preset(w.rt.lookups, 0, str("t"), "{\"Name\":\"veth\"}"));
    assert_null(fl_lookups_preset(w.rt.lookups, 1, str("n"), "null"));
    w.rt.virtual_time.mono += 3600 * FL_SECOND;
    for (int batch = 0; batch < 2; batch++) {
        assert_string_equal(look(&w, 0, "t", NULL), "veth");
        assert_true(fl_lookup_get(&w.cx, 1, str("n"), &r));
        assert_null(r);
        assert_true(fl_lookup_get(&w.cx, 0, str("a"), &r)); /* has none: null, though the file knows it */
        assert_null(r);
        fl_lookups_batch_end(w.rt.lookups);
    }
    assert_null(fl_lookups_preset(w.rt.lookups, 0, str("t"), "{\"Name\":\"bridge\"}"));
    assert_string_equal(look(&w, 0, "t", NULL), "bridge");
    char *error = fl_lookups_preset(w.rt.lookups, 0, str("t"), "{\"Nam\":1}");
    assert_non_null(error);
    free(error);
    assert_int_equal(counted(&w, FL_C_lookup_queries) + counted(&w, FL_C_lookup_failed), 0);
    close_world(&w);
}

static void no_source(void **state)
{
    struct fl_runtime rt = {.drivers = fl_drivers, .pipeline = &pipeline, .clock = virtual_clock, .input = "-"};
    struct fl_cx cx = {.rt = &rt};
    const void *r;
    char *error;
    (void)state;
    rt.lookups = fl_lookups_new(&rt, NULL, &error);
    assert_null(error);
    assert_true(fl_lookup_get(&cx, 0, str("a"), &r));
    assert_null(r);
    fl_lookups_batch_end(rt.lookups);
    assert_int_equal(rt.ledger.n[FL_C_lookup_hits] + rt.ledger.n[FL_C_lookup_failed], 0);
    fl_lookups_free(rt.lookups);
}

static void bad_sources(void **state)
{
    struct fl_runtime rt = {.drivers = fl_drivers, .pipeline = &pipeline, .clock = virtual_clock};
    char *error, path[] = "/tmp/fl_lookup_XXXXXX";
    (void)state;
    assert_null(fl_lookups_new(&rt, "/nonexistent/x.json", &error));
    assert_non_null(strstr(error, "No such file"));
    free(error);
    assert_null(fl_lookups_new(&rt, "http://", &error));
    free(error);
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "{\n \"a\": [,]}", 12), 12);
    assert_null(fl_lookups_new(&rt, path, &error));
    assert_non_null(strstr(error, ":2:"));
    free(error);
    assert_int_equal(ftruncate(fd, 0) + pwrite(fd, "[1]", 3, 0), 3);
    assert_null(fl_lookups_new(&rt, path, &error));
    assert_non_null(strstr(error, "{query: answer}"));
    free(error);
    close(fd);
    unlink(path);
}

/* Outside a wave a question is answered at once; what fails is null all the same. */
static void asked_alone(void **state)
{
    struct world w;
    const void *result;
    (void)state;
    open_world(&w, file);
    w.cx.wave = false;
    assert_false(fl_lookup_get(&w.cx, 0, str("a"), &result));
    const struct named *r = fl_lookup_ask(&w.cx, 0, str("a"), str("a"));
    assert_non_null(r);
    assert_string_equal(r->name.p, "a!");
    assert_null(fl_lookup_ask(&w.cx, 0, str("unheard"), str("unheard")));
    assert_int_equal(w.cx.pending, 0);
    assert_true(fl_lookup_get(&w.cx, 0, str("a"), &result));
    assert_ptr_equal(result, r);
    assert_int_equal(counted(&w, FL_C_lookup_queries), 2);
    close_world(&w);
}

/* What one wave has waited is missing to the next ones of its batch; another batch has all of it again. */
static void a_batch_has_one_timeout(void **state)
{
    struct world w;
    (void)state;
    open_world(&w, NULL);
    assert_string_equal(look(&w, 2, "slow 600", NULL), "slow 600");
    assert_null(look(&w, 2, "slow 601", NULL));
    assert_int_equal(counted(&w, FL_C_lookup_late), 1);
    fl_lookups_batch_end(w.rt.lookups);
    assert_string_equal(look(&w, 2, "slow 602", NULL), "slow 602");
    assert_int_equal(counted(&w, FL_C_lookup_late), 1);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_has_one_timeout),
        cmocka_unit_test(from_file), cmocka_unit_test(not_cached),  cmocka_unit_test(expiry),
        cmocka_unit_test(eviction),  cmocka_unit_test(many_keys),   cmocka_unit_test(one_query_for_equal_keys),
        cmocka_unit_test(late),      cmocka_unit_test(wave_of_200), cmocka_unit_test(presets),
        cmocka_unit_test(no_source), cmocka_unit_test(bad_sources), cmocka_unit_test(asked_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
