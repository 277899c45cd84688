/*
 * notify.c - see notify.h. Called by main.c and stop.c, in the main thread.
 *
 * The sign of life comes from the main thread's round, after it has looked at each output under its lock: a lock that is never given
 * back ends the process too. Waiting for a sink, a peer or a lookup doesn't: that is no fault of this process, and a restart would
 * only lose what is in memory.
 */
#include "program/notify.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "core/runtime.h"
#include "delivery/output.h"
#include "intake/source.h"

#define EVERY (10 * FL_SECOND)

/* A path, or a name in the abstract space, which begins with @. */
static const char *peer(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    return path && (*path == '/' || *path == '@') && strlen(path) < sizeof((struct sockaddr_un *)0)->sun_path ? path : NULL;
}

void fl_notify(const char *lines)
{
    const char *path = peer();
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = path ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
    if (fd < 0)
        return;
    size_t n = strlen(path);
    memcpy(to.sun_path, path, n);
    if (*path == '@')
        to.sun_path[0] = 0;
    /* A lost one is made good by the next. */
    ssize_t sent = sendto(fd, lines, strlen(lines), MSG_NOSIGNAL, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
    (void)sent;
    close(fd);
}

void fl_notify_reloading(void)
{
    char lines[80];
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    snprintf(lines, sizeof lines, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
    fl_notify(lines);
}

void fl_notify_alive(const struct fl_runtime *rt)
{
    struct fl_buf b = { 0 };
    if (!peer())
        return;
    int64_t oldest = 0;
    FL_EACH_OUTPUT(rt, i) {
        int64_t age = fl_output_age(rt->route[i].output);
        oldest = age > oldest ? age : oldest;
    }
    fl_buf_printf(&b, "WATCHDOG=1\nSTATUS=%s: received %" PRIu64 ", written %" PRIu64 ", pending %" PRIu64,
                  fl_source_connected(rt->source) ? "running" : "no connection to the source",
                  fl_ledger_sum(&rt->ledger, FL_C_received), fl_ledger_sum(&rt->ledger, FL_C_written), fl_ledger_pending(&rt->ledger));
    if (oldest >= FL_SECOND)
        fl_buf_printf(&b, ", an object waits for %" PRId64 " s", oldest / FL_SECOND);
    fl_buf_putc(&b, 0);
    fl_notify(b.p);
    fl_buf_free(&b);
}

int64_t fl_notify_every(void)
{
    const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    int64_t half = us && (!pid || atoll(pid) == (long long)getpid()) ? atoll(us) * (FL_SECOND / 1000000) / 2 : 0;
    if (!peer())
        return 0;
    return half > 0 && half < EVERY ? half : EVERY;
}
