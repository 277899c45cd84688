/* ws_tcp.c - resolve and connect; see ws_connect.h. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "sources/skydive/ws_connect.h"

#define IDLE 15 /* s without traffic before the first keep-alive probe, as the original's library */
#define INTERVAL 5
#define PROBES 3

static int64_t mono(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void options(int fd)
{
    int on = 1, idle = IDLE, interval = INTERVAL, probes = PROBES;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* Waits until fd is ready: 0 or an errno; ECANCELED when `wake` became readable. */
static int wait_for(int fd, short events, int64_t deadline, int wake)
{
    for (;;) {
        int64_t left = deadline - mono();
        if (left <= 0)
            return ETIMEDOUT;
        struct pollfd p[2] = {{.fd = fd, .events = events}, {.fd = wake, .events = POLLIN}};
        int n = poll(p, 2, (int)(left / 1000000) + 1);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0 && p[1].revents)
            return ECANCELED;
        if (n > 0 && p[0].revents)
            return 0;
    }
}

/* ---- names ------------------------------------------------------------------------------------------------ */

static const struct addrinfo numeric = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST};
static const struct addrinfo by_name = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};

struct resolution {
    char host[256], service[8];
    struct addrinfo *list;
    int error; /* 0 or one of EAI_* */
    int done;  /* eventfd */
};

/* The C library can't be stopped in the middle of a question: its thread goes on, and the next attempt waits for its answer. */
static struct resolution *unanswered;

/* getaddrinfo_a does the same on a stack of 64 KiB, which is little for what /etc/nsswitch.conf may load. */
static void *look_up(void *arg)
{
    struct resolution *r = arg;
    uint64_t one = 1;
    r->error = getaddrinfo(r->host, r->service, &by_name, &r->list);
    while (write(r->done, &one, sizeof one) < 0 && errno == EINTR)
        ;
    return NULL;
}

/* 0 or one of EAI_*. */
static int ask(const char *host, const char *service)
{
    struct resolution *r = fl_new(struct resolution);
    pthread_t thread;
    snprintf(r->host, sizeof r->host, "%s", host);
    snprintf(r->service, sizeof r->service, "%s", service);
    r->done = eventfd(0, EFD_CLOEXEC);
    int e = r->done < 0 ? errno : pthread_create(&thread, NULL, look_up, r);
    if (e) {
        close(r->done);
        free(r);
        errno = e;
        return EAI_SYSTEM;
    }
    pthread_detach(thread);
    unanswered = r;
    return 0;
}

/* The addresses of host, or NULL and why. A name server that is silent costs no more than the time to the deadline. */
static struct addrinfo *resolve(const char *host, const char *service, int64_t deadline, int wake, char *why,
                                size_t why_size)
{
    struct addrinfo *list;
    if (getaddrinfo(host, service, &numeric, &list) == 0)
        return list;
    int e = unanswered ? 0 : ask(host, service), error = e ? 0 : wait_for(unanswered->done, POLLIN, deadline, wake);
    if (!e && !error) {
        struct resolution *r = unanswered;
        uint64_t count;
        while (read(r->done, &count, sizeof count) < 0 && errno == EINTR)
            ;
        unanswered = NULL;
        e = r->error;
        list = r->list;
        close(r->done);
        free(r);
    }
    if (!e && !error)
        return list;
    snprintf(why, why_size, "cannot resolve '%.100s': %s", host,
             error ? strerror(error) : e == EAI_SYSTEM ? strerror(errno) : gai_strerror(e));
    return NULL;
}

/* ---- connections ---------------------------------------------------------------------------------------------- */

/* 0 or an errno. */
static int finish(int fd, int64_t deadline, int wake)
{
    int error = wait_for(fd, POLLOUT, deadline, wake);
    socklen_t size = sizeof error;
    return error ? error : getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) ? errno : error;
}

static int one(const struct addrinfo *a, int64_t deadline, int wake, int *fd)
{
    *fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
    if (*fd < 0)
        return errno;
    options(*fd);
    int error = connect(*fd, a->ai_addr, a->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS)
        error = finish(*fd, deadline, wake);
    if (error) {
        close(*fd);
        *fd = -1;
    }
    return error;
}

int fl_ws_tcp_connect(const char *host, uint16_t port, int64_t deadline, int wake, char *why, size_t why_size)
{
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo *list = resolve(host, service, deadline, wake, why, why_size);
    if (!list)
        return -1;
    int fd = -1, error = 0, left = 0;
    for (struct addrinfo *a = list; a; a = a->ai_next)
        left++;
    for (struct addrinfo *a = list; a && fd < 0 && error != ECANCELED; a = a->ai_next, left--) {
        int64_t now = mono(); /* each address gets its share, so a dead first one doesn't use up the time */
        error = one(a, now + (deadline - now) / left, wake, &fd);
    }
    freeaddrinfo(list);
    if (fd < 0)
        snprintf(why, why_size, "%s port %u: %s", host, port, strerror(error));
    return fd;
}
