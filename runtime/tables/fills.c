/*
 * fills.c - reads the tables that are filled from outside, see fills.h.
 *
 * `ready` hands a table over: the thread sets it when `fresh` is complete and touches neither table until the worker has exchanged the two
 * and cleared it. Meanwhile the thread reads the one that the worker reads too; nobody writes it.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "tables/fills.h"

#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "core/runtime.h"
#include "drivers/table.h"
#include "lookups/answer.h"

#define MAGIC FL_MARK('f', 'i', 'l', 'l')
#define LATER (FL_SECOND / 100) /* the worker has not taken the last reading yet */

struct kind {
    const struct fl_table_kind *kind;
    void *state; /* NULL: there is nothing to read */
};

struct fill {
    const struct fl_fill *f;
    const char *name;        /* the table's, which itself is the worker's */
    struct kind *kind;
    struct fl_table fresh;   /* open while it is filled or waits for the worker, or holds what the worker had */
    bool open;
    atomic_bool ready;
    int64_t due, pause;      /* mono; pause: until the next try after a failure, 0: the last reading was good */
    _Atomic int64_t read_at; /* mono, of the last good reading; INT64_MIN: there was none */
    uint64_t rows;
};

struct fl_fills {
    uint32_t magic;
    struct fl_runtime *rt;
    json_t *file;
    struct fill *fill;
    uint32_t n;
    struct kind *kind;
    uint32_t nkinds;
    struct fl_arena scratch;
    struct fl_cx cx;         /* of the thread: for what fills rows */
    pthread_t thread;
    bool started;
    bool stop, again;        /* under the lock */
    pthread_mutex_t lock;
    pthread_cond_t change;   /* a table was read, or stop */
};

/* ---- start ------------------------------------------------------------------------------------------------ */

static struct kind *kind_of(struct fl_fills *l, const char *name)
{
    for (uint32_t i = 0; i < l->nkinds; i++)
        if (strcmp(l->kind[i].kind->name, name) == 0)
            return &l->kind[i];
    struct kind *k = &l->kind[l->nkinds++];
    k->kind = fl_driver(l->rt->drivers, FL_TABLE_KIND, name);
    if (!k->kind)
        fl_bug(__FILE__, __LINE__, "table from %s is not linked in", name);
    return k;
}

static char *open_file(struct fl_fills *l, const char *path)
{
    json_error_t e;
    l->file = json_load_file(path, JSON_ALLOW_NUL, &e);
    return l->file ? NULL : fl_said("tables: %s:%d:%d: %s; expected JSON, {query: answer}", path, e.line, e.column, e.text);
}

struct fl_fills *fl_fills_new(struct fl_runtime *rt, const char *file_or_url, char **error)
{
    struct fl_fills *l = fl_new(struct fl_fills);
    const uint32_t n = rt->pipeline->nfills;
    bool url = file_or_url && (strncmp(file_or_url, "http://", 7) == 0 || strncmp(file_or_url, "https://", 8) == 0);
    *error = NULL;
    fl_mark(l, MAGIC);
    l->rt = rt;
    l->fill = fl_new_array(struct fill, n + 1);
    l->kind = fl_new_array(struct kind, n + 1);
    fl_arena_init(&l->scratch, 16 << 10);
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(&l->change, &a);
    pthread_condattr_destroy(&a);
    for (uint32_t i = 0; i < n; i++) {
        const struct fl_fill *f = &rt->pipeline->fills[i];
        if (!url && !file_or_url && rt->input)
            continue; /* nobody is there to be asked */
        l->fill[l->n].f = f;
        l->fill[l->n].name = f->table->name;
        l->fill[l->n].kind = kind_of(l, f->from);
        atomic_init(&l->fill[l->n].ready, false);
        atomic_init(&l->fill[l->n++].read_at, INT64_MIN);
    }
    if (l->n && file_or_url && !url)
        *error = open_file(l, file_or_url);
    for (uint32_t i = 0; i < l->nkinds && !l->file && !*error; i++)
        l->kind[i].state = l->kind[i].kind->open(rt, file_or_url, error);
    if (!*error)
        return l;
    fl_fills_free(l);
    return NULL;
}

void fl_fills_free(struct fl_fills *l)
{
    if (!l)
        return;
    FL_ALIVE(l, MAGIC);
    fl_fills_stop(l);
    if (l->started)
        pthread_join(l->thread, NULL);
    for (uint32_t i = 0; i < l->n; i++)
        if (l->fill[i].open)
            fl_table_close(&l->fill[i].fresh);
    for (uint32_t i = 0; i < l->nkinds; i++)
        if (l->kind[i].state)
            l->kind[i].kind->close(l->kind[i].state);
    json_decref(l->file);
    pthread_cond_destroy(&l->change);
    pthread_mutex_destroy(&l->lock);
    fl_arena_free(&l->scratch);
    free(l->kind);
    free(l->fill);
    fl_unmark(l);
    free(l);
}

