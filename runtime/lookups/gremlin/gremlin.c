/*
 * gremlin.c - Gremlin queries to Skydive analyzers; see gremlin.h. Called by lookups/lookup.c.
 *
 * A fixed number of curl easy handles ("transfers") takes queries from a list, so a thousand queries cost no more
 * memory and no more connections than thirty-two.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/memory.h"
#include "config/values.h"
#include "core/clock.h"
#include "lookups/gremlin/gremlin.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "lookups/lookup.h"
#include "net/curl.h"
#include "value/address.h"

#define SECOND INT64_C(1000000000)
#define MILLI INT64_C(1000000)
#define SILENT_RUNS 3

struct analyzer {
    char *url;
    int64_t down_until; /* connections failed: not before then */
    int64_t pause;      /* the last pause, 0: it works */
    bool local;
    bool answered, late; /* in this run */
    unsigned silent;     /* runs in a row that were late and had no answer */
};

struct transfer {
    CURL *easy;
    struct fl_question *query; /* NULL: free */
    uint32_t analyzer;
    struct fl_buf body, answer;
    char status[64];
    char error[CURL_ERROR_SIZE];
    bool too_large;
};

struct fl_gremlin {
    CURLM *multi;
    _Atomic int64_t until; /* no answer is waited for after it; INT64_MAX as a rule */
    struct curl_slist *headers;
    struct analyzer *analyzer;
    uint32_t n, current;
    struct transfer transfer[FL_GREMLIN_AT_ONCE];
    uint32_t active;
    char *username, *password, *ca, *cert, *key;
    bool https;
    /* the run */
    struct fl_question *first, **end;
    fl_answered *done;
    void *arg;
};

static bool set(const char *s)
{
    return s && *s;
}

static char *copy(const char *s)
{
    return set(s) ? fl_strdup(s) : NULL;
}

/* ---- making one --------------------------------------------------------------------------------- */

static bool is_local(const char *url)
{
    const char *host = strstr(url, "://") + 3;
    return fl_host_is_loopback(host, strcspn(host, "/"));
}

static char *set_analyzers(struct fl_gremlin *g, const struct fl_gremlin_options *o)
{
    g->n = o->url ? 1 : o->nanalyzers;
    if (g->n == 0 || g->n > 64)
        return fl_said("analyzers: %u given, from 1 to 64 are supported", g->n);
    g->analyzer = fl_new_array(struct analyzer, g->n);
    for (uint32_t i = 0; i < g->n; i++) {
        char *error = NULL;
        if (o->url) {
            size_t scheme = strncmp(o->url, "https://", 8) == 0 ? 8 : strncmp(o->url, "http://", 7) == 0 ? 7 : 0;
            size_t n = strlen(o->url);
            while (n > scheme && o->url[n - 1] == '/')
                n--;
            if (!scheme || n == scheme || strcspn(o->url + scheme, " \t\r\n/@?#\\") < n - scheme)
                return fl_said("`%s`: expected http://host:port or https://host:port", o->url);
            g->analyzer[i].url = fl_said("%.*s", (int)n, o->url);
        } else {
            g->analyzer[i].url = fl_gremlin_url(o->analyzers[i], g->https, &error);
        }
        if (error) {
            char *whole = fl_said("analyzers[%u]: %s", i, error);
            free(error);
            return whole;
        }
        g->analyzer[i].local = is_local(g->analyzer[i].url);
        if (g->username && !g->analyzer[i].local && strncmp(g->analyzer[i].url, "http://", 7) == 0)
            fl_log(FL_WARN, "the password goes over the network as it is; ask over https (tls.*)", "url=%s",
                   fl_log_quote(g->analyzer[i].url));
    }
    return NULL;
}

