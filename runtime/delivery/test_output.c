/*
 * test_output.c - retry, back-off, refusal, names that are taken, limits, stopping: runtime/delivery/output.c and upload.c,
 * first with a virtual clock and no threads, then with threads and a sink that the test opens and shuts.
 */
#include "tests/unit/delivery.h"

#include <pthread.h>

#include "core/runtime.h"
#include "delivery/output.h"
#include "delivery/parcel.h"
#include "program/registry.h"
#include "sinks/memory/memory.h"

#define SMALL "pipeline.store.buffered.max_flows_per_object=2", "pipeline.compress.type=none"

static void *sink_of(struct world *w)
{
    return fl_output_sink(w->rt.route[0].output);
}

static void script(struct world *w, size_t n, const enum fl_write_result *results)
{
    fl_memory_script(sink_of(w), results, n);
}

#define SCRIPT(w, ...) \
    script(w, sizeof((enum fl_write_result[]){__VA_ARGS__}) / sizeof(enum fl_write_result), \
           (enum fl_write_result[]){__VA_ARGS__})

static void add_object(struct world *w, int class_)
{
    add(w, class_, "1");
    add(w, class_, "2");
}

static size_t written(struct world *w)
{
    size_t n;
    objects(w, &n);
    return n;
}

/* ---- virtual clock --------------------------------------------------------------------------------------------- */

static void backoff(void **state)
{
    (void)state;
    for (unsigned failures = 1; failures < 100; failures++)
        for (uint64_t random = 0; random < 1000; random++) {
            int64_t pause = fl_output_backoff(failures, random * UINT64_C(0x9e3779b97f4a7c15));
            int64_t base = failures < 7 ? (FL_SECOND / 2) << (failures - 1) : 24 * FL_SECOND;
            base = base > 24 * FL_SECOND ? 24 * FL_SECOND : base;
            assert_in_range(pause, base, base + base / 4);
            assert_in_range(pause, FL_SECOND / 2, 30 * FL_SECOND);
        }
    /* Jitter there is. */
    assert_int_not_equal(fl_output_backoff(5, 12345678901), fl_output_backoff(5, 98765432109));
}

static void retries_until_taken(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS(SMALL));
    SCRIPT(&w, FL_RETRY, FL_RETRY, FL_RETRY);
    add_object(&w, 0);
    assert_int_equal(written(&w), 0);
    assert_int_equal(logged(&w, "cannot write, will try again"), 1);
    int64_t before = 0, since = w.rt.virtual_time.mono;
    assert_int_equal(fl_output_age(w.rt.route[0].output), 0);
    for (int i = 0; i < 3; i++) {
        int64_t due = fl_output_step(w.rt.route[0].output), pause = due - w.rt.virtual_time.mono;
        assert_in_range(pause, FL_SECOND / 2, 3 * FL_SECOND);
        assert_true(pause > before);
        before = pause;
        pass(&w, pause - 1);
        assert_int_equal(fl_output_step(w.rt.route[0].output), due);
        assert_int_equal(written(&w), 0);
        pass(&w, 1);
        assert_int_equal(fl_output_age(w.rt.route[0].output), w.rt.virtual_time.mono - since);
        fl_output_step(w.rt.route[0].output);
    }
    assert_int_equal(written(&w), 1);
    pass(&w, FL_SECOND);
    assert_int_equal(fl_output_age(w.rt.route[0].output), 0);
    assert_int_equal(fl_output_step(w.rt.route[0].output), INT64_MAX);
    assert_int_equal(counter(&w, FL_C_write_retries), 3);
    /* one line when it begins, one when it is over */
    assert_int_equal(logged(&w, "cannot write, will try again"), 1);
    assert_int_equal(logged(&w, "scripted failure 1"), 1);
    assert_int_equal(logged(&w, "writing works again after_failures=3"), 1);
    assert_books(&w);
    world_close(&w);
}

