/*
 * s3.c - sink `s3`: PUT <endpoint>/<bucket>/<key>, path style, signed with keys
 * (sigv4.c) or with an IBM IAM token (iam.c). Several threads write at once; each takes a connection from a small pool.
 *
 * Objects are never replaced: the PUT carries If-None-Match: *. When the name is there, it is either our own object
 * from an attempt whose answer was lost (same labels and MD5: all is well) or somebody else's (FL_EXISTS). Servers
 * that don't know the header ignore it; from those that refuse it, it is kept away.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/sink.h"
#include "net/curl.h"
#include "net/http.h"
#include "sinks/s3/answer.h"
#include "sinks/s3/credentials.h"
#include "sinks/s3/iam.h"
#include "sinks/s3/sigv4.h"

#define CONNECTIONS 16
#define HEADERS 16

struct s3 {
    struct fl_runtime *rt;
    char *base;                  /* scheme://host[:port] */
    char *host, *path;           /* for Host; what the endpoint has behind the host, without a slash at its end */
    const char *region;
    struct fl_credentials *credentials; /* or */
    struct fl_iam *iam;
    struct fl_http_options http;
    _Atomic bool stop, no_condition;    /* no_condition: the server refuses If-None-Match */
    pthread_mutex_t lock;
    struct fl_http *idle[CONNECTIONS];
    unsigned nidle;
};

struct request {
    const char *method;
    const struct fl_object *object;
    bool condition;              /* If-None-Match: * */
    struct fl_buf path, url;
    char sha256[FL_SHA256_HEX], md5[FL_MD5_BASE64], etag[FL_MD5_HEX];
    bool has_md5;
    struct fl_sigv4_header headers[HEADERS];
    size_t nheaders;
    char numbers[3][24], date[17];
    struct fl_keys keys;         /* while it is signed and sent */
};

/* ---- options ------------------------------------------------------------------------------------------------- */

static char *bad_endpoint(const char *endpoint, const char *what)
{
    return fl_said("pipeline.write.s3.endpoint is \"%s\": %s; expected a URL such as https://s3.example.com or "
                   "http://host:9000, or nothing for AWS",
                   strchr(endpoint, '@') ? "(not shown: it may hold a password)" : endpoint, what);
}

/* Host as libcurl and the server write it: the scheme's own port is left out. */
static void strip_port(char *host, const char *port)
{
    size_t n = strlen(host), k = strlen(port);
    if (n > k && strcmp(host + n - k, port) == 0)
        host[n - k] = 0;
}

static char *read_endpoint(struct s3 *s, const char *endpoint)
{
    bool scheme = strncasecmp(endpoint, "https://", 8) == 0 || strncasecmp(endpoint, "http://", 7) == 0;
    char *url = *endpoint == 0 ? fl_said("https://s3.%s.amazonaws.com", s->region)
                               : fl_said("%s%s", scheme ? "" : "https://", endpoint);
    const char *what = NULL;
    char *host = strstr(url, "://") + 3;
    size_t len = strcspn(host, "/?#");
    if (len == 0)
        what = "it has no host";
    else if (strchr(url, '?') || strchr(url, '#') || memchr(host, '@', len) || strpbrk(url, " \t\r\n\""))
        what = "it may hold no query, user or blank";
    else if (!scheme && strstr(endpoint, "://"))
        what = "it is neither http nor https";
    s->path = fl_strdup(host + len);
    s->host = fl_strndup(host, len);
    host[len] = 0;
    s->base = url;
    for (size_t k = strlen(s->path); k && s->path[k - 1] == '/'; k--)
        s->path[k - 1] = 0;
    strip_port(s->host, strncasecmp(url, "http:", 5) == 0 ? ":80" : ":443");
    return what ? bad_endpoint(endpoint, what) : NULL;
}

static char *check_bucket(const struct fl_config *c)
{
    const char *kind = fl_config_kind(c, "store");
    const char *bucket = fl_option_str(c, "store", kind, "dirname");
    char *error = NULL;
    if (*bucket == 0 || strchr(bucket, '/'))
        error = fl_said("pipeline.store.%s.dirname is \"%s\": expected the name of a bucket", kind, bucket);
    return error;
}

static void s3_close(void *sink);

static void *s3_open(struct fl_runtime *rt, char **error)
{
    const struct fl_config *c = rt->config;
    struct s3 *s = fl_new(struct s3);
    *error = fl_curl_init();
    if (*error) {
        free(s);
        return NULL;
    }
    s->rt = rt;
    pthread_mutex_init(&s->lock, NULL);
    s->region = fl_option_str(c, "write", "s3", "region");
    if (*s->region == 0)
        s->region = "us-east-1";
    s->http.ca_cert = fl_option_str(c, "write", "s3", "ca_cert");
    s->http.timeout = fl_option_int(c, "write", "s3", "timeout");
    s->http.stop = &s->stop;
    *error = read_endpoint(s, fl_option_str(c, "write", "s3", "endpoint"));
    if (!*error)
        *error = check_bucket(c);
    if (!*error) {
        if (*fl_option_str(c, "write", "s3", "api_key") || *fl_option_str(c, "write", "s3", "api_key_file"))
            s->iam = fl_iam_new(rt, &s->stop, error);
        else
            s->credentials = fl_credentials_new(c, error);
    }
    if (!*error)
        return s;
    s3_close(s);
    return NULL;
}

