/*
 * testrun.c - runs the `test` blocks of a .flow file: the pipeline as it is, with a virtual clock, the .flow's own
 * defaults, lookups answered by the test, and objects kept in memory. `flowc test` calls fl_run_tests.
 *
 * Every test starts from nothing: empty tables, no open objects, 2026-01-01T00:00:00Z. What a test asks about is the
 * last record that was given, or, after `at`, the last one that a timer emitted; its memory stays until the next
 * `given`.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/memory.h"
#include "program/program.h"

#include <fnmatch.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "config/config.h"
#include "core/runtime.h"
#include "delivery/output.h"
#include "delivery/records.h"
#include "program/registry.h"
#include "sinks/memory/memory.h"
#include "intake/queue.h"
#include "lookups/lookups.h"
#include "run/load.h"
#include "run/worker.h"
#include "store/store.h"
#include "tables/fills.h"

#define START_WALL (INT64_C(1767225600) * FL_SECOND) /* 2026-01-01T00:00:00Z */
#define START_MONO (1000 * FL_SECOND)
#define DUMP (JSON_ENCODE_ANY | JSON_COMPACT)

struct testrun {
    struct fl_runtime rt;
    struct fl_worker *w;
    const struct fl_test *test;
    unsigned number;
    bool failing;               /* the test has failed and said so */
    unsigned passed, failed;
    const struct fl_rec *last;  /* what expectations are about; NULL: there is none */
    const struct fl_rec *made;  /* the last one that was emitted for it, or NULL */
    const char *nothing;        /* why not */
    char why[512];
    struct fl_buf given;        /* what was given last */
    struct fl_buf text;         /* for whatever is printed or compared */
};

/* Count the test as failed and say why, with the step's place and text. */
static void __attribute__((format(printf, 3, 4))) fail(struct testrun *t, const struct fl_test_step *step, const char *fmt, ...)
{
    if (!t->failing)
        printf("not ok %u - %s\n", t->number, t->test->title);
    t->failing = true;
    va_list ap;
    printf("# %s:%u: %s\n#   ", t->test->file, step->line, step->source);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
}

/* ---- a fresh world for each test ------------------------------------------------------------------------------- */

static struct fl_time virtual_clock(struct fl_runtime *rt)
{
    return rt->virtual_time;
}

static void tear_down(struct testrun *t)
{
    for (uint32_t i = 0; i < t->rt.pipeline->noutputs; i++) {
        fl_records_free(t->rt.route[i].records);
        fl_store_free(t->rt.route[i].store);
        fl_output_free(t->rt.route[i].output);
        t->rt.route[i] = (struct fl_route){0};
    }
    fl_lookups_free(t->rt.lookups);
    t->rt.lookups = NULL;
}

/* Store, output and lookups as new; an error text to be freed, or NULL. */
static char *build(struct testrun *t)
{
    char *error = NULL;
    t->rt.virtual_time = (struct fl_time){START_WALL, START_MONO};
    t->rt.lookups = fl_lookups_new(&t->rt, NULL, &error);
    if (!t->rt.lookups)
        return error;
    for (uint32_t i = 0; i < t->rt.pipeline->noutputs && !error; i++) {
        struct fl_route *r = &t->rt.route[i];
        if (fl_records_wanted(&t->rt, i)) {
            r->records = fl_records_new(&t->rt, i, &error);
            continue;
        }
        r->output = fl_output_new_with(&t->rt, i, &fl_sink_memory, &error);
        r->store = r->output ? fl_store_new(&t->rt, i, &error) : NULL;
    }
    return error;
}

/* What one test leaves isn't there for the next: tables and series are the worker's. */
static void forget(struct testrun *t)
{
    if (t->w)
        fl_worker_release(t->w);
    fl_worker_free(t->w);
    t->w = NULL;
    fl_ledger_clear(&t->rt.ledger);
    tear_down(t);
    fl_config_free(t->rt.config);
    t->rt.config = NULL;
}