struct fl_gremlin *fl_gremlin_new(const struct fl_gremlin_options *o, char **error)
{
    struct fl_gremlin *g = fl_new(struct fl_gremlin);
    *error = fl_curl_init();
    if (*error) {
        free(g);
        return NULL;
    }
    g->multi = fl_given(curl_multi_init());
    atomic_init(&g->until, INT64_MAX);
    bool client = set(o->client_cert) && set(o->client_key);
    g->https = (client && set(o->ca_cert)) || (set(o->server_cert) && set(o->server_key));
    if (set(o->username)) {
        g->username = copy(o->username);
        g->password = copy(o->password);
    }
    if (client) {
        g->cert = copy(o->client_cert);
        g->key = copy(o->client_key);
        g->ca = copy(o->ca_cert);
    }
    *error = g->cert ? fl_gremlin_tls_problem(g->cert, g->key, g->ca) : NULL;
    if (!*error)
        *error = set_analyzers(g, o);
    if (*error) {
        fl_gremlin_free(g);
        return NULL;
    }
    static const char *const headers[] = {"Content-Type: application/json", "Accept:", "Expect:"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        g->headers = curl_slist_append(g->headers, headers[i]);
    curl_multi_setopt(g->multi, CURLMOPT_MAXCONNECTS, (long)FL_GREMLIN_AT_ONCE * 2);
    return g;
}

void fl_gremlin_free(struct fl_gremlin *g)
{
    if (!g)
        return;
    for (uint32_t i = 0; i < FL_GREMLIN_AT_ONCE; i++) {
        curl_easy_cleanup(g->transfer[i].easy);
        fl_buf_free(&g->transfer[i].body);
        fl_buf_free(&g->transfer[i].answer);
    }
    for (uint32_t i = 0; g->analyzer && i < g->n; i++)
        free(g->analyzer[i].url);
    curl_multi_cleanup(g->multi);
    curl_slist_free_all(g->headers);
    curl_global_cleanup();
    free(g->analyzer);
    free(g->username);
    free(g->password);
    free(g->ca);
    free(g->cert);
    free(g->key);
    free(g);
}

/* ---- one transfer ------------------------------------------------------------------------------------------ */

static size_t on_data(char *p, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t n = size * count;
    if (t->answer.n + n > FL_GREMLIN_MAX_ANSWER) {
        t->too_large = true;
        return 0;
    }
    fl_buf_put(&t->answer, p, n);
    return n;
}

/* Keeps the last status line, `400 Bad Request`. */
static size_t on_header(char *p, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t n = size * count;
    const char *blank = n > 5 && memcmp(p, "HTTP/", 5) == 0 ? memchr(p, ' ', n) : NULL;
    if (blank) {
        size_t left = n - (size_t)(blank + 1 - p);
        while (left && (unsigned char)blank[left] <= ' ')
            left--;
        left = left < sizeof t->status - 1 ? left : sizeof t->status - 1;
        memcpy(t->status, blank + 1, left);
        t->status[left] = 0;
    }
    return n;
}

static CURL *easy_new(struct fl_gremlin *g, struct transfer *t)
{
    CURL *c = fl_given(curl_easy_init());
    curl_easy_setopt(c, CURLOPT_PRIVATE, t);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, g->headers);
    curl_easy_setopt(c, CURLOPT_POST, 1L);
    curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(c, CURLOPT_POSTREDIR, (long)CURL_REDIR_POST_ALL);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    if (g->username) {
        curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(c, CURLOPT_USERNAME, g->username);
        curl_easy_setopt(c, CURLOPT_PASSWORD, g->password ? g->password : "");
    }
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (g->cert) {
        curl_easy_setopt(c, CURLOPT_SSLCERT, g->cert);
        curl_easy_setopt(c, CURLOPT_SSLKEY, g->key);
        if (g->ca) {
            curl_easy_setopt(c, CURLOPT_CAINFO, g->ca);
            curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
        }
    }
    return c;
}

static void start(struct fl_gremlin *g, struct transfer *t, struct fl_question *q, uint32_t analyzer, int64_t now)
{
    const struct analyzer *a = &g->analyzer[analyzer];
    if (!t->easy)
        t->easy = easy_new(g, t);
    t->query = q;
    t->analyzer = analyzer;
    t->answer.n = t->body.n = 0;
    t->too_large = false;
    t->status[0] = t->error[0] = 0;
    q->tried |= UINT64_C(1) << analyzer;
    q->sent = true;
    fl_buf_puts(&t->body, "{\"GremlinQuery\":");
    fl_query_json(&t->body, (fl_str){q->text, q->n, FL_PLAIN});
    fl_buf_putc(&t->body, '}');
    char *url = fl_said("%s/api/topology", a->url);
    int64_t left = (q->deadline - now + MILLI - 1) / MILLI;
    uint32_t untried = 1;
    for (uint32_t i = 0; i < g->n; i++)
        untried += !(q->tried >> i & 1);
    int64_t connect = left / untried + 1; /* leave time for the other analyzers */
    curl_easy_setopt(t->easy, CURLOPT_URL, url);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->body.p);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.n);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)left);
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect < 3000 ? connect : 3000));
    /* As the original: by environment, but never to this machine or with the project's own TLS. */
    curl_easy_setopt(t->easy, CURLOPT_PROXY, a->local || g->https ? "" : NULL);
    curl_multi_add_handle(g->multi, t->easy);
    free(url);
    g->active++;
}

/* ---- outcomes -------------------------------------------------------------------------------------------------- */