/* While the sink fails, one object is tried at a time, each in turn; then all of them are written at once, in order. */
static void one_success_frees_all(void **state)
{
    (void)state;
    struct world w;
    size_t n;
    world_open(&w, &fl_sink_memory, SETS(SMALL));
    SCRIPT(&w, FL_RETRY, FL_RETRY, FL_RETRY, FL_RETRY);
    for (int i = 0; i < 6; i++)
        add_object(&w, i & 1);
    assert_int_equal(counter(&w, FL_C_write_retries), 1);
    for (int64_t pause = FL_SECOND / 2; written(&w) < 6; pause *= 2) {
        int64_t due = fl_output_step(w.rt.route[0].output);
        if (written(&w) == 6)
            break;
        assert_int_equal(written(&w), 0);
        /* It is the sink that fails: pauses grow with its failures, though each object has failed once only. */
        assert_in_range(due - w.rt.virtual_time.mono, pause, pause + pause / 4);
        pass(&w, due - w.rt.virtual_time.mono);
    }
    const struct fl_object *o = objects(&w, &n);
    assert_string_equal(o[0].key, "logs/internal/20261123T085502Z/00000002"); /* the fifth: four had failed */
    assert_int_equal(counter(&w, FL_C_write_retries), 4);
    assert_int_equal(fl_output_waiting(w.rt.route[0].output, 0), 0);
    assert_int_equal(fl_output_waiting(w.rt.route[0].output, 1), 0);
    assert_books(&w);
    world_close(&w);
}

/* What is refused or denied is tried again like the rest: nothing is dropped, and it holds up nothing. */
static void refused(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS(SMALL));
    SCRIPT(&w, FL_REFUSED, FL_WRITTEN, FL_DENIED);
    add_object(&w, 0);
    add_object(&w, 0);
    for (int i = 0; i < 3; i++) {
        pass(&w, 60 * FL_SECOND);
        fl_output_step(w.rt.route[0].output);
    }
    assert_int_equal(written(&w), 2);
    assert_int_equal(counter(&w, FL_C_undelivered), 0);
    assert_int_equal(counter(&w, FL_C_written), 4);
    assert_books(&w);
    assert_int_equal(fl_output_stop(w.rt.route[0].output, w.rt.virtual_time.mono), 0);
    world_close(&w);
}

/* With a folder for them they go there, answer and all, and are counted; a full folder is none. */
static void refused_is_kept(void **state)
{
    (void)state;
    struct world w;
    char dir[] = "/tmp/fl_refused_XXXXXX", set[100], command[200];
    assert_non_null(mkdtemp(dir));
    snprintf(set, sizeof set, "pipeline.refused.directory=%s/r", dir);
    world_open(&w, &fl_sink_memory, SETS(SMALL, set, "pipeline.refused.max=400"));
    assert_null(fl_output_check(w.rt.route[0].output));
    SCRIPT(&w, FL_REFUSED, FL_WRITTEN, FL_REFUSED);
    for (int i = 0; i < 3; i++)
        add_object(&w, 0);
    assert_int_equal(written(&w), 1);
    assert_int_equal(counter(&w, FL_C_refused), 2);
    assert_int_equal(fl_output_waiting(w.rt.route[0].output, 0), 2);
    assert_int_equal(logged(&w, "ERROR object refused, kept in refused.directory bucket=bucket key=logs/internal/"), 1);
    assert_int_equal(logged(&w, "/r is full (pipeline.refused.max): see what is there and move it away"), 1);
    snprintf(command, sizeof command, "cd %s/r && test $(ls | wc -l) = 2 && printf '[1,2]\\n' | cmp - *.object && "
             "grep -qx 'key: logs/internal/20261123T085502Z/00000000' *.answer && grep -q '^answer: ' *.answer", dir);
    assert_int_equal(system(command), 0);
    pass(&w, 60 * FL_SECOND);
    fl_output_step(w.rt.route[0].output);
    assert_int_equal(written(&w), 2);
    assert_books(&w);
    world_close(&w);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
}

static void refused_directory_is_checked(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS(SMALL, "pipeline.refused.directory=/dev/null/r"));
    char *error = fl_output_check(w.rt.route[0].output);
    assert_non_null(error);
    assert_non_null(strstr(error, "cannot keep refused objects in /dev/null/r: Not a directory; make it"));
    free(error);
    world_close(&w);
}

/* A sink that denies one class and takes the others. */
static unsigned denials;

static enum fl_write_result deny_internal(void *sink, const struct fl_object *o, char *why, size_t why_size)
{
    (void)sink;
    snprintf(why, why_size, "403 AccessDenied");
    if (strcmp(o->class_, "internal") != 0)
        return FL_WRITTEN;
    denials++;
    return FL_DENIED;
}

static void *deny_open(struct fl_runtime *rt, const struct fl_options *options, char **error)
{
    (void)rt, (void)options, (void)error;
    denials = 0;
    return &denials;
}

