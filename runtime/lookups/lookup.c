/*
 * lookup.c - what flows ask of the outside: cached answers, and waves of questions. See flowrt.h, section lookups.
 *
 * Generated code calls fl_lookup_get for each record; what isn't known is asked with fl_lookup_ask, the record is
 * put aside, and fl_lookup_wait sends all that was asked at once. Then the records run again, and may ask the next
 * question with what they learnt. What only turns out when tables are written record by record is asked outside
 * waves, and waited for at once. run/worker.c calls fl_lookups_batch_end between batches: only there entries leave the
 * cache, so that results stay valid, and so a hit reads no clock.
 *
 * Failures are never cached: an analyzer that restarts doesn't leave minutes of missing names behind. Inside the batch
 * they are null, or the waves would not end. A batch waits at most `timeout` for each lookup, all its waves together.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/memory.h"
#include "lookups/lookup.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/lookup.h"
#include "lookups/answer.h"
#include "lookups/lookups.h"

#define DEFAULT_TIMEOUT (5 * FL_SECOND)

enum mode {
    SILENT, /* every lookup is null */
    FROM_FILE,
    FROM_KINDS /* who the .flow names */
};

/* A kind that some of the lookups are answered by. */
struct asker {
    const struct fl_lookup_kind *kind;
    void *state;                      /* NULL: there is nobody to be asked */
    struct fl_question *first, **end; /* of the wave */
};

struct lookup {
    const struct fl_lookup *row;
    struct asker *asker;
    struct fl_cache cache;
    int64_t waited; /* ns in this batch, all waves */
    int64_t wave;   /* ns in this wave */
    bool missing_logged;
};

struct ask {
    struct fl_question query; /* first: the kind hands it back */
    struct lookup *lookup;
    struct fl_entry *entry;
};

#define MAGIC FL_MARK('l', 'o', 'o', 'k')

struct fl_lookups {
    uint32_t magic;
    struct fl_runtime *rt;
    enum mode mode;
    bool presets;   /* tests: what has none is null */
    bool begun;     /* the batch has looked something up */
    uint64_t batch;
    uint64_t hits;  /* not yet in the ledger */
    uint32_t n;
    struct lookup *lookup;
    json_t *file;   /* {query: answer} */
    struct asker *asker; /* as many as there are lookups, at most */
    uint32_t naskers;
    struct fl_arena wave; /* asks and their queries */
    int64_t wave_began;
};

/* ---- start ------------------------------------------------------------------------------------------------ */

static char *open_file(struct fl_lookups *l, const char *path)
{
    json_error_t e;
    FILE *f = fopen(path, "r");
    if (!f)
        return fl_said("lookups: `%s`: %m; expected a JSON file {query: answer} or the http(s)://host:port of an analyzer",
                       path);
    l->file = json_loadf(f, JSON_ALLOW_NUL, &e);
    fclose(f);
    if (!l->file)
        return fl_said("lookups: %s:%d:%d: %s; expected JSON, {query: answer}", path, e.line, e.column, e.text);
    if (!json_is_object(l->file))
        return fl_said("lookups: %s: expected a JSON object {query: answer}, not a list", path);
    l->mode = FROM_FILE;
    return NULL;
}

static struct asker *asker_of(struct fl_lookups *l, const char *name)
{
    for (uint32_t i = 0; i < l->naskers; i++)
        if (strcmp(l->asker[i].kind->name, name) == 0)
            return &l->asker[i];
    struct asker *a = &l->asker[l->naskers++];
    a->kind = fl_driver(l->rt->drivers, FL_LOOKUP, name);
    if (!a->kind)
        fl_bug(__FILE__, __LINE__, "lookup from %s is not linked in", name);
    a->end = &a->first;
    return a;
}

/* Those of the lookups that the pipeline asks; `url` is asked by all of them. */
static char *open_kinds(struct fl_lookups *l, const char *url)
{
    char *error = NULL;
    for (uint32_t i = 0; i < l->naskers && !error; i++) {
        struct asker *a = &l->asker[i];
        struct fl_options o = {l->rt->config, "lookup", a->kind->name};
        a->state = a->kind->open(l->rt, &o, url, &error);
        if (a->state)
            l->mode = FROM_KINDS;
    }
    return error;
}