/* With the params as the test has them; `v` is the variant, if the file has any. */
static char *set_up(struct testrun *t, const struct fl_variant *v, uint64_t *reached)
{
    char *error = NULL;
    t->last = t->made = NULL;
    t->nothing = "no record has been given yet";
    t->rt.config = fl_config_of_test(t->rt.pipeline, v, t->test->params, &error);
    if (!t->rt.config || (error = build(t)) != NULL)
        return error;
    t->w = fl_worker_new(&t->rt, &error);
    if (!t->w)
        return error;
    t->w->hold = true;
    t->w->cx.reached = reached;
    return NULL;
}

/* ---- steps that do something ----------------------------------------------------------------------------------- */

static void given(struct testrun *t, const struct fl_test_step *step)
{
    struct fl_worker *w = t->w;
    fl_worker_release(w); /* its records point into the text */
    t->given.n = 0;
    fl_buf_puts(&t->given, step->text);
    struct fl_message m = {.stream = true, .last = true, .data = t->given.p, .n = t->given.n, .cap = t->given.n};
    fl_worker_message(w, &m);
    t->last = t->made = NULL;
    t->nothing = "what was given holds no record";
    if (w->in.last_rejected) {
        snprintf(t->why, sizeof t->why, "what was given was rejected: %.300s", w->in.why);
        t->nothing = t->why;
    } else if (w->in.last_malformed) {
        snprintf(t->why, sizeof t->why, "the record is malformed: %.100s: %.200s", w->in.last_bad.field,
                 w->in.last_bad.what);
        t->nothing = t->why;
    } else {
        const struct fl_load *l = &w->taker->load;
        for (uint32_t i = l->n ? l->batch[l->n - 1].n : 0; i-- > 0 && !t->last;)
            if (!l->batch[l->n - 1].rec[i]->emitted)
                t->last = l->batch[l->n - 1].rec[i];
            else if (!t->made)
                t->made = l->batch[l->n - 1].rec[i];
    }
}

static void answer(struct testrun *t, const struct fl_test_step *step)
{
    struct fl_buf key = {0};
    step->key(&t->w->cx, &key);
    memset(fl_buf_room(&key, 0), 0, FL_PAD);
    char *error = fl_lookups_preset(t->rt.lookups, (uint32_t)step->number, (fl_str){key.p, (uint32_t)key.n, FL_PLAIN},
                                    step->text);
    if (error)
        fail(t, step, "%s", error);
    free(error);
    fl_buf_free(&key);
}

static void fill_table(struct testrun *t, const struct fl_test_step *step)
{
    t->w->cx.now = t->rt.virtual_time.wall;
    char *error = fl_fill_preset(&t->rt.pipeline->fills[step->number], &t->w->cx, step->text);
    if (error)
        fail(t, step, "%s", error);
    free(error);
}

static void move_clock(struct testrun *t, const struct fl_test_step *step)
{
    struct fl_time *now = &t->rt.virtual_time;
    int64_t target = START_MONO + step->number;
    if (target < now->mono) {
        fail(t, step, "the clock can't go back, it stands at %.3fs", (double)(now->mono - START_MONO) / 1e9);
        return;
    }
    uint32_t before = t->w->ticked.n;
    for (;;) {
        int64_t next = fl_worker_timers(t->w);
        if (now->mono == target)
            break;
        if (next <= now->mono)
            next = now->mono + FL_SECOND;
        if (next > target)
            next = target;
        now->wall += next - now->mono;
        now->mono = next;
    }
    t->w->cx.now = now->wall;
    if (t->w->ticked.n > before) {
        t->last = t->w->ticked.rec[t->w->ticked.n - 1];
        t->made = NULL;
    }
}

/* ---- steps that expect something ------------------------------------------------------------------------------- */

