/*
 * analyzer_stub.h - a small HTTP server in threads that plays an analyzer, for the tests of lookups.
 *
 * One thread per connection, keep-alive. What it does depends on the query text:
 *   slow N      answer after N ms        hang        never answer
 *   refuse      400                      drop        close without an answer
 *   big         17 MiB                   gzip        a gzip'd answer
 *   otherwise   `[{"ID":"1","Metadata":{"Name":"<query>"}}]`, where an escaped query stays as it was sent
 */
#ifndef ANALYZER_STUB_H
#define ANALYZER_STUB_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define STUB_CONNECTIONS 256

struct stub {
    int fd;
    char url[64], address[32];
    pthread_t acceptor, thread[STUB_CONNECTIONS];
    int connection[STUB_CONNECTIONS];
    _Atomic unsigned connections, queries;
    atomic_bool stop;
    pthread_mutex_t lock;
    char last[8192]; /* the last request, headers and body */
};

struct stub_connection {
    struct stub *stub;
    int fd;
};

static inline void stub_pause(struct stub *s, long ms)
{
    for (; ms > 0 && !s->stop; ms -= 10)
        nanosleep(&(struct timespec){0, (ms < 10 ? ms : 10) * 1000000}, NULL);
}

static inline void stub_send(int fd, const char *status, const char *headers, const void *body, size_t n)
{
    char head[512];
    int h = snprintf(head, sizeof head, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status, headers, n);
    if (send(fd, head, (size_t)h, MSG_NOSIGNAL) == h)
        for (const char *p = body; n > 0;) {
            ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
            if (k <= 0)
                break;
            p += k;
            n -= (size_t)k;
        }
}

static inline bool stub_answer(struct stub *s, int fd, const char *query)
{
    char node[1024];
    int n = snprintf(node, sizeof node, "[{\"ID\":\"1\",\"Metadata\":{\"Name\":\"%.900s\"}}]\n", query);
    s->queries++;
    if (strncmp(query, "slow ", 5) == 0) {
        stub_pause(s, atol(query + 5));
    } else if (strcmp(query, "hang") == 0) {
        stub_pause(s, 60000);
        return false;
    } else if (strcmp(query, "drop") == 0) {
        return false;
    } else if (strcmp(query, "refuse") == 0) {
        stub_send(fd, "400 Bad Request", "", "no such step\n", 13);
        return true;
    } else if (strcmp(query, "big") == 0) {
        char *big = calloc(1, 17 << 20);
        stub_send(fd, "200 OK", "", big, 17 << 20);
        free(big);
        return false;
    } else if (strcmp(query, "gzip") == 0) {
        unsigned char packed[2048];
        z_stream z = {.next_in = (unsigned char *)node, .avail_in = (unsigned)n, .next_out = packed};
        z.avail_out = sizeof packed;
        deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
        deflate(&z, Z_FINISH);
        deflateEnd(&z);
        stub_send(fd, "200 OK", "Content-Encoding: gzip\r\n", packed, z.total_out);
        return true;
    }
    stub_send(fd, "200 OK", "", node, (size_t)n);
    return true;
}

static inline void *stub_serve(void *arg)
{
    struct stub_connection c = *(struct stub_connection *)arg;
    char in[8192];
    size_t n = 0;
    free(arg);
    for (bool more = true; more;) {
        char *body, *length;
        in[n] = 0;
        size_t want = 0;
        if ((body = strstr(in, "\r\n\r\n")) && (length = strstr(in, "Content-Length: ")))
            want = (size_t)(body + 4 - in) + strtoul(length + 16, NULL, 10);
        if (want && n >= want) {
            char query[4096] = "";
            pthread_mutex_lock(&c.stub->lock);
            memcpy(c.stub->last, in, want);
            c.stub->last[want] = 0;
            pthread_mutex_unlock(&c.stub->lock);
            in[want - 1] = 0; /* the closing brace */
            sscanf(body + 4, "{\"GremlinQuery\":\"%4095[^\n]", query);
            if (*query)
                query[strlen(query) - 1] = 0;
            more = stub_answer(c.stub, c.fd, query);
            n = 0;
        } else {
            ssize_t k = recv(c.fd, in + n, sizeof in - 1 - n, 0);
            more = k > 0;
            n += more ? (size_t)k : 0;
        }
    }
    shutdown(c.fd, SHUT_RDWR);
    return NULL;
}

static inline void *stub_accept(void *arg)
{
    struct stub *s = arg;
    int fd;
    while ((fd = accept(s->fd, NULL, NULL)) >= 0 && s->connections < STUB_CONNECTIONS) {
        struct stub_connection *c = malloc(sizeof *c);
        *c = (struct stub_connection){s, fd};
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        s->connection[s->connections] = fd;
        pthread_create(&s->thread[s->connections], NULL, stub_serve, c);
        s->connections++;
    }
    return NULL;
}

static inline void stub_start(struct stub *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    memset(s, 0, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(s->fd, (struct sockaddr *)&a, n) || listen(s->fd, 128) || getsockname(s->fd, (struct sockaddr *)&a, &n))
        abort();
    snprintf(s->address, sizeof s->address, "127.0.0.1:%u", ntohs(a.sin_port));
    snprintf(s->url, sizeof s->url, "http://%s", s->address);
    pthread_create(&s->acceptor, NULL, stub_accept, s);
}

static inline void stub_stop(struct stub *s)
{
    s->stop = true;
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->acceptor, NULL);
    for (unsigned i = 0; i < s->connections; i++) {
        shutdown(s->connection[i], SHUT_RDWR);
        pthread_join(s->thread[i], NULL);
        close(s->connection[i]);
    }
    close(s->fd);
    pthread_mutex_destroy(&s->lock);
}

#endif
