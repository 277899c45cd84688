/*
 * http.h - one HTTP request at a time with libcurl, for sinks/s3/s3.c and sinks/s3/iam.c. Connections are kept for the next
 * request; a handle serves one thread at a time. Proxies are taken from the environment (http_proxy, https_proxy,
 * no_proxy).
 */
#ifndef FL_HTTP_H
#define FL_HTTP_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct fl_http_options {
    const char *ca_cert;        /* PEM file; "": the system's */
    const char *client_cert, *client_key; /* PEM files; NULL or "": none */
    int64_t timeout;            /* ns without progress; for the answer as long as for sending, at least this; 0: none */
    const _Atomic bool *stop;   /* set: the request under way ends soon; or NULL */
};

struct fl_http {
    struct fl_http_options options;
    CURL *curl;
    struct curl_slist *request_headers; /* of the request being made */
    /* of the request under way */
    size_t size;                /* of its body */
    int64_t begun, moved;       /* mono ns: it began; a part of its body went out last */
    curl_off_t out;             /* bytes of it that went out */
    bool late;
    /* of the last answer */
    unsigned sent;              /* how often the request went out: libcurl repeats it when a kept connection was dead */
    long status;
    struct fl_buf body;         /* 64 KiB at most; NUL behind */
    struct fl_buf headers;      /* lines; NUL behind */
};

/* NULL: libcurl cannot be used; it never happens but when memory is out. */
struct fl_http *fl_http_new(const struct fl_http_options *options);
void fl_http_free(struct fl_http *h);
/* Add `name: value` to the next request; NULL: leave out one that libcurl would send. */
void fl_http_header(struct fl_http *h, const char *name, const char *value);
/*
 * Send it (body NULL: none). True: there is an answer, of whatever status. False: there was none, the reason is in why.
 */
bool fl_http_do(struct fl_http *h, const char *method, const char *url, const char *body, size_t n, char *why,
                size_t why_size);
/* A header of the last answer into value, "" if it isn't there; `name` in lower case. */
void fl_http_answer_header(const struct fl_http *h, const char *name, char *value, size_t size);

#endif