/* The live record to be asked about: the last one, or, when it was dropped, what was emitted for it. NULL: said that there is none. */
static const struct fl_rec *have_record(struct testrun *t, const struct fl_test_step *step)
{
    if (t->last && t->last->state != FL_LIVE && t->made && t->made->state == FL_LIVE)
        return t->made;
    if (!t->last)
        fail(t, step, "%s", t->nothing);
    else if (t->last->state == FL_DROPPED)
        fail(t, step, "the record was dropped: %s", t->rt.pipeline->reasons[t->last->reason]);
    return t->last && t->last->state == FL_LIVE ? t->last : NULL;
}

static void expect(struct testrun *t, const struct fl_test_step *step)
{
    const struct fl_rec *r = have_record(t, step);
    if (!r)
        return;
    enum fl_truth truth = step->expect(&t->w->cx, r);
    if (truth == FL_YES)
        return;
    fail(t, step, truth == FL_NULL ? "it is null" : "it is false");
    for (uint32_t i = 0; step->names && step->show && step->names[i]; i++) {
        t->text.n = 0;
        step->show(&t->w->cx, r, i, &t->text);
        printf("#     %s = %.*s\n", step->names[i], (int)t->text.n, t->text.n ? t->text.p : "");
    }
}

static void expect_dropped(struct testrun *t, const struct fl_test_step *step)
{
    const char *const *reasons = t->rt.pipeline->reasons;
    if (!t->last)
        fail(t, step, "%s", t->nothing);
    else if (t->last->state != FL_DROPPED)
        fail(t, step, "the record was not dropped; its class is %s", t->rt.pipeline->classes[t->last->class_]);
    else if (t->last->reason != step->number && !(t->made && t->made->state == FL_DROPPED && t->made->reason == step->number))
        fail(t, step, "the record was dropped: %s, not %s", reasons[t->last->reason], reasons[step->number]);
}

/* One that matches. Of several outputs the key is `NAME:` and the object's. */
static void matching(struct testrun *t, const struct fl_test_step *step, const struct fl_object *o, const char *key)
{
    const char *encoding = o->content_encoding ? o->content_encoding : "";
    struct fl_test_object seen = {
        .key = {key, (uint32_t)strlen(key), FL_PLAIN},
        .content_type = {o->content_type, (uint32_t)strlen(o->content_type), FL_PLAIN},
        .content_encoding = {encoding, (uint32_t)strlen(encoding), FL_PLAIN},
        .class_ = {o->class_, (uint32_t)strlen(o->class_), FL_PLAIN},
        .count = (int64_t)o->num_records,
        .bytes = (int64_t)o->size,
    };
    enum fl_truth truth = step->object ? step->object(&t->w->cx, &seen) : FL_YES;
    if (truth != FL_YES)
        fail(t, step, "it is %s for %s (class %s, count %lld, bytes %lld)", truth == FL_NULL ? "null" : "false", key, o->class_,
             (long long)seen.count, (long long)seen.bytes);
}

/* The name under which tests know an object; padded, as what generated code compares. */
static char *test_key(const struct testrun *t, uint32_t output, const struct fl_object *o)
{
    const struct fl_pipeline *p = t->rt.pipeline;
    bool several = p->noutputs > 1;
    struct fl_buf b = {0};
    fl_buf_printf(&b, "%s%s%s", several ? p->outputs[output].name : "", several ? ":" : "", o->key);
    memset(fl_buf_room(&b, 0), 0, FL_PAD);
    return b.p;
}