static void deny_close(void *sink)
{
    (void)sink;
}

static const struct fl_sink_kind denying = {
    .name = "denying", .open = deny_open, .write = deny_internal, .close = deny_close};

/* A forbidden prefix holds up its own class only, which rests as a whole. */
static void one_class_is_denied(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &denying, SETS(SMALL));
    for (int i = 0; i < 20; i++)
        add_object(&w, i & 1);
    assert_int_equal(counter(&w, FL_C_written), 20); /* all others, without a pause */
    assert_int_equal(denials, 1);
    for (int i = 0; i < 10; i++) {
        int64_t due = fl_output_step(w.rt.route[0].output);
        assert_true(due > w.rt.virtual_time.mono && due < INT64_MAX);
        pass(&w, due - w.rt.virtual_time.mono);
    }
    assert_in_range(denials, 2, 11);
    assert_int_equal(fl_output_waiting(w.rt.route[0].output, 0), 20);
    assert_int_equal(counter(&w, FL_C_undelivered), 0);
    assert_int_equal(logged(&w, "WARN cannot write, will try again class=internal bucket=bucket key="), 1);
    world_close(&w);
}

/* After some tries, while others get through, it goes where refused objects are kept; not when nothing gets through. */
static void denied_for_good_is_kept(void **state)
{
    (void)state;
    for (int others = 0; others < 2; others++) {
        struct world w;
        char dir[] = "/tmp/fl_refused_XXXXXX", set[100], command[200];
        assert_non_null(mkdtemp(dir));
        snprintf(set, sizeof set, "pipeline.refused.directory=%s", dir);
        world_open(&w, &denying, SETS(SMALL, set));
        add_object(&w, 0);
        for (int i = 0; i < 20; i++) {
            pass(&w, 60 * FL_SECOND);
            if (others)
                add_object(&w, 1);
            fl_output_step(w.rt.route[0].output);
        }
        assert_int_equal(counter(&w, FL_C_refused), others ? 2 : 0);
        if (others)
            assert_int_equal(denials, 8);
        world_close(&w);
        snprintf(command, sizeof command, "rm -rf %s", dir);
        assert_int_equal(system(command), 0);
    }
}

/* Taken as written; said once. */
static void unproven(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS(SMALL));
    SCRIPT(&w, FL_UNPROVEN, FL_UNPROVEN, FL_WRITTEN);
    for (int i = 0; i < 3; i++)
        add_object(&w, 0);
    assert_int_equal(counter(&w, FL_C_written), 6);
    assert_int_equal(counter(&w, FL_C_unproven), 4);
    assert_int_equal(logged(&w, "WARN nothing proves that objects are stored, taken as written bucket=bucket "
                                "key=logs/internal/"), 1);
    assert_int_equal(fl_output_waiting(w.rt.route[0].output, 0), 0);
    assert_books(&w);
    world_close(&w);
}

/* Another process' object has the name: the next second's is taken, over midnight too. */
static void name_is_taken(void **state)
{
    (void)state;
    struct world w;
    size_t n;
    world_open(&w, &fl_sink_memory, SETS(SMALL));
    w.rt.virtual_time.wall = (INT64_C(1795424102) / 86400 * 86400 + 86398) * FL_SECOND;
    SCRIPT(&w, FL_EXISTS, FL_EXISTS);
    add_object(&w, 0);
    add_object(&w, 0);
    const struct fl_object *o = objects(&w, &n);
    assert_int_equal(n, 2);
    assert_string_equal(o[0].key, "logs/internal/20261124T000000Z/00000000");
    assert_string_equal(o[1].key, "logs/internal/20261123T235958Z/00000001");
    assert_books(&w);
    world_close(&w);
}

/* Decision 11 */
static void drop_oldest(void **state)
{
    (void)state;
    struct world w;
    size_t n;
    enum fl_write_result fail[50];
    world_open(&w, &fl_sink_memory, SETS(SMALL, "pipeline.store.buffered.max_flow_array_size=6",
                                         "pipeline.store.buffered.policy=drop_oldest"));
    for (size_t i = 0; i < 50; i++)
        fail[i] = FL_RETRY;
    script(&w, 50, fail);
    add_object(&w, 1);
    for (int i = 0; i < 5; i++)
        add_object(&w, 0);
    assert_int_equal(counter(&w, FL_C_overflow), 4);
    assert_int_equal(fl_output_waiting(w.rt.route[0].output, 0), 6);
    assert_int_equal(fl_output_waiting(w.rt.route[0].output, 1), 2);
    assert_true(logged(&w, "too many records wait, dropping the oldest class=internal") >= 1);
    script(&w, 0, fail);
    pass(&w, 60 * FL_SECOND);
    fl_output_step(w.rt.route[0].output);
    const struct fl_object *o = objects(&w, &n);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++)
        assert_string_not_equal(o[i].key, "logs/internal/20261123T085502Z/00000000");
    assert_books(&w);
    world_close(&w);
}

