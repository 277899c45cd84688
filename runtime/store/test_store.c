/* test_store.c - what objects hold, when they are sealed, what they are called: runtime/store*.c, virtual clock. */
#include "delivery/output.h"
#include "delivery/parcel.h"
#include "program/registry.h"
#include "sinks/memory/memory.h"
#include "store/store.h"
#include "tests/unit/delivery.h"

#include <fnmatch.h>

#define MEMORY_LIMITS "pipeline.compress.type=none"

static void assert_object(struct world *w, size_t i, const char *key, const char *data)
{
    size_t n;
    const struct fl_object *o = objects(w, &n);
    assert_true(i < n);
    assert_string_equal(o[i].key, key);
    assert_string_equal(o[i].data, data);
    assert_int_equal(o[i].size, strlen(data));
}

static size_t count(struct world *w)
{
    size_t n;
    objects(w, &n);
    return n;
}

/* S1: what is over the limit stays for the next object; numbers go up. */
static void limit_by_records(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS(MEMORY_LIMITS, "pipeline.store.buffered.max_flows_per_object=2"));
    add(&w, 0, "{\"a\":1}");
    add(&w, 1, "{\"b\":1}");
    add(&w, 0, "{\"a\":2}");
    add(&w, 0, "{\"a\":3}");
    assert_int_equal(count(&w), 1);
    fl_store_seal_all(w.rt.route[0].store, w.rt.clock(&w.rt));
    assert_int_equal(count(&w), 3);
    assert_object(&w, 0, "logs/internal/20261123T085502Z/00000000", "[{\"a\":1},{\"a\":2}]\n");
    assert_object(&w, 1, "logs/egress/20261123T085502Z/00000000", "[{\"b\":1}]\n");
    assert_object(&w, 2, "logs/internal/20261123T085502Z/00000001", "[{\"a\":3}]\n");
    assert_int_equal(counter(&w, FL_C_written), 4);
    assert_int_equal(counter(&w, FL_C_objects), 3);
    assert_books(&w);
    world_close(&w);
}

/* S5, S6: each series has its own age, counted from its first record that is not yet sealed. */
static void limit_by_age(void **state)
{
    (void)state;
    struct world w;
    size_t n;
    world_open(&w, &fl_sink_memory, SETS(MEMORY_LIMITS, "pipeline.store.buffered.max_seconds_per_object=60"));
    int64_t begin = w.rt.virtual_time.mono;
    assert_int_equal(fl_store_tick(w.rt.route[0].store, w.rt.virtual_time), INT64_MAX);
    add(&w, 0, "1");
    pass(&w, 10 * FL_SECOND);
    add(&w, 1, "2");
    assert_int_equal(fl_store_tick(w.rt.route[0].store, w.rt.virtual_time), begin + 60 * FL_SECOND);
    pass(&w, 50 * FL_SECOND - 1);
    fl_store_tick(w.rt.route[0].store, w.rt.virtual_time);
    assert_int_equal(count(&w), 0);
    pass(&w, 1);
    assert_int_equal(fl_store_tick(w.rt.route[0].store, w.rt.virtual_time), begin + 70 * FL_SECOND);
    assert_int_equal(count(&w), 1);
    pass(&w, 10 * FL_SECOND);
    assert_int_equal(fl_store_tick(w.rt.route[0].store, w.rt.virtual_time), INT64_MAX);
    const struct fl_object *o = objects(&w, &n);
    assert_int_equal(n, 2);
    /* The stream is named after the seal; the window goes from the first sight of the class to the seal. */
    assert_string_equal(o[0].key, "logs/internal/20261123T085602Z/00000000");
    assert_int_equal(o[0].first_timestamp, WALL / 1000000);
    assert_int_equal(o[0].last_timestamp, WALL / 1000000 + 60000);
    assert_int_equal(o[0].num_records, 1);
    assert_string_equal(o[0].class_, "internal");
    assert_int_equal(o[1].first_timestamp, WALL / 1000000 + 10000);
    /* The next window begins where this one ended, though its first record comes later. */
    pass(&w, 100 * FL_SECOND);
    add(&w, 0, "3");
    fl_store_seal_all(w.rt.route[0].store, w.rt.virtual_time);
    o = objects(&w, &n);
    assert_int_equal(o[2].first_timestamp, WALL / 1000000 + 60000);
    assert_int_equal(o[2].last_timestamp, WALL / 1000000 + 170000);
    assert_string_equal(o[2].key, "logs/internal/20261123T085602Z/00000001");
    world_close(&w);
}

