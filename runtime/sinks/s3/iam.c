/* iam.c - see iam.h. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/memory.h"
#include "sinks/s3/iam.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/values.h"
#include "core/runtime.h"
#include "net/http.h"
#include "sinks/s3/credentials.h"

/* A token is renewed when less than a fifth of its time is left, and never used in its last seconds. */
#define RENEW_PART 5
#define MARGIN (10 * FL_SECOND)
#define LIFE_IF_UNSAID (600 * FL_SECOND)

struct fl_iam {
    struct fl_runtime *rt;
    pthread_mutex_t lock;
    struct fl_http *http;
    const char *endpoint, *key_file;
    char key[4096];
    struct fl_buf token;    /* `Bearer ...` and a NUL; empty: none */
    int64_t renew, expires; /* mono */
};

struct fl_iam *fl_iam_new(struct fl_runtime *rt, const struct fl_options *options, const _Atomic bool *stop, char **error)
{
    struct fl_iam *iam = fl_new(struct fl_iam);
    iam->rt = rt;
    pthread_mutex_init(&iam->lock, NULL);
    iam->endpoint = fl_opt_str(options, "iam_endpoint");
    const char *key = fl_opt_str(options, "api_key");
    iam->key_file = *key ? "" : fl_opt_str(options, "api_key_file");
    *error = NULL;
    if (*iam->key_file)
        fl_secret_file(iam->key_file, iam->key, sizeof iam->key, error);
    else
        snprintf(iam->key, sizeof iam->key, "%s", key);
    if (!*error && strncmp(iam->endpoint, "https://", 8) != 0 && strncmp(iam->endpoint, "http://", 7) != 0)
        *error = fl_said("pipeline.write.s3.iam_endpoint is \"%s\": expected a URL such as "
                         "https://iam.cloud.ibm.com/identity/token", iam->endpoint);
    else if (!*error && strncmp(iam->endpoint, "http://", 7) == 0)
        fl_log(FL_WARN, "the API key goes over plain http; use https", "endpoint=%s", fl_log_quote(iam->endpoint));
    struct fl_http_options o = {
        .ca_cert = fl_opt_str(options, "ca_cert"),
        .timeout = fl_opt_int(options, "timeout"),
        .stop = stop,
    };
    iam->http = fl_http_new(&o);
    if (!*error)
        return iam;
    fl_iam_free(iam);
    return NULL;
}

void fl_iam_free(struct fl_iam *iam)
{
    if (!iam)
        return;
    fl_http_free(iam->http);
    OPENSSL_cleanse(iam->key, sizeof iam->key);
    if (iam->token.p)
        OPENSSL_cleanse(iam->token.p, iam->token.cap);
    fl_buf_free(&iam->token);
    pthread_mutex_destroy(&iam->lock);
    free(iam);
}