/* At the end there is one more try without a pause; what is left is counted. */
static void stop_without_threads(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS(SMALL));
    SCRIPT(&w, FL_RETRY, FL_WRITTEN, FL_RETRY);
    add_object(&w, 0);
    add_object(&w, 0);
    assert_int_equal(written(&w), 0);
    assert_int_equal(fl_output_stop(w.rt.route[0].output, w.rt.virtual_time.mono), 2);
    assert_int_equal(written(&w), 1);
    assert_int_equal(counter(&w, FL_C_undelivered), 2);
    assert_int_equal(logged(&w, "ERROR stopped before everything was written objects=1 records=2"), 1);
    assert_books(&w);
    world_close(&w);
}

/* More open objects than compressors: they take turns, and each comes out whole. */
static void more_objects_than_compressors(void **state)
{
    (void)state;
    enum { PARTITIONS = 60, RECORDS = 1500, LENGTH = 300 };
    struct world w;
    char record[LENGTH + 1], path[16];
    size_t n, size = RECORDS * (LENGTH + 1) + 2;
    world_open(&w, &fl_sink_memory, SETS("pipeline.store.buffered.max_open_partitions=100"));
    for (int i = 0; i < RECORDS; i++)
        for (int p = 0; p < PARTITIONS; p++) {
            snprintf(record, sizeof record, "\"%0*d\"", LENGTH - 2, i * PARTITIONS + p);
            snprintf(path, sizeof path, "p=%02d", p);
            add_to(&w, 0, record, path);
        }
    fl_store_seal_all(w.rt.route[0].store, w.rt.virtual_time);
    const struct fl_object *o = objects(&w, &n);
    assert_int_equal(n, PARTITIONS);
    char *text = malloc(size + 1);
    assert_non_null(text);
    for (int p = 0; p < PARTITIONS; p++) {
        snprintf(path, sizeof path, "/p=%02d/", p);
        assert_non_null(strstr(o[p].key, path));
        assert_int_equal(gunzip(o[p].data, o[p].size, text, size), size);
        for (int i = 0; i < RECORDS; i++) {
            snprintf(record, sizeof record, "\"%0*d\"", LENGTH - 2, i * PARTITIONS + p);
            assert_memory_equal(text + 1 + i * (LENGTH + 1), record, LENGTH);
        }
    }
    free(text);
    world_close(&w);
}

/* ---- threads ---------------------------------------------------------------------------------------------------- */