struct fl_lookups *fl_lookups_new(struct fl_runtime *rt, const char *file_or_url, char **error)
{
    struct fl_lookups *l = fl_new(struct fl_lookups);
    fl_mark(l, MAGIC);
    *error = NULL;
    l->rt = rt;
    l->batch = 1;
    fl_arena_init(&l->wave, 16 << 10);
    l->n = rt->pipeline->nlookups;
    l->lookup = fl_new_array(struct lookup, l->n + 1);
    l->asker = fl_new_array(struct asker, l->n + 1);
    for (uint32_t i = 0; i < l->n; i++) {
        l->lookup[i].row = &rt->pipeline->lookups[i];
        if (l->lookup[i].row->size > 0)
            l->lookup[i].asker = asker_of(l, l->lookup[i].row->from);
        fl_cache_init(&l->lookup[i].cache);
    }
    bool url = file_or_url && (strncmp(file_or_url, "http://", 7) == 0 || strncmp(file_or_url, "https://", 8) == 0);
    if (file_or_url && !url)
        *error = open_file(l, file_or_url);
    else if (url || !rt->input)
        *error = open_kinds(l, file_or_url);
    if (*error) {
        fl_lookups_free(l);
        return NULL;
    }
    return l;
}

void fl_lookups_free(struct fl_lookups *l)
{
    if (!l)
        return;
    FL_ALIVE(l, MAGIC);
    for (uint32_t i = 0; i < l->n; i++)
        fl_cache_free(&l->lookup[i].cache);
    for (uint32_t i = 0; i < l->naskers; i++)
        if (l->asker[i].state)
            l->asker[i].kind->close(l->asker[i].state);
    free(l->asker);
    json_decref(l->file);
    fl_arena_free(&l->wave);
    free(l->lookup);
    fl_unmark(l);
    free(l);
}

char *fl_lookups_preset(struct fl_lookups *l, uint32_t n, fl_str key, const char *json)
{
    FL_ALIVE(l, MAGIC);
    struct lookup *k = &l->lookup[n];
    void *result;
    char *error = fl_answer_preset(k->row, json, &result);
    if (error)
        return error;
    l->presets = true;
    struct fl_entry *e = fl_cache_find(&k->cache, key);
    if (e)
        fl_cache_drop(&k->cache, e);
    fl_cache_know(&k->cache, fl_cache_add(&k->cache, key, l->batch), result, INT64_MAX);
    return NULL;
}

void fl_lookups_until(struct fl_lookups *l, int64_t until)
{
    if (!l)
        return;
    FL_ALIVE(l, MAGIC);
    for (uint32_t i = 0; i < l->naskers; i++)
        if (l->asker[i].state)
            l->asker[i].kind->until(l->asker[i].state, until);
}

/* ---- batches -------------------------------------------------------------------------------------------------- */

static void trim(struct fl_lookups *l)
{
    int64_t now = l->rt->clock(l->rt).mono;
    for (uint32_t i = 0; i < l->n; i++) {
        struct lookup *k = &l->lookup[i];
        k->waited = 0;
        if (l->presets)
            fl_cache_trim(&k->cache, INT64_MIN, INT64_MAX);
        else
            fl_cache_trim(&k->cache, now, k->row->max);
    }
}

static struct fl_question *take_questions(struct asker *a)
{
    struct fl_question *first = a->first;
    a->first = NULL;
    a->end = &a->first;
    return first;
}

void fl_lookups_batch_end(struct fl_lookups *l)
{
    if (!l || !l->begun)
        return;
    trim(l);
    fl_arena_reset(&l->wave);
    for (uint32_t i = 0; i < l->naskers; i++)
        take_questions(&l->asker[i]);
    fl_count(&l->rt->ledger, FL_C_lookup_hits, l->hits);
    l->hits = 0;
    l->begun = false;
    l->batch++;
}

bool fl_lookups_silent(const struct fl_lookups *l)
{
    return !l || (l->mode == SILENT && !l->presets);
}

bool fl_lookup_get(struct fl_cx *cx, uint32_t lookup, fl_str key, const void **result)
{
    struct fl_lookups *l = cx->rt->lookups;
    *result = NULL;
    if (fl_lookups_silent(l))
        return true;
    if (!l->begun) {
        trim(l); /* a quiet time may have passed since the last batch */
        l->begun = true;
    }
    const struct fl_entry *e = fl_cache_find(&l->lookup[lookup].cache, key);
    if (!e || e->state == FL_ENTRY_ASKED)
        return l->presets;
    l->hits += e->batch != l->batch;
    *result = e->result;
    return true;
}

/* ---- waves ------------------------------------------------------------------------------------------------------ */

static void put_question(struct fl_lookups *l, struct lookup *k, fl_str key, fl_str query)
{
    int64_t timeout = k->row->timeout > 0 ? k->row->timeout : DEFAULT_TIMEOUT;
    struct ask *a = fl_arena_zero(&l->wave, sizeof *a);
    a->query.text = fl_arena_strndup(&l->wave, query.p, query.n);
    a->query.n = query.n;
    a->query.deadline = fl_clock_monotonic() + (timeout > k->waited ? timeout - k->waited : 0);
    a->lookup = k;
    a->entry = fl_cache_add(&k->cache, key, l->batch);
    *k->asker->end = &a->query;
    k->asker->end = &a->query.next;
}