static char *s3_check(void *sink)
{
    struct s3 *s = sink;
    char *error = NULL;
    if (*s->http.ca_cert) {
        FILE *f = fopen(s->http.ca_cert, "r");
        if (f)
            fclose(f);
        else
            error = fl_said("pipeline.write.s3.ca_cert: cannot read %s: %m", s->http.ca_cert);
    }
    return error;
}

static unsigned s3_uploads(void *sink)
{
    struct s3 *s = sink;
    int64_t n = fl_option_int(s->rt->config, "write", "s3", "uploads");
    return n < 1 ? 1 : n > CONNECTIONS ? CONNECTIONS : (unsigned)n;
}

/* ---- connections ------------------------------------------------------------------------------------------------ */

static struct fl_http *take_connection(struct s3 *s)
{
    pthread_mutex_lock(&s->lock);
    struct fl_http *h = s->nidle ? s->idle[--s->nidle] : NULL;
    pthread_mutex_unlock(&s->lock);
    return h ? h : fl_http_new(&s->http);
}

static void give_connection(struct s3 *s, struct fl_http *h)
{
    pthread_mutex_lock(&s->lock);
    if (s->nidle < CONNECTIONS) {
        s->idle[s->nidle++] = h;
        h = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    fl_http_free(h);
}

/* ---- one request ------------------------------------------------------------------------------------------------ */

static void add(struct request *r, const char *name, const char *value)
{
    r->headers[r->nheaders++] = (struct fl_sigv4_header){name, value};
}

static void put_headers(struct request *r)
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
static bool authorize(struct s3 *s, struct request *r, struct fl_buf *out, char *why, size_t why_size)
{
    if (s->iam)
        return fl_iam_authorization(s->iam, out, why, why_size);
    const struct fl_keys *keys = &r->keys;
    fl_credentials_get(s->credentials, &r->keys);
    fl_sigv4_date(s->rt->clock(s->rt).wall / FL_SECOND, r->date);
    add(r, "x-amz-date", r->date);
    if (*keys->session_token)
        add(r, "x-amz-security-token", keys->session_token);
    struct fl_sigv4 k = {keys->access_key, keys->secret_key, s->region, "s3"};
    struct fl_sigv4_request q = {r->method, r->path.p, "", r->headers, r->nheaders, r->sha256, r->date};
    fl_sigv4_sign(&k, &q, out);
    return true;
}

/* Send it; false: no answer, or no token to ask with. */
static bool send_request(struct s3 *s, struct fl_http *h, struct request *r, char *why, size_t why_size)
{
    struct fl_buf auth = {0};
    r->nheaders = 0;
    add(r, "host", s->host);
    add(r, "x-amz-content-sha256", r->sha256);
    bool put = strcmp(r->method, "PUT") == 0;
    if (put)
        put_headers(r);
    bool ok = authorize(s, r, &auth, why, why_size);
    if (ok) {
        fl_buf_putc(&auth, 0);
        fl_http_header(h, "Authorization", auth.p);
        for (size_t i = 0; i < r->nheaders; i++)
            fl_http_header(h, r->headers[i].name, r->headers[i].value);
        ok = fl_http_do(h, r->method, r->url.p, put ? r->object->data : NULL, put ? r->object->size : 0, why, why_size);
    }
    fl_keys_wipe(&r->keys);
    fl_buf_free(&auth);
    return ok;
}

static void read_answer(struct s3 *s, const struct fl_http *h, struct fl_s3_answer *a)
{
    char date[64];
    *a = (struct fl_s3_answer){.status = h->status};
    fl_s3_answer_read(a, h->body.p);
    fl_http_answer_header(h, "x-amz-request-id", a->request_id, sizeof a->request_id);
    fl_http_answer_header(h, "date", date, sizeof date);
    int64_t server = curl_getdate(date, NULL);
    if (server > 0)
        a->clock_ahead = s->rt->clock(s->rt).wall / FL_SECOND - server;
}

/* ---- what is there under the name? ------------------------------------------------------------------------------ */

static bool header_is(const struct fl_http *h, const char *name, long long value)
{
    char text[128], expected[24];
    fl_http_answer_header(h, name, text, sizeof text);
    snprintf(expected, sizeof expected, "%lld", value);
    return strcmp(text, expected) == 0;
}

static bool header_given(const struct fl_http *h, const char *name)
{
    char text[8];
    fl_http_answer_header(h, name, text, sizeof text);
    return *text != 0;
}

/*
 * Is the object there ours? Its labels hold times in ms, so another run's object would differ even with equal data. In
 * encrypted buckets the ETag is no MD5.
 */
static enum fl_write_result compare(struct s3 *s, struct fl_http *h, struct request *r, char *why, size_t why_size)
{
    char etag[80], sha256[FL_SHA256_HEX];
    const struct fl_object *o = r->object;
    memcpy(sha256, r->sha256, sizeof sha256);
    r->method = "HEAD";
    fl_sha256_hex("", 0, r->sha256);
    bool answered = send_request(s, h, r, why, why_size);
    memcpy(r->sha256, sha256, sizeof sha256);
    r->method = "PUT";
    if (!answered)
        return FL_RETRY;
    if (h->status == 404) /* gone again */
        return FL_RETRY;
    if (h->status != 200) {
        snprintf(why, why_size, "the name is taken, and HEAD says %ld", h->status);
        return FL_RETRY;
    }
    fl_http_answer_header(h, "etag", etag, sizeof etag);
    bool size = header_is(h, "content-length", (long long)o->size);
    bool md5 = r->has_md5 && strlen(etag) == 34 && strspn(etag + 1, "0123456789abcdefABCDEF") == 32;
    bool same = !md5 || strncasecmp(etag + 1, r->etag, 32) == 0;
    bool labels = header_is(h, "x-amz-meta-first-timestamp", (long long)o->first_timestamp) &&
                  header_is(h, "x-amz-meta-last-timestamp", (long long)o->last_timestamp) &&
                  header_is(h, "x-amz-meta-num-records", (long long)o->num_records);
    return size && labels && (same || header_given(h, "x-amz-server-side-encryption")) ? FL_WRITTEN : FL_EXISTS;
}

/* ---- the sink --------------------------------------------------------------------------------------------------- */

static void prepare(struct s3 *s, struct request *r, const struct fl_object *o)
{
    *r = (struct request){.method = "PUT", .object = o, .condition = !atomic_load(&s->no_condition)};
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

/* The condition is no part of S3 as this server knows it? */
static bool refuses_condition(const struct request *r, const struct fl_s3_answer *a)
{
    return r->condition && (a->status == 501 || (a->status == 400 && (strcmp(a->code, "NotImplemented") == 0 ||
                            strstr(a->message, "If-None-Match") || strstr(a->message, "if-none-match"))));
}

/* Could other credentials help, and have they been had? */
static bool other_credentials(struct s3 *s, const struct fl_s3_answer *a)
{
    if (a->status != 401 && a->status != 403)
        return false;
    if (s->iam) {
        fl_iam_refused(s->iam);
        return true;
    }
    return fl_credentials_reload(s->credentials);
}

static enum fl_write_result put_object(struct s3 *s, struct fl_http *h, struct request *r, char *why, size_t why_size)
{
    bool renewed = false;
    for (;;) {
        struct fl_s3_answer a;
        if (!send_request(s, h, r, why, why_size))
            return FL_RETRY;
        read_answer(s, h, &a);
        enum fl_write_result result = fl_s3_answer_result(&a);
        if (result == FL_WRITTEN)
            return result;
        if (result == FL_EXISTS && r->condition)
            return compare(s, h, r, why, why_size);
        fl_s3_answer_why(&a, why, why_size);
        if (refuses_condition(r, &a)) {
            fl_log(FL_INFO, "the server takes no conditional writes", "reason=%s", fl_log_quote(why));
            atomic_store(&s->no_condition, true);
            r->condition = false;
        } else if (!renewed && other_credentials(s, &a)) {
            renewed = true;
        } else {
            return result == FL_EXISTS ? FL_RETRY : result; /* 412 without a condition of ours: no sense in it */
        }
    }
}

static enum fl_write_result s3_write(void *sink, const struct fl_object *o, char *why, size_t why_size)
{
    struct s3 *s = sink;
    struct request r;
    struct fl_http *h = take_connection(s);
    if (!h) {
        snprintf(why, why_size, "libcurl cannot make a handle");
        return FL_RETRY;
    }
    prepare(s, &r, o);
    enum fl_write_result result = put_object(s, h, &r, why, why_size);
    fl_buf_free(&r.path);
    fl_buf_free(&r.url);
    give_connection(s, h);
    return result;
}

static void s3_interrupt(void *sink)
{
    struct s3 *s = sink;
    atomic_store(&s->stop, true);
}

static void s3_close(void *sink)
{
    struct s3 *s = sink;
    for (unsigned i = 0; i < s->nidle; i++)
        fl_http_free(s->idle[i]);
    fl_iam_free(s->iam);
    fl_credentials_free(s->credentials);
    free(s->base);
    free(s->host);
    free(s->path);
    pthread_mutex_destroy(&s->lock);
    free(s);
    curl_global_cleanup();
}

const struct fl_sink_kind fl_sink_s3 = {
    .name = "s3",
    .open = s3_open,
    .check = s3_check,
    .write = s3_write,
    .close = s3_close,
    .interrupt = s3_interrupt,
    .uploads = s3_uploads,
};