static void analyzer_failed(struct fl_gremlin *g, uint32_t i, const char *why, int64_t now)
{
    struct analyzer *a = &g->analyzer[i];
    if (now < a->down_until)
        return; /* one of several queries that were under way together */
    if (!a->pause)
        fl_log(FL_WARN, "analyzer can't be reached", "url=%s error=%s", a->url, fl_log_quote(why));
    a->pause = !a->pause ? SECOND : a->pause < 15 * SECOND ? a->pause * 2 : 30 * SECOND;
    a->down_until = now + a->pause;
    if (g->current == i)
        g->current = (i + 1) % g->n;
}

static void analyzer_answered(struct analyzer *a)
{
    if (a->pause)
        fl_log(FL_INFO, "analyzer is back", "url=%s", a->url);
    a->pause = a->down_until = 0;
    a->answered = true;
}

static void again(struct fl_gremlin *g, struct fl_question *q)
{
    q->next = NULL;
    *g->end = q;
    g->end = &q->next;
}

/* No answer. Asks elsewhere if that may help: queries only read, so asking twice does no harm. */
static void failed(struct fl_gremlin *g, struct transfer *t, CURLcode code)
{
    struct fl_question *q = t->query;
    int64_t now = fl_clock_monotonic();
    const char *why = t->error[0] ? t->error : curl_easy_strerror(code);
    if (t->too_large)
        why = "the answer is larger than 16 MiB";
    bool connected = t->status[0] || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;
    if (code == CURLE_OPERATION_TIMEDOUT && now >= q->deadline - 2 * MILLI) {
        g->analyzer[t->analyzer].late = true;
        g->done(g->arg, q, FL_ANSWER_LATE, why, strlen(why));
    } else if (t->too_large || code == CURLE_TOO_MANY_REDIRECTS || code == CURLE_BAD_CONTENT_ENCODING) {
        g->done(g->arg, q, FL_REFUSED_ANSWER, why, strlen(why));
    } else if (!connected) {
        analyzer_failed(g, t->analyzer, why, now);
        again(g, q);
    } else if (q->repeats++ < 1 || ~q->tried & (g->n < 64 ? (UINT64_C(1) << g->n) - 1 : ~UINT64_C(0))) {
        if (q->repeats == 1)
            q->tried &= ~(UINT64_C(1) << t->analyzer); /* a connection broke: that alone doesn't condemn the analyzer */
        again(g, q);
    } else {
        g->done(g->arg, q, FL_REFUSED_ANSWER, why, strlen(why));
    }
}

static void finish(struct fl_gremlin *g, struct transfer *t, CURLcode code)
{
    curl_multi_remove_handle(g->multi, t->easy);
    g->active--;
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK) {
        analyzer_answered(&g->analyzer[t->analyzer]);
        if (status == 200) {
            g->done(g->arg, t->query, FL_ANSWERED, t->answer.n ? t->answer.p : "", t->answer.n);
        } else {
            while (t->answer.n && (unsigned char)t->answer.p[t->answer.n - 1] <= ' ')
                t->answer.n--;
            char *why = fl_said("%s: %.*s", t->status, (int)t->answer.n, t->answer.n ? t->answer.p : "");
            g->done(g->arg, t->query, FL_REFUSED_ANSWER, why, strlen(why));
            free(why);
        }
    } else {
        failed(g, t, code);
    }
    t->query = NULL;
    if (t->answer.cap > (1u << 20))
        fl_buf_free(&t->answer);
}

/* ---- the run ---------------------------------------------------------------------------------- */

/* The analyzer for a query: the current one or the next that isn't down and wasn't tried. g->n: none. */
static uint32_t choose(const struct fl_gremlin *g, const struct fl_question *q, int64_t now)
{
    for (uint32_t k = 0; k < g->n; k++) {
        uint32_t i = (g->current + k) % g->n;
        if (g->analyzer[i].down_until <= now && !(q->tried >> i & 1))
            return i;
    }
    return g->n;
}

static void fill(struct fl_gremlin *g)
{
    for (uint32_t i = 0; i < FL_GREMLIN_AT_ONCE && g->first; i++) {
        while (!g->transfer[i].query && g->first) {
            struct fl_question *q = g->first;
            int64_t now = fl_clock_monotonic();
            uint32_t analyzer = choose(g, q, now);
            g->first = q->next;
            if (!g->first)
                g->end = &g->first;
            if (now >= q->deadline || now >= atomic_load(&g->until))
                g->done(g->arg, q, FL_ANSWER_LATE, "", 0);
            else if (analyzer == g->n)
                g->done(g->arg, q, FL_NOBODY_ANSWERS, "", 0);
            else
                start(g, &g->transfer[i], q, analyzer, now);
        }
    }
}

