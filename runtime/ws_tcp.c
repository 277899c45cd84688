/* ws_tcp.c - resolve and connect; see ws_connect.h. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ws_connect.h"

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

/* Waits until the socket is connected: 0 or an errno; ECANCELED when `wake` became readable. */
static int finish(int fd, int64_t deadline, int wake)
{
    for (;;) {
        int64_t left = deadline - mono();
        if (left <= 0)
            return ETIMEDOUT;
        struct pollfd p[2] = {{.fd = fd, .events = POLLOUT}, {.fd = wake, .events = POLLIN}};
        int n = poll(p, 2, (int)(left / 1000000) + 1);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0 && p[1].revents)
            return ECANCELED;
        if (n > 0 && p[0].revents) {
            int error = 0;
            socklen_t size = sizeof error;
            return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) ? errno : error;
        }
    }
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
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    int e = getaddrinfo(host, service, &hints, &list);
    if (e) {
        snprintf(why, why_size, "cannot resolve '%.100s': %s", host,
                 e == EAI_SYSTEM ? strerror(errno) : gai_strerror(e));
        return -1;
    }
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
