/* request.c - see request.h. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "sinks/s3/request.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/runtime.h"
#include "sinks/s3/iam.h"

void fl_s3_request_begin(struct fl_s3_request *r, struct fl_s3_server *s, struct fl_http *h, const struct fl_object *o,
                         char *why, size_t why_size)
{
    *r = (struct fl_s3_request){.server = s, .http = h, .object = o, .why = why, .why_size = why_size};
    r->condition = !atomic_load(&s->no_condition);
    fl_buf_puts(&r->path, s->path);
    fl_buf_putc(&r->path, '/');
    fl_uri_path(o->bucket, &r->path);
    fl_buf_putc(&r->path, '/');
    fl_uri_path(o->key, &r->path);
    fl_buf_putc(&r->path, 0);
    fl_buf_printf(&r->url, "%s%s", s->base, r->path.p);
    fl_buf_putc(&r->url, 0);
    fl_sha256_hex(o->data, o->size, r->sha256);
    r->has_md5 = fl_md5(o->data, o->size, r->md5, r->etag);
}

void fl_s3_request_end(struct fl_s3_request *r)
{
    fl_buf_free(&r->path);
    fl_buf_free(&r->url);
}

static void add(struct fl_s3_request *r, const char *name, const char *value)
{
    r->headers[r->nheaders++] = (struct fl_sigv4_header){name, value};
}

static void put_headers(struct fl_s3_request *r)
{
    const struct fl_object *o = r->object;
    static const char *const names[] = {"x-amz-meta-first-timestamp", "x-amz-meta-last-timestamp",
                                        "x-amz-meta-num-records"};
    long long values[] = {(long long)o->first_timestamp, (long long)o->last_timestamp, (long long)o->num_records};
    add(r, "content-type", o->content_type);
    if (o->content_encoding)
        add(r, "content-encoding", o->content_encoding);
    if (r->has_md5)
        add(r, "content-md5", r->md5);
    if (r->condition)
        add(r, "if-none-match", "*");
    for (int i = 0; i < 3; i++) {
        snprintf(r->numbers[i], sizeof r->numbers[i], "%lld", values[i]);
        add(r, names[i], r->numbers[i]);
    }
}

/* The Authorization header's value. False: there is no token. */
static bool authorize(struct fl_s3_request *r, const char *method, const char *sha256, struct fl_buf *out)
{
    struct fl_s3_server *s = r->server;
    if (s->iam)
        return fl_iam_authorization(s->iam, out, r->why, r->why_size);
    const struct fl_keys *keys = &r->keys;
    fl_credentials_get(s->credentials, &r->keys);
    fl_sigv4_date(s->rt->clock(s->rt).wall / FL_SECOND, r->date);
    add(r, "x-amz-date", r->date);
    if (*keys->session_token)
        add(r, "x-amz-security-token", keys->session_token);
    struct fl_sigv4 k = {keys->access_key, keys->secret_key, s->region, "s3"};
    struct fl_sigv4_request q = {method, r->path.p, "", r->headers, r->nheaders, sha256, r->date};
    fl_sigv4_sign(&k, &q, out);
    return true;
}

#define LONGEST_REST (600 * FL_SECOND) /* a wrong one must not hold up everything for a day */

/* Retry-After, in seconds or as a date: of an answer that something is wrong for now. */
static void read_rest(struct fl_s3_request *r)
{
    char text[64], *end;
    struct fl_time now = r->server->rt->clock(r->server->rt);
    fl_http_answer_header(r->http, "retry-after", text, sizeof text);
    long s = strtol(text, &end, 10);
    int64_t rest = s * FL_SECOND;
    if (r->http->status < 300 || !*text) {
        atomic_store(&r->server->rest, INT64_MIN);
        return;
    }
    if (*end || s < 0 || s > LONGEST_REST / FL_SECOND) {
        time_t at = curl_getdate(text, NULL);
        rest = at > 0 ? (int64_t)at * FL_SECOND - now.wall : s > 0 ? LONGEST_REST : 0;
    }
    rest = rest > LONGEST_REST ? LONGEST_REST : rest;
    atomic_store(&r->server->rest, rest > 0 ? now.mono + rest : INT64_MIN);
}

static void read_answer(struct fl_s3_request *r)
{
    char date[64];
    const struct fl_http *h = r->http;
    struct fl_s3_answer *a = &r->answer;
    *a = (struct fl_s3_answer){.status = h->status};
    fl_s3_answer_read(a, h->body.p);
    fl_http_answer_header(h, "x-amz-request-id", a->request_id, sizeof a->request_id);
    fl_http_answer_header(h, "date", date, sizeof date);
    read_rest(r);
    int64_t server = curl_getdate(date, NULL);
    if (server > 0)
        a->clock_ahead = r->server->rt->clock(r->server->rt).wall / FL_SECOND - server;
}

static bool send_request(struct fl_s3_request *r, const char *method, const char *sha256, const char *body, size_t n)
{
    struct fl_buf auth = {0};
    r->nheaders = 0;
    add(r, "host", r->server->host);
    add(r, "x-amz-content-sha256", sha256);
    if (body)
        put_headers(r);
    bool ok = authorize(r, method, sha256, &auth);
    if (ok) {
        fl_buf_putc(&auth, 0);
        fl_http_header(r->http, "Authorization", auth.p);
        for (size_t i = 0; i < r->nheaders; i++)
            fl_http_header(r->http, r->headers[i].name, r->headers[i].value);
        ok = fl_http_do(r->http, method, r->url.p, body, n, r->why, r->why_size);
    }
    fl_keys_wipe(&r->keys);
    fl_buf_free(&auth);
    if (ok)
        read_answer(r);
    return ok;
}

bool fl_s3_send_put(struct fl_s3_request *r)
{
    return send_request(r, "PUT", r->sha256, r->object->data, r->object->size);
}

bool fl_s3_send_head(struct fl_s3_request *r)
{
    char nothing[FL_SHA256_HEX];
    fl_sha256_hex("", 0, nothing);
    return send_request(r, "HEAD", nothing, NULL, 0);
}

bool fl_s3_other_credentials(struct fl_s3_request *r)
{
    if (r->answer.status != 401 && r->answer.status != 403)
        return false;
    if (r->server->iam) {
        fl_iam_refused(r->server->iam);
        return true;
    }
    return fl_credentials_reload(r->server->credentials);
}
