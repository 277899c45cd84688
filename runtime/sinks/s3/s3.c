/*
 * s3.c - sink `s3`: its options, its connections. Several threads write at once; each takes a connection from a small
 * pool. What is asked of the server is in request.c, what its answers are worth in put.c.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/sink.h"
#include "net/curl.h"
#include "net/http.h"
#include "sinks/s3/credentials.h"
#include "sinks/s3/iam.h"
#include "sinks/s3/request.h"

#define CONNECTIONS 64 /* kept: as many as option `uploads` allows */

/* The sink: what a request needs of it, and the connections. */
struct s3 {
    struct fl_s3_server server;
    struct fl_http_options http;
    _Atomic bool stop;
    pthread_mutex_t lock;
    unsigned uploads;
    struct fl_http *idle[CONNECTIONS];
    unsigned nidle;
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
    char *url = *endpoint == 0 ? fl_said("https://s3.%s.amazonaws.com", s->server.region)
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
    s->server.path = fl_strdup(host + len);
    s->server.host = fl_strndup(host, len);
    host[len] = 0;
    s->server.base = url;
    for (size_t k = strlen(s->server.path); k && s->server.path[k - 1] == '/'; k--)
        s->server.path[k - 1] = 0;
    strip_port(s->server.host, strncasecmp(url, "http:", 5) == 0 ? ":80" : ":443");
    return what ? bad_endpoint(endpoint, what) : NULL;
}

static char *check_bucket(const struct fl_config *c, uint32_t output)
{
    const struct fl_options store = fl_options_of_output(c, output, "store");
    const char *kind = store.kind, *bucket = fl_opt_str(&store, "dirname");
    char *error = NULL;
    if (*bucket == 0 || strchr(bucket, '/'))
        error = fl_said("pipeline.store.%s.dirname is \"%s\": expected the name of a bucket", kind, bucket);
    return error;
}

static void s3_close(void *sink);

static void *s3_open(struct fl_runtime *rt, const struct fl_options *options, char **error)
{
    const struct fl_config *c = rt->config;
    struct s3 *s = fl_new(struct s3);
    *error = fl_curl_init();
    if (*error) {
        free(s);
        return NULL;
    }
    s->server.rt = rt;
    atomic_store(&s->server.rest, INT64_MIN);
    pthread_mutex_init(&s->lock, NULL);
    s->server.region = fl_opt_str(options, "region");
    if (*s->server.region == 0)
        s->server.region = "us-east-1";
    s->http.ca_cert = fl_opt_str(options, "ca_cert");
    s->http.client_cert = fl_opt_str(options, "client_cert");
    s->http.client_key = fl_opt_str(options, "client_key");
    s->http.timeout = fl_opt_int(options, "timeout");
    s->http.stop = &s->stop;
    s->uploads = (unsigned)fl_opt_int(options, "uploads");
    *error = read_endpoint(s, fl_opt_str(options, "endpoint"));
    if (!*error)
        *error = check_bucket(c, options->output);
    if (!*error) {
        if (*fl_opt_str(options, "api_key") || *fl_opt_str(options, "api_key_file"))
            s->server.iam = fl_iam_new(rt, options, &s->stop, error);
        else
            s->server.credentials = fl_credentials_new(options, error);
    }
    if (!*error)
        return s;
    s3_close(s);
    return NULL;
}

/* A PEM file that is named can be read; error text to be freed, or NULL. */
static char *check_pem(const char *key, const char *file)
{
    FILE *f = *file ? fopen(file, "re") : NULL;
    if (*file && !f)
        return fl_said("pipeline.write.s3.%s: cannot read %s: %m", key, file);
    if (f)
        fclose(f);
    return NULL;
}

static char *s3_check(void *sink)
{
    struct s3 *s = sink;
    if (!*s->http.client_cert != !*s->http.client_key)
        return fl_said("pipeline.write.s3.client_cert and client_key belong together: only %s is set", *s->http.client_cert ? "client_cert" : "client_key");
    char *error = check_pem("ca_cert", s->http.ca_cert);
    if (!error)
        error = check_pem("client_cert", s->http.client_cert);
    return error ? error : check_pem("client_key", s->http.client_key);
}

static unsigned s3_uploads(void *sink)
{
    struct s3 *s = sink;
    return s->uploads;
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

/* ---- the sink --------------------------------------------------------------------------------------------------- */

static enum fl_write_result s3_write(void *sink, const struct fl_object *o, char *why, size_t why_size)
{
    struct s3 *s = sink;
    struct fl_http *h = take_connection(s);
    if (!h) {
        snprintf(why, why_size, "libcurl cannot make a handle");
        return FL_RETRY;
    }
    enum fl_write_result result = fl_s3_put(&s->server, h, o, why, why_size);
    give_connection(s, h);
    return result;
}

static void s3_interrupt(void *sink)
{
    struct s3 *s = sink;
    atomic_store(&s->stop, true);
}

static bool s3_reload(void *sink)
{
    struct s3 *s = sink;
    if (s->server.iam)
        return fl_iam_refused(s->server.iam);
    fl_credentials_reload(s->server.credentials);
    return fl_credentials_in_file(s->server.credentials);
}

static int64_t s3_rest(void *sink)
{
    struct s3 *s = sink;
    return atomic_load(&s->server.rest);
}

static void s3_close(void *sink)
{
    struct s3 *s = sink;
    for (unsigned i = 0; i < s->nidle; i++)
        fl_http_free(s->idle[i]);
    fl_iam_free(s->server.iam);
    fl_credentials_free(s->server.credentials);
    free(s->server.base);
    free(s->server.host);
    free(s->server.path);
    pthread_mutex_destroy(&s->lock);
    free(s);
    curl_global_cleanup();
}

extern const struct fl_sink_kind fl_sink_s3;
const struct fl_sink_kind fl_sink_s3 = {
    .name = "s3",
    .open = s3_open,
    .check = s3_check,
    .write = s3_write,
    .close = s3_close,
    .interrupt = s3_interrupt,
    .reload = s3_reload,
    .rest = s3_rest,
    .uploads = s3_uploads,
};