static void expect_object(struct testrun *t, const struct fl_test_step *step)
{
    size_t all = 0, matched = 0;
    struct fl_buf others = {0};
    for (uint32_t i = 0; i < t->rt.pipeline->noutputs; i++) {
        const struct fl_route *r = &t->rt.route[i];
        size_t n;
        if (r->records)
            continue;
        fl_store_seal_all(r->store, t->rt.virtual_time);
        while (fl_output_step(r->output) <= t->rt.virtual_time.mono)
            ;
        const struct fl_object *objects = fl_memory_objects(fl_output_sink(r->output), &n);
        all += n;
        for (size_t k = 0; k < n; k++) {
            char *key = test_key(t, i, &objects[k]);
            if (fnmatch(step->text, key, 0) == 0) {
                matched++;
                matching(t, step, &objects[k], key);
            } else {
                fl_buf_printf(&others, "#     %s (count %llu)\n", key, (unsigned long long)objects[k].num_records);
            }
            free(key);
        }
    }
    if (!matched) {
        fail(t, step, "no object's key matches; there %s %zu", all == 1 ? "is" : "are", all);
        printf("%.*s", (int)others.n, others.n ? others.p : "");
    }
    fl_buf_free(&others);
}

/* ---- `expect record.Context == {...}`: a part of the encoded record against JSON ---------------------------------- */

/* One part of a path such as `record.List[0].Name`, `.` and `[` included; moves *path behind it. */
static json_t *follow(json_t *at, const char **path)
{
    const char *p = *path;
    if (*p == '[') {
        char *end;
        unsigned long i = strtoul(p + 1, &end, 10);
        *path = *end == ']' ? end + 1 : end;
        return json_array_get(at, i);
    }
    if (*p == '.')
        p++;
    size_t n = strcspn(p, ".[");
    *path = p + n;
    return json_object_getn(at, p, n);
}

static void differs(struct testrun *t, const struct fl_test_step *step, json_t *want, json_t *got)
{
    char *w = json_dumps(want, DUMP), *g = json_dumps(got, DUMP);
    fail(t, step, "expected %s\n#   found    %s", w ? w : "?", g ? g : "?");
    free(w);
    free(g);
}

static void expect_json(struct testrun *t, const struct fl_test_step *step)
{
    const struct fl_rec *r = have_record(t, step);
    json_error_t e;
    if (!r)
        return;
    t->text.n = 0;
    t->rt.pipeline->outputs[0].json(&t->w->cx, r, &t->text);
    json_t *record = json_loadb(t->text.p, t->text.n, JSON_DECODE_ANY, &e);
    if (!record) {
        fail(t, step, "the encoded record is no JSON, which is an error of flowc: %s: %.*s", e.text,
                     (int)t->text.n, t->text.p);
        return;
    }
    json_t *want = json_loads(step->text, JSON_DECODE_ANY, &e);
    const char *path = step->path ? step->path : "record";
    if (strncmp(path, "record", 6) == 0 && (path[6] == 0 || path[6] == '.' || path[6] == '['))
        path += 6;
    json_t *got = record;
    while (got && *path)
        got = follow(got, &path);
    if (!want)
        fail(t, step, "what is expected is no JSON: %s (column %d)", e.text, e.column);
    else if (!got)
        fail(t, step, "it isn't there; the record is %.*s", (int)t->text.n, t->text.p);
    else if (!json_equal(want, got))
        differs(t, step, want, got);
    json_decref(want);
    json_decref(record);
}

/* ---- running --------------------------------------------------------------------------------------------------- */

static void run_step(struct testrun *t, const struct fl_test_step *step)
{
    switch (step->kind) {
    case FL_STEP_GIVEN:
        given(t, step);
        break;
    case FL_STEP_LOOKUP:
        answer(t, step);
        break;
    case FL_STEP_TABLE:
        fill_table(t, step);
        break;
    case FL_STEP_AT:
        move_clock(t, step);
        break;
    case FL_STEP_EXPECT:
        expect(t, step);
        break;
    case FL_STEP_EXPECT_JSON:
        expect_json(t, step);
        break;
    case FL_STEP_EXPECT_DROPPED:
        expect_dropped(t, step);
        break;
    case FL_STEP_EXPECT_OBJECT:
        expect_object(t, step);
        break;
    }
}