/* A sink with a gate: writes wait while it is shut; an interrupt lets them go with FL_RETRY. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool shut, interrupted;
    unsigned waiting, done, most;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

static void *gate_open(struct fl_runtime *rt, const struct fl_options *options, char **error)
{
    (void)options;
    (void)rt;
    (void)error;
    gate.shut = gate.interrupted = false;
    gate.waiting = gate.done = gate.most = 0;
    return &gate;
}

static enum fl_write_result gate_write(void *sink, const struct fl_object *o, char *why, size_t why_size)
{
    (void)sink;
    pthread_mutex_lock(&gate.lock);
    gate.waiting++;
    gate.most = gate.waiting > gate.most ? gate.waiting : gate.most;
    pthread_cond_broadcast(&gate.change);
    while (gate.shut && !gate.interrupted)
        pthread_cond_wait(&gate.change, &gate.lock);
    gate.waiting--;
    bool ok = !gate.interrupted;
    if (ok)
        gate.done++;
    pthread_mutex_unlock(&gate.lock);
    snprintf(why, why_size, "interrupted at %s", o->key);
    return ok ? FL_WRITTEN : FL_RETRY;
}

static void gate_set(bool shut)
{
    pthread_mutex_lock(&gate.lock);
    gate.shut = shut;
    pthread_cond_broadcast(&gate.change);
    pthread_mutex_unlock(&gate.lock);
}

static void gate_await(unsigned waiting)
{
    pthread_mutex_lock(&gate.lock);
    while (gate.waiting < waiting)
        pthread_cond_wait(&gate.change, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

static void gate_interrupt(void *sink)
{
    (void)sink;
    pthread_mutex_lock(&gate.lock);
    gate.interrupted = true;
    pthread_cond_broadcast(&gate.change);
    pthread_mutex_unlock(&gate.lock);
}

static void gate_close(void *sink)
{
    (void)sink;
}

static unsigned gate_uploads(void *sink)
{
    (void)sink;
    return 3;
}

static const struct fl_sink_kind gate_sink = {
    .name = "gate", .open = gate_open, .write = gate_write, .close = gate_close, .interrupt = gate_interrupt,
    .uploads = gate_uploads};

static void start(struct world *w, const char **sets)
{
    world_open(w, &gate_sink, sets);
    w->rt.clock = world_real;
    fl_output_start(w->rt.route[0].output);
}

static int64_t in(struct world *w, int64_t ns)
{
    return w->rt.clock(&w->rt).mono + ns;
}

static void uploads_at_the_same_time(void **state)
{
    (void)state;
    struct world w;
    start(&w, SETS(SMALL));
    gate_set(true);
    for (int i = 0; i < 8; i++)
        add_object(&w, 0);
    gate_await(3);
    gate_set(false);
    assert_int_equal(fl_output_stop(w.rt.route[0].output, in(&w, 20 * FL_SECOND)), 0);
    assert_int_equal(gate.most, 3);
    assert_int_equal(gate.done, 8);
    assert_int_equal(counter(&w, FL_C_written), 16);
    assert_books(&w);
    world_close(&w);
}

static void *open_later(void *arg)
{
    (void)arg;
    usleep(100000);
    gate_set(false);
    return NULL;
}

/* S11, decision 11: the store holds up whoever feeds it, and loses nothing. */
static void full_blocks(void **state)
{
    (void)state;
    struct world w;
    pthread_t t;
    start(&w, SETS(SMALL, "pipeline.store.buffered.max_flow_array_size=10"));
    gate_set(true);
    for (int i = 0; i < 5; i++)
        add_object(&w, 0);
    add_object(&w, 1); /* another class has a limit of its own */
    gate_await(3);
    int64_t before = w.rt.clock(&w.rt).mono;
    assert_int_equal(pthread_create(&t, NULL, open_later, NULL), 0);
    add_object(&w, 0);
    assert_true(w.rt.clock(&w.rt).mono - before >= 90 * 1000000);
    pthread_join(t, NULL);
    assert_int_equal(fl_output_stop(w.rt.route[0].output, in(&w, 20 * FL_SECOND)), 0);
    assert_int_equal(logged(&w, "output is full, input waits class=internal waiting=10 limit=10"), 1);
    assert_int_equal(counter(&w, FL_C_written), 14);
    assert_books(&w);
    world_close(&w);
}

static void *hurry_later(void *arg)
{
    struct world *w = arg;
    usleep(100000);
    fl_output_hurry(w->rt.route[0].output);
    return NULL;
}

/* Stopping with a sink that hangs: the worker gets free, the deadline holds, the rest is counted. */
static void stop_by_deadline(void **state)
{
    (void)state;
    struct world w;
    pthread_t t;
    start(&w, SETS(SMALL, "pipeline.store.buffered.max_flow_array_size=4"));
    gate_set(true);
    add_object(&w, 0);
    add_object(&w, 0);
    assert_int_equal(pthread_create(&t, NULL, hurry_later, &w), 0);
    add_object(&w, 0); /* waits until hurry */
    add(&w, 0, "5");
    fl_store_seal_all(w.rt.route[0].store, w.rt.clock(&w.rt));
    pthread_join(t, NULL);
    int64_t before = w.rt.clock(&w.rt).mono;
    assert_int_equal(fl_output_stop(w.rt.route[0].output, in(&w, FL_SECOND / 5)), 7);
    int64_t took = w.rt.clock(&w.rt).mono - before;
    assert_in_range(took, FL_SECOND / 5, 3 * FL_SECOND);
    assert_int_equal(counter(&w, FL_C_undelivered), 7);
    assert_int_equal(logged(&w, "stopped before everything was written objects=4 records=7"), 1);
    assert_books(&w);
    world_close(&w);
}