/* max_seconds_per_object 0: nothing is kept beyond its message. */
static void age_zero(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS(MEMORY_LIMITS, "pipeline.store.buffered.max_seconds_per_object=0"));
    add(&w, 0, "1");
    add(&w, 0, "2");
    assert_int_equal(count(&w), 0);
    fl_store_batch_end(w.rt.route[0].store);
    assert_object(&w, 0, "logs/internal/20261123T085502Z/00000000", "[1,2]\n");
    assert_int_equal(fl_store_tick(w.rt.route[0].store, w.rt.virtual_time), INT64_MAX);
    world_close(&w);
}

static void seal_one(struct world *w)
{
    add(w, 0, "1");
    fl_store_seal_all(w->rt.route[0].store, w->rt.virtual_time);
}

static const char *last_key(struct world *w)
{
    size_t n;
    const struct fl_object *o = objects(w, &n);
    assert_true(n > 0);
    return o[n - 1].key;
}

static void streams(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS("pipeline.store.buffered.max_seconds_per_stream=3600",
                                         "pipeline.store.buffered.filename_prefix=/a/b/"));
    seal_one(&w);
    pass(&w, 3599 * FL_SECOND);
    seal_one(&w);
    assert_string_equal(last_key(&w), "a/b/internal/20261123T085502Z/00000001.gz");
    pass(&w, FL_SECOND);
    seal_one(&w);
    assert_string_equal(last_key(&w), "a/b/internal/20261123T095502Z/00000000.gz");
    world_close(&w);
}

/* S7: streams shorter than a second, and clocks that step back, never give a name twice. */
static void names_are_unique(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS("pipeline.store.buffered.max_seconds_per_stream=0",
                                         "pipeline.store.buffered.filename_prefix=\"\""));
    seal_one(&w);
    pass(&w, FL_SECOND / 2);
    seal_one(&w);
    assert_string_equal(last_key(&w), "internal/20261123T085502Z/00000001.gz");
    pass(&w, FL_SECOND);
    seal_one(&w);
    assert_string_equal(last_key(&w), "internal/20261123T085503Z/00000000.gz");
    /* S16: half a minute back */
    w.rt.virtual_time.wall -= 30 * FL_SECOND;
    w.rt.virtual_time.mono += FL_SECOND;
    seal_one(&w);
    assert_string_equal(last_key(&w), "internal/20261123T085503Z/00000001.gz");
    size_t n;
    const struct fl_object *o = objects(&w, &n);
    for (size_t i = 0; i < n; i++) {
        assert_true(o[i].first_timestamp <= o[i].last_timestamp);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(o[i].key, o[k].key);
    }
    assert_int_equal(o[n - 1].last_timestamp, o[n - 2].last_timestamp);
    world_close(&w);
}

/* A clock that was a day ahead and is put right: labels follow it, and no name comes twice, whatever it does then. */
static void labels_follow_a_corrected_clock(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS("pipeline.store.buffered.max_seconds_per_stream=0",
                                         "pipeline.store.buffered.filename_prefix=\"\""));
    int64_t day = 86400 * FL_SECOND, start = w.rt.virtual_time.wall;
    seal_one(&w);
    assert_string_equal(last_key(&w), "internal/20261123T085502Z/00000000.gz");
    seal_one(&w);
    w.rt.virtual_time.wall += day;
    seal_one(&w);
    assert_string_equal(last_key(&w), "internal/20261124T085502Z/00000000.gz");
    seal_one(&w);
    w.rt.virtual_time.wall -= day - 5 * FL_SECOND;
    seal_one(&w);
    assert_string_equal(last_key(&w), "internal/20261123T085507Z/00000002.gz");
    size_t n;
    const struct fl_object *o = objects(&w, &n);
    assert_int_equal(o[n - 1].last_timestamp, w.rt.virtual_time.wall / 1000000);
    w.rt.virtual_time.wall = start - 3600 * FL_SECOND; /* back once more, over seconds that were used */
    seal_one(&w);
    assert_string_equal(last_key(&w), "internal/20261123T075502Z/00000003.gz");
    w.rt.virtual_time.wall = start;
    seal_one(&w);
    assert_string_equal(last_key(&w), "internal/20261123T085502Z/00000004.gz");
    w.rt.virtual_time.wall = start + day;
    seal_one(&w);
    assert_string_equal(last_key(&w), "internal/20261124T085502Z/00000005.gz");
    w.rt.virtual_time.wall += FL_SECOND; /* later than all before: numbers begin again */
    seal_one(&w);
    assert_string_equal(last_key(&w), "internal/20261124T085503Z/00000000.gz");
    o = objects(&w, &n);
    for (size_t i = 0; i < n; i++) {
        assert_true(o[i].first_timestamp <= o[i].last_timestamp);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(o[i].key, o[k].key);
    }
    world_close(&w);
}