/* ---- reading ---------------------------------------------------------------------------------------------- */

struct reading {
    struct fl_fills *l;
    struct fill *fill;
};

static void one_row(void *arg, const void *row)
{
    const struct reading *r = arg;
    r->fill->f->put(&r->l->cx, &r->fill->fresh, row);
    fl_arena_reset(r->l->cx.scratch);
}

/* Rows that were read before, and have not expired. */
static void keep_rows(struct fl_fills *l, struct fill *x)
{
    struct fl_table_row row;
    uint32_t cursor = 0;
    while (x->f->keeps && fl_table_next(x->f->table, &cursor, l->cx.now, &row)) {
        int64_t left = row.expires == INT64_MAX ? INT64_MAX : row.expires - l->cx.now;
        void *value = fl_table_put(&x->fresh, row.key, row.n, l->cx.now, left, row.class_);
        if (value)
            memcpy(value, row.value, x->fresh.value_size);
    }
}

static char *read_file(struct fl_fills *l, struct fill *x, struct reading *r, uint64_t *skipped)
{
    char why[FL_ANSWER_WHY];
    const json_t *answer = json_object_get(l->file, x->f->query);
    if (!answer)
        return fl_strdup("the file of lookups lacks the query");
    return fl_answer_rows_json(x->f->row, answer, one_row, r, skipped, why) ? NULL : fl_strdup(why);
}

/* Into `fresh`. An error text to be freed, or NULL. */
static char *read_rows(struct fl_fills *l, struct fill *x)
{
    struct reading r = {l, x};
    uint64_t skipped = 0;
    if (x->open)
        fl_table_close(&x->fresh);
    x->fresh = (struct fl_table)FL_TABLE(x->name, x->f->table->max, x->f->table->value_size, x->f->table->key_size,
                                         x->f->table->walked);
    x->fresh.prefixes = x->f->table->prefixes;
    fl_table_open(&x->fresh);
    x->open = true;
    l->cx.now = l->rt->clock(l->rt).wall;
    keep_rows(l, x);
    char *error = l->file ? read_file(l, x, &r, &skipped)
        : x->kind->state ? x->kind->kind->read(x->kind->state, x->f, one_row, &r, &skipped) : fl_strdup("nobody is there to be asked");
    fl_count(&l->rt->ledger, FL_C_table_rows_skipped, error ? 0 : skipped);
    x->rows = fl_table_live(&x->fresh);
    if (skipped && !error)
        fl_log_limited(600, FL_WARN, "rows of a table were left out, they lack what is required", "table=%s rows=%llu of=%llu",
                       x->name, (unsigned long long)skipped, (unsigned long long)(skipped + x->rows));
    return error;
}

static void failed(struct fl_fills *l, struct fill *x, int64_t now, const char *error)
{
    fl_count(&l->rt->ledger, FL_C_table_reload_failed, 1);
    fl_log_limited(60, FL_WARN, "a table could not be read, its rows stay", "table=%s error=%s", x->name, fl_log_quote(error));
    x->pause = x->pause ? 2 * x->pause : FL_SECOND;
    if (x->pause > x->f->reload)
        x->pause = x->f->reload;
    x->due = now + x->pause;
    fl_table_close(&x->fresh);
    x->open = false;
}

static void was_read(struct fl_fills *l, struct fill *x, int64_t now)
{
    if (atomic_load(&x->read_at) == INT64_MIN || x->pause)
        fl_log(FL_INFO, "a table was read", "table=%s rows=%llu", x->name, (unsigned long long)x->rows);
    x->pause = 0;
    x->due = now + x->f->reload;
    atomic_store(&x->read_at, l->rt->clock(l->rt).mono);
    atomic_store_explicit(&x->ready, true, memory_order_release);
}

/* Whoever asked for another reading gets one that begins afterwards. */
static void make_due(struct fl_fills *l, int64_t now)
{
    pthread_mutex_lock(&l->lock);
    bool again = l->again;
    l->again = false;
    pthread_mutex_unlock(&l->lock);
    for (uint32_t i = 0; again && i < l->n; i++)
        l->fill[i].due = now;
}

static bool stopping(struct fl_fills *l)
{
    pthread_mutex_lock(&l->lock);
    bool stop = l->stop;
    pthread_mutex_unlock(&l->lock);
    return stop;
}

int64_t fl_fills_step(struct fl_fills *l, int64_t now)
{
    int64_t next = INT64_MAX;
    l->cx.scratch = &l->scratch;
    l->cx.rt = l->rt;
    make_due(l, now);
    for (uint32_t i = 0; i < l->n && !stopping(l); i++) {
        struct fill *x = &l->fill[i];
        if (x->f->wanted && !*x->f->wanted)
            continue;
        if (x->due <= now && atomic_load_explicit(&x->ready, memory_order_acquire)) {
            x->due = now + LATER;
        } else if (x->due <= now) {
            char *error = read_rows(l, x);
            if (error && !stopping(l))
                failed(l, x, now, error);
            else if (!error)
                was_read(l, x, now);
            free(error);
            pthread_mutex_lock(&l->lock);
            pthread_cond_broadcast(&l->change);
            pthread_mutex_unlock(&l->lock);
        }
        next = x->due < next ? x->due : next;
    }
    return next;
}