const void *fl_lookup_ask(struct fl_cx *cx, uint32_t lookup, fl_str key, fl_str query)
{
    struct fl_lookups *l = cx->rt->lookups;
    struct lookup *k = &l->lookup[lookup];
    const void *result = NULL;
    l->begun = true;
    cx->pending++;
    if (!fl_cache_find(&k->cache, key))
        put_question(l, k, key, query);
    if (!cx->wave) {
        fl_lookup_wait(cx);
        fl_lookup_get(cx, lookup, key, &result);
    }
    return result;
}

static void know(struct fl_lookups *l, struct ask *a, void *result)
{
    int64_t now = l->rt->clock(l->rt).mono, keep = a->lookup->row->cache > 0 ? a->lookup->row->cache : 0;
    fl_cache_know(&a->lookup->cache, a->entry, result, now > INT64_MAX - keep ? INT64_MAX : now + keep);
}

static void fail(struct fl_lookups *l, struct ask *a, enum fl_counter counter)
{
    a->entry->state = FL_ENTRY_PASSING;
    fl_count(&l->rt->ledger, counter, 1);
}

static void refused(struct fl_lookups *l, struct ask *a, const char *why, size_t n)
{
    fail(l, a, FL_C_lookup_failed);
    fl_log_limited(60, FL_WARN, "lookup refused, its value is null", "lookup=%s query=%s error=%s",
                   a->lookup->row->name, fl_log_quoten(a->query.text, a->query.n), fl_log_quoten(why, n));
}

static void read_answer(struct fl_lookups *l, struct ask *a, enum fl_answer kind, void *result, const char *why)
{
    if (kind == FL_ANSWER_BAD)
        refused(l, a, why, strlen(why));
    else
        know(l, a, result);
}

static void answered(void *arg, struct fl_question *q, enum fl_answered_how outcome, const char *body, size_t n)
{
    struct fl_lookups *l = arg;
    struct ask *a = (struct ask *)(void *)q;
    char why[FL_ANSWER_WHY];
    void *result;
    a->lookup->wave = fl_clock_monotonic() - l->wave_began;
    fl_count(&l->rt->ledger, FL_C_lookup_queries, q->sent);
    switch (outcome) {
    case FL_ANSWERED: {
        enum fl_answer kind = fl_answer_text(a->lookup->row, body, n, &result, why);
        read_answer(l, a, kind, result, why);
        break;
    }
    case FL_REFUSED_ANSWER: refused(l, a, body, n); break;
    case FL_NOBODY_ANSWERS: fail(l, a, FL_C_lookup_failed); break;
    case FL_ANSWER_LATE:
        fail(l, a, FL_C_lookup_late);
        fl_log_limited(60, FL_WARN, "lookup not answered in time, its value is null", "lookup=%s query=%s",
                       a->lookup->row->name, fl_log_quoten(q->text, q->n));
        break;
    }
}

static void ask_file(struct fl_lookups *l, struct ask *a)
{
    const json_t *answer = json_object_getn(l->file, a->query.text, a->query.n);
    char why[FL_ANSWER_WHY];
    void *result;
    fl_count(&l->rt->ledger, FL_C_lookup_queries, 1);
    if (answer) {
        enum fl_answer kind = fl_answer_json(a->lookup->row, answer, &result, why);
        read_answer(l, a, kind, result, why);
        return;
    }
    fail(l, a, FL_C_lookup_failed);
    if (!a->lookup->missing_logged)
        fl_log(FL_WARN, "the file of lookups lacks a query, its value is null", "lookup=%s query=%s",
               a->lookup->row->name, fl_log_quoten(a->query.text, a->query.n));
    a->lookup->missing_logged = true; /* the ledger has how many */
}

static void ask_kind(struct fl_lookups *l, struct asker *a, struct fl_question *first)
{
    l->wave_began = fl_clock_monotonic();
    a->kind->ask(a->state, first, answered, l);
    for (uint32_t i = 0; i < l->n; i++) {
        l->lookup[i].waited += l->lookup[i].wave;
        l->lookup[i].wave = 0;
    }
}

void fl_lookup_wait(struct fl_cx *cx)
{
    struct fl_lookups *l = cx->rt->lookups;
    cx->pending = 0;
    for (uint32_t i = 0; l && i < l->naskers; i++) {
        struct fl_question *first = take_questions(&l->asker[i]), *next;
        if (first && l->mode == FROM_KINDS && l->asker[i].state) {
            ask_kind(l, &l->asker[i], first);
            continue;
        }
        for (struct fl_question *q = first; q; q = next) {
            next = q->next;
            if (l->mode == FROM_FILE)
                ask_file(l, (struct ask *)(void *)q);
            else
                ((struct ask *)(void *)q)->entry->state = FL_ENTRY_PASSING;
        }
    }
    if (l)
        fl_arena_reset(&l->wave);
}
