/*
 * output.c - the life of the output: its sink, its threads, its end; see output.h. What it does is in pieces.c (compressing),
 * upload.c (writing, retry) and parcel.c.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "delivery/output.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "delivery/parcel.h"
#include "delivery/pieces.h"
#include "delivery/private.h"
#include "delivery/refused.h"


#define IN_FLIGHT FL_SECOND /* for what is being written when the process has to leave at once */

static char *label_of(const struct fl_runtime *rt, uint32_t number)
{
    bool several = rt->pipeline->noutputs > 1;
    return fl_said("%s%s%s", several ? "output=" : "", several ? rt->pipeline->outputs[number].name : "", several ? " " : "");
}

static bool open_account(struct fl_output *o, char **error)
{
    struct fl_options options = fl_options_of_output(o->rt->config, o->number, "account");
    o->account = fl_driver(o->rt->drivers, FL_ACCOUNT, options.kind);
    if (o->account)
        o->accounts = o->account->open(o->rt, &options, error);
    return !o->account || o->accounts;
}

struct fl_output *fl_output_new_with(struct fl_runtime *rt, uint32_t number, const struct fl_sink_kind *kind, char **error)
{
    struct fl_output *o = fl_new(struct fl_output);
    fl_mark(o, FL_OUTPUT_MARK);
    o->rt = rt;
    o->number = number;
    o->ledger = fl_ledger_of(&rt->ledger, number);
    o->label = label_of(rt, number);
    o->kind = kind;
    o->lost_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    o->into = &o->own;
    o->compress = fl_options_of_output(rt->config, number, "compress");
    o->compression = fl_driver(rt->drivers, FL_COMPRESS, o->compress.kind);
    o->waiting = fl_new_array(_Atomic uint64_t, rt->pipeline->nclasses + 1);
    o->lines = fl_new_array(struct fl_line, rt->pipeline->nclasses + 1);
    struct fl_time now = rt->clock(rt);
    o->random = (uint64_t)now.wall ^ (uint64_t)now.mono << 20 ^ 0x9e3779b97f4a7c15u;
    pthread_mutex_init(&o->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_t *conds[] = {&o->due, &o->gone};
    for (unsigned i = 0; i < 2; i++)
        pthread_cond_init(conds[i], &attr);
    pthread_condattr_destroy(&attr);
    o->wrote = INT64_MIN;
    o->refused = fl_refused_new(fl_option_str(rt->config, "refused", "_", "directory"),
                                fl_option_int(rt->config, "refused", "_", "max"));
    struct fl_options queue = fl_options_of_output(rt->config, number, "queue");
    queue.kind = "_";
    o->max_bytes = (uint64_t)fl_opt_int(&queue, "max_bytes");
    o->when_full = (enum fl_when_full)fl_opt_int(&queue, "when_full");
    struct fl_options options = fl_options_of_output(rt->config, number, "write");
    if (!o->compression)
        *error = fl_said("compress %s is not in this program", o->compress.kind);
    else if (!(o->lanes[0].slots[0].compressor = o->compression->open(rt, &o->compress, error)))
        ; /* its options are no good */
    else if (!open_account(o, error))
        ;
    else if ((o->sink = kind->open(rt, &options, error)) != NULL)
        return o;
    fl_output_free(o);
    return NULL;
}

struct fl_output *fl_output_new(struct fl_runtime *rt, uint32_t number, char **error)
{
    const char *name = fl_config_kind_of(rt->config, number, "write");
    const struct fl_sink_kind *kind = fl_driver(rt->drivers, FL_SINK, name);
    if (kind)
        return fl_output_new_with(rt, number, kind, error);
    *error = fl_said("write %s is not in this program", name);
    return NULL;
}

void *fl_output_sink(struct fl_output *o)
{
    return o->sink;
}

char *fl_output_check(struct fl_output *o)
{
    FL_ALIVE(o, FL_OUTPUT_MARK);
    char *error = o->refused ? fl_refused_check(o->refused) : NULL;
    return !error && o->kind->check ? o->kind->check(o->sink) : error;
}

static void start_thread(pthread_t *t, void *(*run)(void *), struct fl_output *o, const char *name)
{
    int e = pthread_create(t, NULL, run, o);
    if (e) {
        fl_log(FL_CRITICAL, "cannot start a thread", "thread=%s reason=%s", name, fl_log_quote(fl_limits_thread(e)));
        exit(1);
    }
    pthread_setname_np(*t, name);
}

void fl_output_start(struct fl_output *o)
{
    FL_ALIVE(o, FL_OUTPUT_MARK);
    unsigned n = o->kind->serial || !o->kind->uploads ? 1 : o->kind->uploads(o->sink);
    o->nuploads = n < 1 ? 1 : n > FL_UPLOADS_MAX ? FL_UPLOADS_MAX : n;
    o->started = true;
    /* Signals are the main thread's; blocked here, SIGPIPE becomes the error EPIPE. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (unsigned i = 0; i < o->nuploads; i++)
        start_thread(&o->upload_threads[i], fl_upload_thread, o, "upload");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void fl_output_hurry(struct fl_output *o)
{
    pthread_mutex_lock(&o->lock);
    o->hurry = true;
    fl_upload_all_due(o);
    pthread_cond_broadcast(&o->gone);
    pthread_mutex_unlock(&o->lock);
}

bool fl_output_reload(struct fl_output *o)
{
    return o->kind->reload && o->kind->reload(o->sink);
}

int fl_output_lost_fd(const struct fl_output *o)
{
    return o->lost_fd;
}

void fl_output_freeze(struct fl_output *o)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    if (pthread_mutex_timedlock(&o->lock, &until) != 0) {
        fl_log(FL_DEBUG, "the output is busy, its last numbers may be off", NULL);
        return;
    }
    /* What is under way mostly arrives: the books say what happened. Nothing new is begun. */
    o->abort = true;
    int64_t patience = o->rt->clock(o->rt).mono + IN_FLIGHT;
    while (o->uploading && !o->lost && o->rt->clock(o->rt).mono < patience)
        fl_output_cond_wait(o, &o->gone, patience);
    uint64_t objects = 0, records = 0;
    for (const struct fl_parcel *p = o->first; p; p = p->next)
        if (p->uploading) {
            objects++;
            records += p->object.num_records;
        }
    if (objects)
        fl_log(FL_WARN, "counted as undelivered, but under way: they may arrive", "%sobjects=%llu records=%llu", o->label,
               (unsigned long long)objects, (unsigned long long)records);
}

/* Uploaders end soon after `interrupt`; one that hangs all the same (a name server) must not hold up the exit. */
static void join_uploads(struct fl_output *o)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_sec += 3;
    for (unsigned i = 0; i < o->nuploads; i++)
        if (pthread_timedjoin_np(o->upload_threads[i], NULL, &ts) != 0)
            fl_log(FL_WARN, "an upload does not end, leaving it behind", "upload=%u", i);
}