static bool run_pipeline(struct testrun *t, const struct fl_variant *v, uint64_t *reached)
{
    const struct fl_pipeline *p = t->rt.pipeline;
    for (uint32_t i = 0; i < p->ntests; i++) {
        t->test = &p->tests[i];
        char *error = set_up(t, v, reached);
        if (error) {
            fprintf(stderr, "%s:%u: %s\n", t->test->file, t->test->line, error);
            free(error);
            forget(t);
            return false;
        }
        t->number++;
        t->failing = false;
        for (uint32_t k = 0; k < t->test->nsteps; k++)
            run_step(t, &t->test->steps[k]);
        if (t->failing) {
            t->failed++;
        } else {
            t->passed++;
            printf("ok %u - %s\n", t->number, t->test->title);
        }
        forget(t);
    }
    return true;
}

/* The tests of a pipeline, or of a variant of one; *reached gets how often each place was. */
static bool run_one(struct testrun *t, const struct fl_pipeline *p, const struct fl_variant *v, uint64_t **reached)
{
    t->rt = (struct fl_runtime){.drivers = fl_drivers, .pipeline = p, .clock = virtual_clock, .input = "-"};
    fl_ledger_init(&t->rt.ledger, p);
    *reached = fl_new_array(uint64_t, p->nplaces + 1);
    bool ok = run_pipeline(t, v, *reached);
    fl_ledger_free(&t->rt.ledger);
    return ok;
}

static bool same_place(const struct fl_place *a, const struct fl_place *b)
{
    return a->line == b->line && !strcmp(a->file, b->file) && !strcmp(a->text, b->text);
}

/* What was reached in no variant that has it; each place once. */
static void print_not_reached(const struct fl_pipeline *const *p, uint64_t *const *reached, uint32_t n)
{
    for (uint32_t v = 0; v < n; v++)
        for (uint32_t i = 0; reached[v] && i < p[v]->nplaces; i++) {
            const struct fl_place *at = &p[v]->places[i];
            bool known = reached[v][i] != 0;
            for (uint32_t w = 0; w < n && !known; w++)
                for (uint32_t k = 0; reached[w] && k < p[w]->nplaces && !known; k++)
                    known = w != v && (w < v || reached[w][k]) && same_place(at, &p[w]->places[k]);
            if (!known)
                printf("not reached: %s:%u %s\n", at->file, at->line, at->text);
        }
}

int fl_run_tests(const struct fl_pipeline *p)
{
    static const struct fl_log_options quiet = {.backends = FL_LOG_STDERR,
                                                .level = {FL_ERROR, FL_ERROR, FL_ERROR, FL_ERROR}};
    struct testrun t = {.number = 0};
    if (p->magic != FL_MAGIC || p->abi != FL_ABI) {
        fprintf(stderr, "the tests were compiled for another runtime (ABI %u, this one has %d): run flowc again\n",
                p->abi, FL_ABI);
        return 1;
    }
    free(fl_log_configure(&quiet)); /* what is rejected is said with the expectation that fails */
    uint32_t n = p->nvariants ? p->nvariants : 1;
    const struct fl_pipeline **of = fl_new_array(const struct fl_pipeline *, n);
    uint64_t **reached = fl_new_array(uint64_t *, n);
    bool ok = true;
    for (uint32_t i = 0; i < n && ok; i++) {
        const struct fl_variant *v = p->nvariants ? &p->variants[i] : NULL;
        of[i] = v ? v->pipeline : p;
        ok = run_one(&t, of[i], v, &reached[i]);
    }
    if (ok) {
        print_not_reached(of, reached, n);
        printf("%u passed, %u failed\n", t.passed, t.failed);
    }
    for (uint32_t i = 0; i < n; i++)
        free(reached[i]);
    free(reached);
    free(of);
    fl_buf_free(&t.text);
    fl_buf_free(&t.given);
    fflush(stdout);
    return ok && !t.failed ? 0 : 1;
}