static void compressed_names(void **state)
{
    (void)state;
    struct world w;
    char text[64];
    size_t n;
    world_open(&w, &fl_sink_memory, SETS("pipeline.store.buffered.dirname=b"));
    add(&w, 0, "1");
    add_to(&w, 0, "2", "date=2026-11-23/class=internal");
    fl_store_seal_all(w.rt.route[0].store, w.rt.virtual_time);
    const struct fl_object *o = objects(&w, &n);
    assert_string_equal(o[0].key, "logs/internal/20261123T085502Z/00000000.gz");
    assert_string_equal(o[0].content_encoding, "gzip");
    assert_string_equal(o[0].content_type, "application/json");
    assert_string_equal(o[0].bucket, "b");
    gunzip(o[0].data, o[0].size, text, 60);
    assert_string_equal(text, "[1]\n");
    assert_string_equal(o[1].key, "logs/date=2026-11-23/class=internal/20261123T085502Z/00000000.json.gz");
    world_close(&w);
    /* S8: nothing says gzip that isn't, unless the old names are asked for. */
    world_open(&w, &fl_sink_memory, SETS(MEMORY_LIMITS, "pipeline.encode.type=csv"));
    seal_one(&w);
    o = objects(&w, &n);
    assert_null(o[0].content_encoding);
    world_close(&w);
    world_open(&w, &fl_sink_memory, SETS(MEMORY_LIMITS, "pipeline.store.buffered.legacy_names=true"));
    seal_one(&w);
    o = objects(&w, &n);
    assert_string_equal(o[0].key, "logs/internal/20261123T085502Z/00000000.gz");
    assert_string_equal(o[0].content_encoding, "gzip");
    assert_string_equal(o[0].data, "[1]\n");
    world_close(&w);
}

/* Data can't choose its place outside the prefix; two classes in one folder share its numbers. */
static void partitions(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS(MEMORY_LIMITS, "pipeline.store.buffered.max_open_partitions=2"));
    add_to(&w, 0, "1", "x/../../etc//.");
    add_to(&w, 0, "2", "p");
    assert_int_equal(count(&w), 0);
    add_to(&w, 1, "3", "p"); /* a third object: the oldest goes */
    assert_object(&w, 0, "logs/x/%2E%2E/%2E%2E/etc/%2E/20261123T085502Z/00000000.json", "[1]\n");
    add_to(&w, 0, "4", "p");
    add_to(&w, 0, "5", "x/../../etc/.");
    assert_object(&w, 1, "logs/p/20261123T085502Z/00000000.json", "[2,4]\n");
    fl_store_seal_all(w.rt.route[0].store, w.rt.virtual_time);
    assert_object(&w, 2, "logs/p/20261123T085502Z/00000001.json", "[3]\n");
    assert_object(&w, 3, "logs/x/%2E%2E/%2E%2E/etc/%2E/20261123T085502Z/00000001.json", "[5]\n");
    world_close(&w);
}

/* The longest values make objects whose keys every store takes. */
static void long_partitions(void **state)
{
    (void)state;
    struct world w;
    char path[3000], prefix[700] = "pipeline.store.buffered.filename_prefix=";
    size_t n, k = strlen(prefix);
    for (int i = 0; i < 599; i++)
        prefix[k++] = i % 100 == 99 ? '/' : 'p';
    world_open(&w, &fl_sink_memory, SETS(MEMORY_LIMITS, prefix));
    snprintf(path, sizeof path, "a=%02000d/b=%0200d/c=%0200d", 1, 2, 3);
    add_to(&w, 0, "1", path);
    add_to(&w, 0, "2", path);
    path[1900] = 'x';
    add_to(&w, 0, "3", path);
    fl_store_seal_all(w.rt.route[0].store, w.rt.virtual_time);
    const struct fl_object *o = objects(&w, &n);
    assert_int_equal(n, 2);
    assert_in_range(strlen(o[0].key), 700, 1024);
    assert_string_not_equal(o[0].key, o[1].key);
    assert_int_equal(o[0].num_records, 2);
    world_close(&w);
}

