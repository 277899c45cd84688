/* http.c - see http.h. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/memory.h"
#include "net/http.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#define ANSWER_MAX 65536
#define CONNECT_TIMEOUT_MS 10000L

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

static size_t take_some(struct fl_buf *b, const char *p, size_t n)
{
    size_t room = b->n < ANSWER_MAX ? ANSWER_MAX - b->n : 0;
    fl_buf_put(b, p, n < room ? n : room);
    return n;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct fl_http *h = arg;
    return take_some(&h->body, p, size * n);
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
    struct fl_http *h = arg;
    if (size * n > 5 && memcmp(p, "HTTP/", 5) == 0)
        h->headers.n = 0; /* a proxy's or an interim answer came before */
    return take_some(&h->headers, p, size * n);
}

static int64_t mono(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Called at least once a second. */
static int on_progress(void *arg, curl_off_t in_total, curl_off_t in, curl_off_t out_total, curl_off_t out)
{
    struct fl_http *h = arg;
    (void)in_total, (void)in, (void)out_total;
    if (h->options.stop && atomic_load(h->options.stop))
        return 1;
    int64_t now = mono(), limit = h->options.timeout;
    if (out != h->out) {
        h->out = out;
        h->moved = now;
    }
    /* What a slow link took is not all at its end yet. An answer that trickles in is no progress: it would have no end. */
    if (h->size && (size_t)out >= h->size)
        limit += h->moved - h->begun;
    h->late = h->options.timeout > 0 && now - h->moved > limit;
    return h->late;
}

static int on_request(void *arg, char *ip, char *local_ip, int port, int local_port)
{
    struct fl_http *h = arg;
    (void)ip, (void)local_ip, (void)port, (void)local_port;
    h->sent++;
    return CURL_PREREQFUNC_OK;
}

/* Little that is not on the way yet: else megabytes in the kernel's buffer look like a link that stands still. */
static int on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    int lowat = 128 << 10;
    (void)arg;
    if (purpose == CURLSOCKTYPE_IPCXN)
        setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof lowat);
    return CURL_SOCKOPT_OK;
}

static void set_up(struct fl_http *h)
{
    CURL *c = h->curl;
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "flowc/" PACKAGE_VERSION);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, h);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, h);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, h);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    long ms = h->options.timeout > 0 ? (long)(h->options.timeout / 1000000) : 0;
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_request);
    curl_easy_setopt(c, CURLOPT_PREREQDATA, h);
    curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, ms > 0 && ms < CONNECT_TIMEOUT_MS ? ms : CONNECT_TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (h->options.client_cert && *h->options.client_cert) {
        curl_easy_setopt(c, CURLOPT_SSLCERT, h->options.client_cert);
        curl_easy_setopt(c, CURLOPT_SSLKEY, h->options.client_key);
    }
    if (*h->options.ca_cert)
        curl_easy_setopt(c, CURLOPT_CAINFO, h->options.ca_cert);
}

struct fl_http *fl_http_new(const struct fl_http_options *options)
{
    struct fl_http *h = fl_new(struct fl_http);
    if (!h)
        return NULL;
    h->options = *options;
    h->curl = curl_easy_init();
    if (!h->curl) {
        free(h);
        return NULL;
    }
    set_up(h);
    return h;
}

void fl_http_free(struct fl_http *h)
{
    if (!h)
        return;
    curl_easy_cleanup(h->curl);
    curl_slist_free_all(h->request_headers);
    fl_buf_free(&h->body);
    fl_buf_free(&h->headers);
    free(h);
}

void fl_http_header(struct fl_http *h, const char *name, const char *value)
{
    struct fl_buf line = {0};
    /* libcurl sends a header without a value only when it is written with a semicolon. */
    fl_buf_puts(&line, name);
    fl_buf_puts(&line, !value ? ":" : *value ? ": " : ";");
    fl_buf_puts(&line, value ? value : "");
    fl_buf_putc(&line, 0);
    h->request_headers = fl_given(curl_slist_append(h->request_headers, line.p));
    explicit_bzero(line.p, line.n);
    fl_buf_free(&line);
}

bool fl_http_do(struct fl_http *h, const char *method, const char *url, const char *body, size_t n, char *why,
                size_t why_size)
{
    char message[CURL_ERROR_SIZE] = "";
    h->body.n = h->headers.n = 0;
    h->status = 0;
    h->sent = 0;
    h->size = body ? n : 0;
    h->begun = h->moved = mono();
    h->out = 0;
    h->late = false;
    /* 100-continue would cost a round trip per object, and a second where a server doesn't know it. */
    fl_http_header(h, "Expect", NULL);
    bool head = strcmp(method, "HEAD") == 0;
    curl_easy_setopt(h->curl, CURLOPT_NOBODY, head ? 1L : 0L);
    if (body) {
        curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
        curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, body);
    } else if (!head) {
        curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, head ? NULL : method);
    curl_easy_setopt(h->curl, CURLOPT_URL, url);
    curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, h->request_headers);
    curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, message);
    CURLcode rc = curl_easy_perform(h->curl);
    curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(h->request_headers);
    h->request_headers = NULL;
    fl_buf_putc(&h->body, 0);
    fl_buf_putc(&h->headers, 0);
    h->body.n--;
    h->headers.n--;
    curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &h->status);
    if (rc == CURLE_OK)
        return true;
    if (h->late)
        snprintf(why, why_size, "%s for %lld s", (size_t)h->out < h->size ? "no progress" : "no answer",
                 (long long)((mono() - h->moved) / 1000000000));
    else
        snprintf(why, why_size, "%s", rc == CURLE_ABORTED_BY_CALLBACK ? "stopped"
                                             : *message ? message : curl_easy_strerror(rc));
    return false;
}

void fl_http_answer_header(const struct fl_http *h, const char *name, char *value, size_t size)
{
    size_t n = strlen(name);
    *value = 0;
    for (const char *p = h->headers.p; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
        if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
            p += n + 1;
            p += strspn(p, " \t");
            size_t len = strcspn(p, "\r\n");
            snprintf(value, size, "%.*s", (int)(len < size ? len : size - 1), p);
            return;
        }
}
