/*
 * stop.c - waits for the end of a running pipeline and ends it in order: source, queue, worker, output. Called by
 * main.c.
 *
 * The main thread only waits for signals, so that a second one always gets through; what may take long is done by a
 * helper thread. The deadline holds whatever blocks: what isn't delivered by then is counted and said.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/runtime.h"
#include "core/stage_times.h"
#include "delivery/output.h"
#include "delivery/records.h"
#include "drivers/source.h"
#include "intake/queue.h"
#include "intake/source.h"
#include "lookups/lookups.h"
#include "program/notify.h"
#include "program/stop.h"
#include "run/worker.h"
#include "tables/fills.h"

#define WATCH (2 * FL_SECOND) /* between looks at uploads that may hang */
#define GRACE (4 * FL_SECOND) /* an interrupted upload gets this long to end after the deadline */

struct life {
    struct fl_runtime *rt;
    int64_t timeout, ledger_every;
    int64_t watch_at, ledger_at, alive_at; /* mono: what is due next */
    int64_t alive_every;       /* 0: nobody wants to know */
    _Atomic int64_t deadline;  /* mono; INT64_MAX: nobody asked us to stop */
    atomic_bool drained;       /* the worker is through */
    bool failed;               /* what was to be written at the end could not be */
    int done;                  /* eventfd: all is written or given up */
    pthread_t finisher, stopper;
};

static int64_t now(const struct life *l)
{
    return l->rt->clock(l->rt).mono;
}

static uint64_t counter(const struct life *l, enum fl_counter c)
{
    return fl_ledger_sum(&l->rt->ledger, c);
}

/* The books, and what waits at which of several outputs. */
static void log_ledger(const struct life *l)
{
    char waits[FL_OUTPUTS_MAX][512];
    const char *list[FL_OUTPUTS_MAX] = { NULL };
    FL_EACH_OUTPUT(l->rt, i) {
        fl_output_waits(l->rt->route[i].output, waits[i], sizeof waits[i]);
        list[i] = waits[i];
    }
    fl_ledger_log(&l->rt->ledger, list);
}

/* ---- the finisher ------------------------------------------------------------------------------------------------ */

/*
 * The input ended by itself: objects are written as long as some get through. Only when none does for the whole
 * time to stop is the rest given up.
 */
static int64_t wait_for_delivery(struct life *l)
{
    int64_t progress = now(l), pause = FL_SECOND / 1000;
    uint64_t gone = counter(l, FL_C_written) + counter(l, FL_C_refused) + counter(l, FL_C_undelivered);
    while (atomic_load(&l->deadline) == INT64_MAX && fl_ledger_pending(&l->rt->ledger) > 0) {
        nanosleep(&(struct timespec){ .tv_nsec = pause }, NULL);
        if (pause < FL_SECOND / 50)
            pause *= 2;
        uint64_t n = counter(l, FL_C_written) + counter(l, FL_C_refused) + counter(l, FL_C_undelivered);
        if (n != gone)
            progress = now(l);
        gone = n;
        if (now(l) - progress >= l->timeout)
            return now(l);
    }
    int64_t deadline = atomic_load(&l->deadline);
    return deadline == INT64_MAX ? now(l) + l->timeout : deadline;
}

static void hurry(struct life *l)
{
    FL_EACH_OUTPUT(l->rt, i)
        fl_output_hurry(l->rt->route[i].output);
}

/* Metrics are there to be scraped, also when the input has ended. */
static void end_records(struct life *l)
{
    bool last = false;
    for (uint32_t i = 0; i < l->rt->pipeline->noutputs; i++) {
        struct fl_records *r = l->rt->route[i].records;
        l->failed |= r && !fl_records_end(r);
        last |= r && fl_records_last(r);
    }
    while (last && atomic_load(&l->deadline) == INT64_MAX)
        nanosleep(&(struct timespec){ .tv_nsec = FL_SECOND / 50 }, NULL);
}

static void *finish(void *arg)
{
    struct life *l = arg;
    fl_worker_join(l->rt->worker);
    atomic_store(&l->drained, true);
    hurry(l);
    int64_t deadline = wait_for_delivery(l);
    FL_EACH_OUTPUT(l->rt, i)
        fl_output_stop(l->rt->route[i].output, deadline);
    end_records(l);
    uint64_t one = 1;
    while (write(l->done, &one, sizeof one) < 0 && errno == EINTR)
        ;
    return NULL;
}