/* Each process has a token of its own in its keys; then nobody else makes such. */
static void instances(void **state)
{
    (void)state;
    static const struct {
        const char *store, *instance, *legacy, *key;
        bool own;
    } rows[] = {
        {"buffered", "auto", "false", "logs/internal/20261123T085502Z-[0-9a-f]*/00000000", true},
        {"buffered", "pod-7", "false", "logs/internal/20261123T085502Z-pod-7/00000000", false},
        {"buffered", "none", "false", "logs/internal/20261123T085502Z/00000000", false},
        {"buffered", "auto", "true", "logs/internal/20261123T085502Z/00000000.gz", false},
        {"buffered", "pod-7", "true", "logs/internal/20261123T085502Z-pod-7/00000000.gz", false},
        {"direct", "auto", "false", "logs/internal/20261123T085502.000Z-[0-9a-f]*-000000.json", true},
        {"direct", "pod-7", "false", "logs/internal/20261123T085502.000Z-pod-7-000000.json", false},
        {"direct", "none", "false", "logs/internal/20261123T085502.000Z-000000.json", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        char type[60], instance[60], legacy[60];
        size_t n;
        snprintf(type, sizeof type, "pipeline.store.type=%s", rows[i].store);
        snprintf(instance, sizeof instance, "pipeline.store.%s.instance=%s", rows[i].store, rows[i].instance);
        snprintf(legacy, sizeof legacy, "pipeline.store.buffered.legacy_names=%s", rows[i].legacy);
        world_open(&w, &fl_sink_memory, SETS("pipeline.compress.type=none", type, instance, legacy));
        add(&w, 0, "1");
        fl_store_seal_all(w.rt.route[0].store, w.rt.virtual_time);
        const struct fl_object *o = objects(&w, &n);
        assert_int_equal(n, 1);
        if (fnmatch(rows[i].key, o[0].key, 0) != 0)
            fail_msg("%s is not %s", o[0].key, rows[i].key);
        assert_int_equal(o[0].own_key, rows[i].own);
        world_close(&w);
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Far more partitions than are remembered, coming back: no name twice, memory bounded. */
static void many_partitions(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS(MEMORY_LIMITS, "pipeline.store.buffered.max_open_partitions=20"));
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 3000; i++) {
            char path[32];
            snprintf(path, sizeof path, "peer=%d", i);
            add_to(&w, 0, "1", path);
            pass(&w, FL_SECOND / 100);
        }
    fl_store_seal_all(w.rt.route[0].store, w.rt.virtual_time);
    size_t n;
    const struct fl_object *o = objects(&w, &n);
    assert_int_equal(n, 9000);
    const char **keys = calloc(n, sizeof *keys);
    assert_non_null(keys);
    for (size_t i = 0; i < n; i++)
        keys[i] = o[i].key;
    qsort(keys, n, sizeof *keys, compare);
    for (size_t i = 1; i < n; i++)
        assert_string_not_equal(keys[i - 1], keys[i]);
    free(keys);
    assert_books(&w);
    world_close(&w);
}

/* S13: one object per message and class, each under a name of its own. */
static void direct(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS("pipeline.store.type=direct", MEMORY_LIMITS,
                                         "pipeline.store.direct.dirname=d"));
    w.rt.virtual_time.wall += 7 * 1000000;
    add(&w, 0, "1");
    add(&w, 1, "2");
    add(&w, 0, "3");
    fl_store_batch_end(w.rt.route[0].store);
    fl_store_batch_end(w.rt.route[0].store);
    add(&w, 0, "4");
    fl_store_batch_end(w.rt.route[0].store);
    assert_int_equal(count(&w), 3);
    assert_object(&w, 0, "logs/internal/20261123T085502.007Z-000000.json", "[1,3]\n");
    assert_object(&w, 1, "logs/egress/20261123T085502.007Z-000001.json", "[2]\n");
    assert_object(&w, 2, "logs/internal/20261123T085502.007Z-000002.json", "[4]\n");
    assert_int_equal(fl_store_tick(w.rt.route[0].store, w.rt.virtual_time), INT64_MAX);
    world_close(&w);
}

/* More raw bytes than a piece holds. */
static void large_object(void **state)
{
    (void)state;
    struct world w;
    enum { RECORDS = 5000, LENGTH = 100 };
    char record[LENGTH + 1], expected[LENGTH + 1];
    world_open(&w, &fl_sink_memory, SETS("pipeline.store.type=buffered"));
    for (int i = 0; i < RECORDS; i++) {
        snprintf(record, sizeof record, "\"%0*d\"", LENGTH - 2, i);
        add(&w, 0, record);
    }
    fl_store_seal_all(w.rt.route[0].store, w.rt.virtual_time);
    size_t n, size = RECORDS * (LENGTH + 1) + 2;
    const struct fl_object *o = objects(&w, &n);
    char *text = malloc(size + 1);
    assert_non_null(text);
    assert_int_equal(n, 1);
    assert_int_equal(gunzip(o[0].data, o[0].size, text, size), size);
    for (int i = 0; i < RECORDS; i++) {
        snprintf(expected, sizeof expected, "\"%0*d\"", LENGTH - 2, i);
        assert_memory_equal(text + 1 + i * (LENGTH + 1), expected, LENGTH);
    }
    assert_string_equal(text + size - 2, "]\n");
    free(text);
    world_close(&w);
}