/*
 * The analyzer in use took connections and answered nothing: give the next one a chance. After some such runs it is
 * as good as one that can't be reached, or each batch would wait a whole timeout for nothing.
 */
static void leave_the_silent(struct fl_gremlin *g)
{
    for (uint32_t i = 0; i < g->n; i++) {
        struct analyzer *a = &g->analyzer[i];
        if (a->answered)
            a->silent = 0;
        if (!a->late || a->answered)
            continue;
        if (++a->silent >= SILENT_RUNS) {
            analyzer_failed(g, i, "it takes connections, but does not answer in time", fl_clock_monotonic());
        } else if (g->n > 1 && i == g->current) {
            fl_log_limited(60, FL_WARN, "analyzer doesn't answer", "url=%s", a->url);
            g->current = (i + 1) % g->n;
        }
    }
}

void fl_gremlin_until(struct fl_gremlin *g, int64_t until)
{
    atomic_store(&g->until, until);
    curl_multi_wakeup(g->multi);
}

/* The process is to stop, and what waits for these answers has to be written before. */
static void give_up(struct fl_gremlin *g)
{
    for (uint32_t i = 0; i < FL_GREMLIN_AT_ONCE; i++) {
        struct transfer *t = &g->transfer[i];
        if (!t->query)
            continue;
        curl_multi_remove_handle(g->multi, t->easy);
        g->active--;
        g->done(g->arg, t->query, FL_ANSWER_LATE, "", 0);
        t->query = NULL;
    }
}

/* ms to wait for something to happen. */
static int patience(const struct fl_gremlin *g)
{
    int64_t left = (atomic_load(&g->until) - fl_clock_monotonic()) / MILLI;
    return left < 0 ? 0 : left < 1000 ? (int)left + 1 : 1000;
}

void fl_gremlin_run(struct fl_gremlin *g, struct fl_question *first, fl_answered *done, void *arg)
{
    g->done = done;
    g->arg = arg;
    g->first = first;
    for (g->end = &g->first; *g->end; g->end = &(*g->end)->next) {
        (*g->end)->sent = false;
        (*g->end)->repeats = 0;
        (*g->end)->tried = 0;
    }
    for (uint32_t i = 0; i < g->n; i++)
        g->analyzer[i].answered = g->analyzer[i].late = false;
    for (fill(g); g->active; fill(g)) {
        int running, left;
        curl_multi_perform(g->multi, &running);
        bool progress = false;
        for (CURLMsg *m; (m = curl_multi_info_read(g->multi, &left)); progress = true) {
            CURLcode code = m->data.result;
            struct transfer *t = NULL;
            curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
            finish(g, t, code);
        }
        if (fl_clock_monotonic() >= atomic_load(&g->until))
            give_up(g);
        else if (!progress)
            curl_multi_poll(g->multi, NULL, 0, patience(g), NULL);
    }
    leave_the_silent(g);
}

/* ---- the kind ---------------------------------------------------------------------------------------------------- */

static void *gremlin_open(struct fl_runtime *rt, const struct fl_options *options, const char *url, char **error)
{
    (void)rt;
    const struct fl_config *c = options->config;
    struct fl_gremlin_options o = {.url = url};
    if (c) {
        o.analyzers = fl_config_list(c, "analyzers", &o.nanalyzers);
        o.username = fl_config_str(c, "analyzer.auth.cluster.username");
        o.password = fl_config_str(c, "analyzer.auth.cluster.password");
        o.ca_cert = fl_config_str(c, "tls.ca_cert");
        o.client_cert = fl_config_str(c, "tls.client_cert");
        o.client_key = fl_config_str(c, "tls.client_key");
        o.server_cert = fl_config_str(c, "tls.server_cert");
        o.server_key = fl_config_str(c, "tls.server_key");
    }
    if (url || o.nanalyzers)
        return fl_gremlin_new(&o, error);
    if (c)
        fl_log(FL_WARN, "no analyzers are set: what lookups would tell is null", "key=analyzers");
    return NULL;
}

static void gremlin_ask(void *lookup, struct fl_question *first, fl_answered *done, void *arg)
{
    fl_gremlin_run(lookup, first, done, arg);
}

static void gremlin_until(void *lookup, int64_t until)
{
    fl_gremlin_until(lookup, until);
}

static void gremlin_close(void *lookup)
{
    fl_gremlin_free(lookup);
}

extern const struct fl_lookup_kind fl_lookup_gremlin;
const struct fl_lookup_kind fl_lookup_gremlin = {
    .name = "gremlin",
    .open = gremlin_open,
    .ask = gremlin_ask,
    .until = gremlin_until,
    .close = gremlin_close,
};