/* A failing sink that gets well while the process stops: everything still goes out before the deadline. */
static void stop_retries(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, &fl_sink_memory, SETS(SMALL));
    w.rt.clock = world_real;
    SCRIPT(&w, FL_RETRY, FL_RETRY, FL_RETRY);
    fl_output_start(w.rt.route[0].output);
    add_object(&w, 0);
    add_object(&w, 1);
    assert_int_equal(fl_output_stop(w.rt.route[0].output, in(&w, 20 * FL_SECOND)), 0);
    assert_int_equal(counter(&w, FL_C_written), 4);
    assert_books(&w);
    world_close(&w);
}

/* Full speed through all threads: every byte arrives, and twice the same objects. */
static void threads_give_the_same(void **state)
{
    (void)state;
    struct world w[2];
    const struct fl_object *o[2];
    size_t n[2];
    for (int i = 0; i < 2; i++) {
        world_open(&w[i], &fl_sink_memory, SETS("pipeline.store.buffered.max_flows_per_object=1000"));
        fl_output_start(w[i].rt.route[0].output);
        char record[200];
        for (int k = 0; k < 50000; k++) {
            snprintf(record, sizeof record, "{\"n\":%d,\"text\":\"%0150d\"}", k, k * 7919);
            add(&w[i], k % 3 == 0, record);
        }
        fl_store_seal_all(w[i].rt.route[0].store, w[i].rt.clock(&w[i].rt));
        assert_int_equal(fl_output_stop(w[i].rt.route[0].output, in(&w[i], 60 * FL_SECOND)), 0);
        assert_books(&w[i]);
        o[i] = objects(&w[i], &n[i]);
    }
    assert_int_equal(n[0], 51);
    assert_int_equal(n[1], n[0]);
    for (size_t i = 0; i < n[0]; i++) {
        assert_string_equal(o[0][i].key, o[1][i].key);
        assert_int_equal(o[0][i].size, o[1][i].size);
        assert_memory_equal(o[0][i].data, o[1][i].data, o[0][i].size);
    }
    world_close(&w[1]);
    world_close(&w[0]);
}

/* Pieces of an open object wait for each other; a sealed one never waits for more, however many went before it. */
static void sealed_behind_pieces_of_another(void **state)
{
    (void)state;
    char record[1000];
    memset(record, '7', sizeof record - 1);
    record[sizeof record - 1] = 0;
    for (int pieces = 0; pieces < 6; pieces++) {
        struct world w;
        start(&w, SETS("pipeline.store.buffered.max_flows_per_object=1000", "pipeline.compress.type=none"));
        gate_set(true);
        for (int i = 0; i < pieces * 133; i++)
            add(&w, 0, record);
        for (int i = 0; i < 1000; i++)
            add(&w, 1, "1");
        gate_await(1);
        gate_set(false);
        fl_store_seal_all(w.rt.route[0].store, w.rt.clock(&w.rt));
        assert_int_equal(fl_output_stop(w.rt.route[0].output, in(&w, 20 * FL_SECOND)), 0);
        assert_int_equal(gate.done, pieces ? 2 : 1);
        assert_int_equal(counter(&w, FL_C_written), 1000 + pieces * 133);
        assert_books(&w);
        world_close(&w);
    }
}

static void unknown_sink(void **state)
{
    (void)state;
    struct world w;
    char *error = NULL;
    world_config(&w, SETS("pipeline.write.type=stdout"));
    w.rt.route[0].output = fl_output_new(&w.rt, 0, &error);
    assert_non_null(w.rt.route[0].output);
    assert_null(error);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(backoff), cmocka_unit_test(retries_until_taken), cmocka_unit_test(one_success_frees_all),
        cmocka_unit_test(refused), cmocka_unit_test(refused_is_kept),
        cmocka_unit_test(refused_directory_is_checked), cmocka_unit_test(one_class_is_denied),
        cmocka_unit_test(denied_for_good_is_kept), cmocka_unit_test(unproven), cmocka_unit_test(name_is_taken), cmocka_unit_test(drop_oldest),
        cmocka_unit_test(stop_without_threads), cmocka_unit_test(more_objects_than_compressors),
        cmocka_unit_test(uploads_at_the_same_time), cmocka_unit_test(full_blocks), cmocka_unit_test(stop_by_deadline),
        cmocka_unit_test(stop_retries), cmocka_unit_test(threads_give_the_same),
        cmocka_unit_test(sealed_behind_pieces_of_another), cmocka_unit_test(unknown_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