void fl_fills_take(struct fl_fills *l)
{
    for (uint32_t i = 0; l && i < l->n; i++) {
        struct fill *x = &l->fill[i];
        if (!atomic_load_explicit(&x->ready, memory_order_acquire))
            continue;
        fl_table_swap(x->f->table, &x->fresh);
        atomic_store_explicit(&x->ready, false, memory_order_release);
    }
}

/* ---- the thread ------------------------------------------------------------------------------------------- */

static struct timespec at(int64_t mono)
{
    return (struct timespec){mono / FL_SECOND, mono % FL_SECOND};
}

static void *reader(void *arg)
{
    struct fl_fills *l = arg;
    while (!stopping(l)) {
        int64_t next = fl_fills_step(l, fl_clock_monotonic());
        pthread_mutex_lock(&l->lock);
        bool wait = !l->stop && !l->again;
        if (wait && next == INT64_MAX) {
            pthread_cond_wait(&l->change, &l->lock);
        } else if (wait) {
            struct timespec until = at(next);
            pthread_cond_timedwait(&l->change, &l->lock, &until);
        }
        pthread_mutex_unlock(&l->lock);
    }
    return NULL;
}

void fl_fills_start(struct fl_fills *l)
{
    if (!l || l->n == 0)
        return;
    sigset_t all, before;
    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    l->started = pthread_create(&l->thread, NULL, reader, l) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!l->started)
        fl_give_up("cannot start the thread that reads tables");
}

/* A table that was never read, or NULL. */
static const char *unread(const struct fl_fills *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        if ((!l->fill[i].f->wanted || *l->fill[i].f->wanted) && atomic_load(&l->fill[i].read_at) == INT64_MIN)
            return l->fill[i].name;
    return NULL;
}

void fl_fills_await(struct fl_fills *l, int64_t ns)
{
    if (!l || !l->started)
        return;
    struct timespec until = at(fl_clock_monotonic() + ns);
    pthread_mutex_lock(&l->lock);
    while (unread(l) && !l->stop && pthread_cond_timedwait(&l->change, &l->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&l->lock);
    if (unread(l))
        fl_log(FL_WARN, "a table is not read yet; records are taken without it", "table=%s waited=%llds", unread(l), (long long)(ns / FL_SECOND));
    fl_fills_take(l);
}

bool fl_fills_again(struct fl_fills *l)
{
    bool any = false;
    for (uint32_t i = 0; l && i < l->n; i++)
        any |= !l->fill[i].f->wanted || *l->fill[i].f->wanted;
    if (!any)
        return false;
    pthread_mutex_lock(&l->lock);
    l->again = true;
    pthread_cond_broadcast(&l->change);
    pthread_mutex_unlock(&l->lock);
    return true;
}

void fl_fills_stop(struct fl_fills *l)
{
    if (!l)
        return;
    FL_ALIVE(l, MAGIC);
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_broadcast(&l->change);
    pthread_mutex_unlock(&l->lock);
    for (uint32_t i = 0; i < l->nkinds; i++)
        if (l->kind[i].state)
            l->kind[i].kind->until(l->kind[i].state, fl_clock_monotonic());
}

/* ---- /metrics, tests --------------------------------------------------------------------------------------- */

void fl_fills_metrics(struct fl_fills *l, struct fl_buf *out)
{
    bool any = false;
    for (uint32_t i = 0; l && i < l->n; i++) {
        int64_t read_at = atomic_load(&l->fill[i].read_at);
        if (read_at == INT64_MIN)
            continue;
        if (!any)
            fl_buf_puts(out, "# HELP flowc_table_age_seconds since the table was last read\n# TYPE flowc_table_age_seconds gauge\n");
        any = true;
        fl_buf_printf(out, "flowc_table_age_seconds{table=\"%s\"} %.3f\n", l->fill[i].name,
                      (double)(l->rt->clock(l->rt).mono - read_at) / FL_SECOND);
    }
}

struct preset {
    const struct fl_fill *f;
    struct fl_cx *cx;
};

static void preset_row(void *arg, const void *row)
{
    const struct preset *p = arg;
    p->f->put(p->cx, p->f->table, row);
}

char *fl_fill_preset(const struct fl_fill *f, struct fl_cx *cx, const char *json)
{
    struct preset p = {f, cx};
    if (!f->keeps)
        fl_table_clear(f->table);
    f->table->readings++;
    return fl_answer_rows_preset(f->row, json, preset_row, &p);
}
