/*
 * source.c - picks the source, gives it its thread, and sees that stopping it comes to an end; see source.h, drivers/source.h.
 */
#include "drivers/source.h"
#include "core/stage_times.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "intake/queue.h"
#include "intake/source.h"

#define STOP_SECONDS 3 /* for the close frame's echo and for messages in hand to find room in the queue */
#define LAST_SECONDS 2 /* after the queue was closed; then only a name server can still hold the thread */

#define MAGIC FL_MARK('s', 'o', 'u', 'r')

struct fl_source {
    uint32_t magic;
    const struct fl_source_kind *kind;
    struct fl_runtime *rt;
    void *impl;
    pthread_t thread;
    bool running;   /* thread is to be joined */
    bool ready;     /* there is none: the worker reads */
    atomic_bool abandoned; /* its memory has to stay, and it must not touch what others free */
};

struct fl_source *fl_source_new(struct fl_runtime *rt, char **error)
{
    struct fl_options o = fl_options_of(rt->config, "source");
    const struct fl_source_kind *kind = fl_driver(rt->drivers, FL_SOURCE, rt->input ? FL_INPUT : o.kind);
    if (!kind) {
        *error = fl_strdup("no source: the pipeline names none, and there is no --input FILE");
        return NULL;
    }
    void *impl = kind->open(rt, &o, error);
    if (!impl)
        return NULL;
    struct fl_source *s = fl_new(struct fl_source);
    fl_mark(s, MAGIC);
    s->kind = kind;
    s->rt = rt;
    s->impl = impl;
    s->ready = kind->ready && kind->ready(impl);
    return s;
}

static void *thread_main(void *arg)
{
    struct fl_source *s = arg;
    s->kind->run(s->impl);
    fl_stage_time(FL_TIMED_READ);
    if (!s->abandoned)
        fl_queue_close(s->rt->queue);
    return NULL;
}

bool fl_source_ready(const struct fl_source *s)
{
    return s && s->ready;
}

bool fl_source_read(struct fl_source *s, struct fl_message *m, size_t n)
{
    FL_ALIVE(s, MAGIC);
    return s->kind->read(s->impl, m, n);
}

void fl_source_start(struct fl_source *s)
{
    FL_ALIVE(s, MAGIC);
    sigset_t all, before;
    if (s->ready)
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    int e = pthread_create(&s->thread, NULL, thread_main, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (e) {
        fl_log(FL_CRITICAL, "cannot start the source's thread", "error=%s", fl_log_quote(fl_limits_thread(e)));
        exit(1);
    }
    pthread_setname_np(s->thread, "source");
    s->running = true;
}

static bool join(struct fl_source *s, int seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    if (pthread_timedjoin_np(s->thread, NULL, &until))
        return false;
    s->running = false;
    return true;
}

void fl_source_stop(struct fl_source *s)
{
    FL_ALIVE(s, MAGIC);
    if (s->ready)
        s->kind->stop(s->impl);
    if (!s->running || s->abandoned)
        return;
    s->kind->stop(s->impl);
    if (join(s, STOP_SECONDS))
        return;
    fl_queue_close(s->rt->queue); /* no room came for what the source has in hand: it says what it gives up */
    if (join(s, LAST_SECONDS))
        return;
    s->abandoned = true;
    fl_log(FL_WARN, "the source does not stop", "source=%s", s->kind->name);
}

bool fl_source_failed(const struct fl_source *s)
{
    FL_ALIVE(s, MAGIC);
    return !s->abandoned && s->kind->failed && s->kind->failed(s->impl);
}

bool fl_source_connected(const struct fl_source *s)
{
    return !s || !s->kind->connected || s->kind->connected(s->impl);
}

void fl_source_free(struct fl_source *s)
{
    if (!s || s->abandoned)
        return;
    FL_ALIVE(s, MAGIC);
    fl_source_stop(s);
    if (s->abandoned)
        return;
    s->kind->close(s->impl);
    fl_unmark(s);
    free(s);
}