/* application/x-www-form-urlencoded, strictly. */
static void put_form(struct fl_buf *out, const char *name, const char *value)
{
    if (out->n)
        fl_buf_putc(out, '&');
    fl_buf_printf(out, "%s=", name);
    for (const char *p = value; *p; p++) {
        bool plain = (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') ||
                     strchr("-._~", *p) != NULL;
        if (plain)
            fl_buf_putc(out, *p);
        else
            fl_buf_printf(out, "%%%02X", (uint8_t)*p);
    }
}

/* {"access_token": .., "token_type": .., "expires_in": seconds}; on errors errorCode and errorMessage. */
static bool read_answer(struct fl_iam *iam, char *why, size_t why_size)
{
    json_error_t e;
    json_t *j = json_loads(iam->http->body.p, 0, &e);
    const char *token = json_string_value(json_object_get(j, "access_token"));
    const char *type = json_string_value(json_object_get(j, "token_type"));
    bool ok = iam->http->status == 200 && token && *token && !strpbrk(token, "\r\n");
    if (ok) {
        iam->token.n = 0;
        fl_buf_puts(&iam->token, type && !strpbrk(type, "\r\n") ? type : "Bearer");
        fl_buf_putc(&iam->token, ' ');
        fl_buf_puts(&iam->token, token);
        fl_buf_putc(&iam->token, 0);
        iam->token.n--;
        double seconds = json_number_value(json_object_get(j, "expires_in"));
        int64_t life = seconds > 0 && seconds < 1e9 ? (int64_t)(seconds * 1e9) : LIFE_IF_UNSAID;
        int64_t now = iam->rt->clock(iam->rt).mono;
        iam->expires = now + (life > 2 * MARGIN ? life - MARGIN : life);
        iam->renew = now + life - life / RENEW_PART;
    } else {
        const char *code = json_string_value(json_object_get(j, "errorCode"));
        const char *text = json_string_value(json_object_get(j, "errorMessage"));
        snprintf(why, why_size, "no IAM token from %s: status %ld %s%s%s%s", iam->endpoint, iam->http->status,
                 code ? code : "", code ? " " : "",
                 text ? text : iam->http->status == 200 ? "without access_token" : "",
                 iam->http->status == 400 || iam->http->status == 401 ? " (check api_key)" : "");
    }
    json_decref(j);
    return ok;
}

static bool ask(struct fl_iam *iam, char *why, size_t why_size)
{
    struct fl_buf form = {0};
    char reason[256] = "";
    put_form(&form, "grant_type", "urn:ibm:params:oauth:grant-type:apikey");
    put_form(&form, "apikey", iam->key);
    put_form(&form, "response_type", "cloud_iam");
    fl_http_header(iam->http, "Content-Type", "application/x-www-form-urlencoded");
    fl_http_header(iam->http, "Accept", "application/json");
    fl_http_header(iam->http, "Cache-Control", "no-Cache");
    /* bx:bx, the public client that IBM's SDKs use: without it refreshable tokens are refused. */
    fl_http_header(iam->http, "Authorization", "Basic Yng6Yng=");
    bool ok = fl_http_do(iam->http, "POST", iam->endpoint, form.p, form.n, reason, sizeof reason);
    if (ok)
        ok = read_answer(iam, why, why_size);
    else
        snprintf(why, why_size, "no IAM token from %s: %s", iam->endpoint, reason);
    OPENSSL_cleanse(form.p, form.cap);
    fl_buf_free(&form);
    if (iam->http->body.p)
        OPENSSL_cleanse(iam->http->body.p, iam->http->body.cap);
    return ok;
}

bool fl_iam_authorization(struct fl_iam *iam, struct fl_buf *out, char *why, size_t why_size)
{
    pthread_mutex_lock(&iam->lock);
    int64_t now = iam->rt->clock(iam->rt).mono;
    bool ok = iam->token.n > 0 && now < iam->expires;
    if (!ok || now >= iam->renew) {
        bool fresh = ask(iam, why, why_size);
        if (!fresh && ok) {
            /* The old token still holds: not now, but soon again. */
            iam->renew = now + 30 * FL_SECOND;
            fl_log_limited(300, FL_WARN, "cannot renew the IAM token", "reason=%s", fl_log_quote(why));
        }
        ok = ok || fresh;
    }
    if (ok)
        fl_buf_put(out, iam->token.p, iam->token.n);
    pthread_mutex_unlock(&iam->lock);
    return ok;
}

bool fl_iam_refused(struct fl_iam *iam)
{
    char key[sizeof iam->key], *error;
    pthread_mutex_lock(&iam->lock);
    iam->token.n = 0;
    if (*iam->key_file) {
        if (fl_secret_file(iam->key_file, key, sizeof key, &error)) {
            memcpy(iam->key, key, sizeof key);
        } else {
            fl_log_limited(60, FL_WARN, "API key", "reason=%s", fl_log_quote(error));
            free(error);
        }
        OPENSSL_cleanse(key, sizeof key);
    }
    pthread_mutex_unlock(&iam->lock);
    return *iam->key_file != 0;
}