static void stop_threads(struct fl_output *o, int64_t deadline)
{
    pthread_mutex_lock(&o->lock);
    fl_upload_all_due(o);
    while (o->first && o->rt->clock(o->rt).mono < deadline)
        fl_output_cond_wait(o, &o->gone, deadline);
    o->abort = true;
    pthread_cond_broadcast(&o->due);
    bool busy = o->uploading > 0;
    pthread_mutex_unlock(&o->lock);
    if (busy && o->kind->interrupt)
        o->kind->interrupt(o->sink);
    join_uploads(o);
}

uint64_t fl_output_stop(struct fl_output *o, int64_t deadline)
{
    FL_ALIVE(o, FL_OUTPUT_MARK);
    fl_output_hurry(o);
    if (o->started)
        stop_threads(o, deadline);
    else
        fl_output_step(o);
    pthread_mutex_lock(&o->lock);
    fl_upload_give_up(o);
    bool stuck = o->uploading > 0;
    pthread_mutex_unlock(&o->lock);
    o->started = stuck; /* its memory is in use: fl_output_free leaves it alone */
    return atomic_load_explicit(&o->ledger->n[FL_C_undelivered], memory_order_relaxed);
}

void fl_output_free(struct fl_output *o)
{
    if (!o || o->started)
        return;
    FL_ALIVE(o, FL_OUTPUT_MARK);
    for (unsigned i = 0; i < FL_LANES * FL_COMPRESSORS; i++)
        fl_compressor_close(o, o->lanes[i / FL_COMPRESSORS].slots[i % FL_COMPRESSORS].compressor);
    fl_pieces_free(&o->own);
    fl_parcels_free(o, o->spare);
    fl_parcels_free(o, o->first);
    if (o->sink)
        o->kind->close(o->sink);
    if (o->accounts)
        o->account->close(o->accounts);
    pthread_cond_t *conds[] = {&o->due, &o->gone};
    for (unsigned i = 0; i < 2; i++)
        pthread_cond_destroy(conds[i]);
    pthread_mutex_destroy(&o->lock);
    close(o->lost_fd);
    free(o->waiting);
    free(o->label);
    fl_refused_free(o->refused);
    free(o->lines);
    fl_unmark(o);
    free(o);
}