static enum fl_write_result never(void *sink, const struct fl_object *o, char *why, size_t why_size)
{
    (void)sink, (void)o;
    snprintf(why, why_size, "never");
    return FL_RETRY;
}

static void *open_never(struct fl_runtime *rt, const struct fl_options *options, char **error)
{
    (void)options, (void)error;
    return rt;
}

static void close_never(void *sink)
{
    (void)sink;
}

/* 64 KiB of sealed objects wait for a sink that takes none; each record is an object of 20 KB. */
static void full_queue(void **state)
{
    (void)state;
    static const struct fl_sink_kind sink = {.name = "never", .open = open_never, .write = never, .close = close_never};
    static const struct { const char *set; uint64_t overflow, waiting; } rows[] = {
        {"pipeline.output.queue.when_full=drop_oldest", 6, 4}, {"pipeline.output.queue.when_full=drop_newest", 6, 4},
        {"pipeline.output.queue.when_full=block", 0, 10}}; /* without threads nobody waits */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        static char record[20000];
        memset(record, '1', sizeof record - 1);
        world_open(&w, &sink, SETS(MEMORY_LIMITS, "pipeline.compress.type=none", "pipeline.output.queue.max_bytes=64KiB",
                                   "pipeline.store.buffered.max_flows_per_object=1", rows[i].set));
        for (int k = 0; k < 10; k++)
            add(&w, k % 2, record);
        assert_int_equal(counter(&w, FL_C_overflow), rows[i].overflow);
        assert_int_equal(fl_output_waiting(w.rt.route[0].output, 0) + fl_output_waiting(w.rt.route[0].output, 1), rows[i].waiting);
        char waits[256], expected[64];
        fl_output_waits(w.rt.route[0].output, waits, sizeof waits);
        snprintf(expected, sizeof expected, "objects_waiting=%llu ", (unsigned long long)rows[i].waiting);
        assert_memory_equal(waits, expected, strlen(expected));
        assert_non_null(strstr(waits, " reason=never"));
        fl_output_stop(w.rt.route[0].output, w.rt.virtual_time.mono);
        assert_books(&w);
        world_close(&w);
    }
}

static void assert_refused(const char *set, const char *text)
{
    struct world w;
    char *error = NULL;
    world_config(&w, SETS(set));
    w.rt.route[0].output = fl_output_new_with(&w.rt, 0, &fl_sink_memory, &error);
    assert_null(fl_store_new(&w.rt, 0, &error));
    assert_non_null(error);
    if (!strstr(error, text))
        fail_msg("%s: no \"%s\" in it", error, text);
    free(error);
    world_close(&w);
}

/* What limits say is config/test_rows.c. */
static void options(void **state)
{
    (void)state;
    assert_refused("pipeline.store.buffered.instance=a/b", "expected auto, none, or up to 64 letters, digits, dots");
    char prefix[700] = "pipeline.store.buffered.filename_prefix=";
    for (size_t i = strlen(prefix), begin = i; i < begin + 601; i++)
        prefix[i] = (i - begin) % 100 == 99 ? '/' : 'p';
    assert_refused(prefix, "filename_prefix is too long: expected at most 599 bytes, 255 between slashes");
    prefix[400] = 0;
    for (size_t i = 100; i < 400; i++)
        prefix[i] = 'p';
    assert_refused(prefix, "filename_prefix is too long");
    struct world w;
    world_open(&w, &fl_sink_memory, SETS(MEMORY_LIMITS, "pipeline.store.buffered.max_flow_array_size=0"));
    add(&w, 0, "1");
    fl_store_seal_all(w.rt.route[0].store, w.rt.virtual_time);
    assert_int_equal(count(&w), 1);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limit_by_records), cmocka_unit_test(limit_by_age), cmocka_unit_test(age_zero),
        cmocka_unit_test(streams), cmocka_unit_test(names_are_unique), cmocka_unit_test(labels_follow_a_corrected_clock), cmocka_unit_test(compressed_names),
        cmocka_unit_test(partitions), cmocka_unit_test(long_partitions), cmocka_unit_test(instances),
        cmocka_unit_test(many_partitions), cmocka_unit_test(direct),
        cmocka_unit_test(large_object), cmocka_unit_test(full_queue), cmocka_unit_test(options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