static void *stop_source(void *arg)
{
    struct life *l = arg;
    fl_source_stop(l->rt->source);
    return NULL;
}

static void start(pthread_t *t, void *(*run)(void *), struct life *l)
{
    int e = pthread_create(t, NULL, run, l);
    if (e) {
        fl_log(FL_CRITICAL, "cannot start a thread", "error=%s", fl_log_quote(fl_limits_thread(e)));
        exit(1);
    }
}

/* ---- signals ---------------------------------------------------------------------------------------------- */

static void stop_signals(sigset_t *set)
{
    struct sigaction hup;
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler != SIG_IGN) /* nohup stays nohup */
        sigaddset(set, SIGHUP);
}

void fl_signals_block(void)
{
    sigset_t set;
    stop_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    /* SIGXFSZ: a file at its limit is an error of write(2) like a full disk. */
    static const int ignored[] = { SIGPIPE, SIGUSR1, SIGUSR2, SIGXFSZ };
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        sigaction(ignored[i], &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
}

/* What is pending will not be delivered: count it, so that the books balance, and leave. */
static void leave(struct life *l, const char *why, int status)
{
    uint64_t unread = fl_queue_waiting(l->rt->queue);
    for (uint32_t i = 0; i < l->rt->pipeline->noutputs; i++) {
        if (l->rt->route[i].output)
            fl_output_freeze(l->rt->route[i].output);
        struct fl_ledger *books = fl_ledger_of(&l->rt->ledger, i);
        fl_count(books, FL_C_undelivered, fl_ledger_pending(books));
    }
    fl_count(&l->rt->ledger, FL_C_messages, unread);
    fl_count(&l->rt->ledger, FL_C_rejected_messages, unread);
    fl_log(FL_ERROR, why, "undelivered=%llu messages_not_decoded=%llu",
           (unsigned long long)counter(l, FL_C_undelivered), (unsigned long long)unread);
    fl_ledger_log(&l->rt->ledger, NULL); /* the outputs are locked now */
    fflush(NULL);
    _exit(status);
}

/* SIGHUP: what can be had anew while it runs. */
static void reload(struct life *l)
{
    fl_notify_reloading();
    bool log_file = fl_log_reopen(), credentials = false;
    FL_EACH_OUTPUT(l->rt, i)
        credentials |= fl_output_reload(l->rt->route[i].output);
    bool tables = fl_fills_again(l->rt->fills);
    if (log_file || credentials || tables)
        fl_log(FL_INFO, "SIGHUP: read again; other changes need a restart", "log_file=%s credentials=%s tables=%s",
               log_file ? "reopened" : "none", credentials ? "read" : "none", tables ? "asked" : "none");
    else
        fl_log(FL_INFO, "SIGHUP ignored: no log file, no credentials in files, no tables from outside; other changes need a restart", NULL);
    fl_notify("READY=1");
}

static void on_signal(struct life *l, int fd)
{
    struct signalfd_siginfo s;
    if (read(fd, &s, sizeof s) != sizeof s)
        return;
    if (s.ssi_signo == SIGHUP) {
        reload(l);
        return;
    }
    if (atomic_load(&l->deadline) != INT64_MAX)
        leave(l, "second signal, leaving at once", 128 + (int)s.ssi_signo);
    fl_log(FL_INFO, "stopping", "signal=SIG%s timeout=%.3gs pending=%llu", sigabbrev_np((int)s.ssi_signo),
           (double)l->timeout / 1e9, (unsigned long long)fl_ledger_pending(&l->rt->ledger));
    fl_notify("STOPPING=1\nSTATUS=stopping: what is open is written");
    atomic_store(&l->deadline, now(l) + l->timeout);
    hurry(l); /* the worker may be waiting in front of a full output */
    /* Or for an analyzer that answers slowly: a record without a name is better than none. */
    fl_lookups_until(l->rt->lookups, now(l) + l->timeout / 2);
    fl_fills_stop(l->rt->fills);
    start(&l->stopper, stop_source, l);
}

/* What is done in between. Returns the ms until there is more of it. */
static int between(struct life *l)
{
    int64_t t = now(l);
    if (t >= l->watch_at) {
        FL_EACH_OUTPUT(l->rt, i)
            fl_output_watch(l->rt->route[i].output);
        l->watch_at = t + WATCH;
    }
    if (l->ledger_every && t >= l->ledger_at) {
        log_ledger(l);
        l->ledger_at = t + l->ledger_every;
    }
    if (l->alive_every && t >= l->alive_at) {
        fl_notify_alive(l->rt);
        l->alive_at = t + l->alive_every;
    }
    int64_t next = l->ledger_every && l->ledger_at < l->watch_at ? l->ledger_at : l->watch_at;
    next = l->alive_every && l->alive_at < next ? l->alive_at : next;
    return (int)((next - t) / 1000000) + 1;
}

/* ms until something is to be done, or the end must have come. */
static int time_left(struct life *l)
{
    int64_t deadline = atomic_load(&l->deadline);
    int pause = between(l);
    if (deadline == INT64_MAX)
        return pause;
    int64_t left = deadline + (atomic_load(&l->drained) ? GRACE : 0) - now(l);
    if (left <= 0)
        leave(l, "the time to stop is over", 1);
    /* Woken each second: draining moves the end. */
    return left > FL_SECOND ? 1000 : (int)(left / 1000000) + 1;
}

static void wait_for_end(struct life *l, int signals)
{
    const uint32_t noutputs = l->rt->pipeline->noutputs;
    struct pollfd fds[2 + FL_OUTPUTS_MAX] = { { .fd = l->done, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
    for (uint32_t i = 0; i < noutputs; i++)
        fds[2 + i] = (struct pollfd){ .fd = l->rt->route[i].output ? fl_output_lost_fd(l->rt->route[i].output) : -1, .events = POLLIN };
    for (;;) {
        int n = poll(fds, 2 + noutputs, time_left(l));
        FL_CHECK(n >= 0 || errno == EINTR);
        if (n > 0 && fds[1].revents)
            on_signal(l, signals);
        bool lost = false;
        for (uint32_t i = 0; n > 0 && i < noutputs; i++)
            lost |= fds[2 + i].revents != 0;
        if (lost)
            leave(l, "nothing can be written any more, leaving", 1);
        if (n > 0 && fds[0].revents)
            return;
    }
}

/* Of an input that ended: there was something, and none of it could be taken. */
static bool nothing_good(const struct life *l)
{
    uint64_t received = counter(l, FL_C_received), malformed = counter(l, FL_C_malformed), rejected = counter(l, FL_C_rejected_messages);
    bool good = received > malformed || (received == 0 && counter(l, FL_C_messages) > rejected);
    return !good && malformed + rejected + counter(l, FL_C_skipped_bytes) > 0;
}

int fl_run_to_end(struct fl_runtime *rt, int64_t timeout, int64_t ledger_every)
{
    sigset_t set;
    stop_signals(&set);
    struct life l = { .rt = rt, .timeout = timeout, .ledger_every = ledger_every, .done = eventfd(0, EFD_CLOEXEC) };
    l.watch_at = now(&l) + WATCH;
    l.ledger_at = now(&l) + ledger_every;
    l.alive_every = fl_notify_every();
    l.alive_at = now(&l);
    atomic_init(&l.deadline, INT64_MAX);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (l.done < 0 || signals < 0) {
        fl_log(FL_CRITICAL, "cannot wait for signals", "error=%s", fl_log_quote(strerror(errno)));
        return 1;
    }
    start(&l.finisher, finish, &l);
    wait_for_end(&l, signals);
    pthread_join(l.finisher, NULL);
    if (atomic_load(&l.deadline) != INT64_MAX)
        pthread_join(l.stopper, NULL);
    else
        fl_source_stop(rt->source);
    close(l.done);
    close(signals);
    uint64_t lost = counter(&l, FL_C_undelivered);
    if (!lost)
        fl_worker_save(rt->worker);
    if (lost)
        fl_log(FL_ERROR, "records were not delivered", "undelivered=%llu", (unsigned long long)lost);
    bool broken = fl_source_failed(rt->source);
    if (broken)
        fl_log(FL_ERROR, "the input broke off before its end", NULL);
    bool useless = atomic_load(&l.deadline) == INT64_MAX && nothing_good(&l);
    if (useless)
        fl_log(FL_ERROR, "nothing in the input could be read", NULL);
    fl_ledger_log(&rt->ledger, NULL);
    fl_stage_times_log();
    return lost || broken || useless || l.failed;
}
