/*
 * skydive.c - subscribes to a Skydive analyzer's flows; connects, and connects again; see intake/queue.h,
 * drivers/source.h.
 *
 * The analyzer sends StructMessages of flows (decoders/skydive) to whoever subscribes to their namespace. One
 * connection is ws_session.c's business, the pause between two and the books of what is missed meanwhile outage.c's. One
 * log line tells each change: connected, disconnected, cannot connect; further failures of the same kind are DEBUG, and every
 * 10 minutes a WARN. A proxy named by the environment (HTTP_PROXY) is not used: analyzers are inside.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/source.h"
#include "intake/queue.h"
#include "sources/skydive/outage.h"
#include "sources/skydive/ws_connect.h"
#include "sources/skydive/ws_session.h"
#include "value/address.h"


#define FULL "the output does not keep up and read_ahead is used up: nothing was read"
#define REMIND (600 * FL_SECOND)    /* say again that there is no connection */

struct skydive {
    struct fl_runtime *rt;
    const char *url_text;
    struct fl_ws_url url;
    char *host_id, *namespace_;
    int64_t connect_timeout;
    struct fl_tls_context *tls;
    struct fl_ws_session *session;
    atomic_bool stop, connected;
    int wake;               /* eventfd: cuts short connecting and pauses */
    struct fl_outage outage;
    char last_why[FL_WS_MAX_WHY];
    int64_t said_at;
    int64_t started_at;     /* of this attempt to connect */
};

static int64_t mono(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * FL_SECOND + ts.tv_nsec;
}

static const char *setting(const struct skydive *s, const char *key)
{
    const char *v = fl_config_str(s->rt->config, key);
    return v ? v : "";
}

/* ---- open ----------------------------------------------------------------------------------------------------- */

/* An analyzer refuses a second subscriber of the same host_id and remembers a dead one for 7 s: so each is new. */
static char *make_host_id(const struct skydive *s)
{
    const char *given = fl_config_str(s->rt->config, "host_id");
    char host[256];
    uint32_t unique;
    if (given)
        return fl_said("%s", given);
    if (gethostname(host, sizeof host))
        snprintf(host, sizeof host, "flowc");
    host[sizeof host - 1] = 0;
    if (getrandom(&unique, sizeof unique, 0) != sizeof unique)
        unique = (uint32_t)getpid();
    return fl_said("%s-%08" PRIx32, host, unique);
}

static char *check_texts(const struct skydive *s)
{
    static const char *const keys[] = {"analyzer.auth.cluster.username", "analyzer.auth.cluster.password"};
    if (!fl_ws_header_safe(s->host_id))
        return fl_said("host_id holds a control character");
    if (!fl_ws_header_safe(s->namespace_))
        return fl_said("pipeline.subscriber.capture_id holds a control character");
    for (size_t i = 0; i < 2; i++)
        if (!fl_ws_header_safe(setting(s, keys[i])))
            return fl_said("%s holds a control character", keys[i]);
    if (strchr(setting(s, keys[0]), ':'))
        return fl_said("%s holds a colon, which Basic authentication cannot carry", keys[0]);
    return NULL;
}

static char *asked(const struct fl_options *o)
{
    const char *capture = fl_opt_str(o, "capture_id");
    return *capture ? fl_said("flow/%s", capture) : fl_said("flow");
}

static char *configure(struct skydive *s, const struct fl_options *o)
{
    s->url_text = fl_opt_str(o, "url");
    char *error = fl_ws_url_parse(s->url_text, &s->url);
    if (error)
        return error;
    s->host_id = make_host_id(s);
    s->namespace_ = asked(o);
    s->connect_timeout = fl_opt_int(o, "connect_timeout");
    s->outage.max_pause = fl_opt_int(o, "max_backoff");
    error = check_texts(s);
    if (!s->url.tls && *setting(s, "analyzer.auth.cluster.username") && !fl_host_is_loopback(s->url.host, strlen(s->url.host)))
        fl_log(FL_WARN, "the password goes over the network as it is; connect with wss://", "url=%s",
               fl_log_quote(s->url_text));
    if (!error && s->url.tls)
        s->tls = fl_tls_context_new(setting(s, "tls.ca_cert"), setting(s, "tls.client_cert"),
                                    setting(s, "tls.client_key"), &error);
    return error;
}

static void opened(void *arg)
{
    struct skydive *s = arg;
    fl_log(FL_INFO, "connected", "url=%s namespace=%s host_id=%s after=%.3fs", fl_log_quote(s->url_text),
           fl_log_quote(s->namespace_),
           fl_log_quote(s->host_id), (double)(mono() - s->started_at) / FL_SECOND);
    s->last_why[0] = 0;
    s->connected = true;
    fl_outage_connected(&s->outage, fl_clock_real(s->rt).wall);
}

/* The wall time of a moment of the monotonic clock. */
static int64_t wall_of(struct skydive *s, int64_t then)
{
    struct fl_time now = fl_clock_real(s->rt);
    return now.wall - (now.mono - then);
}

/* Nothing was read since then; now it is again. */
static void stood(void *arg, int64_t since)
{
    struct skydive *s = arg;
    fl_outage_begin(&s->outage, wall_of(s, since), FULL);
    fl_outage_end(&s->outage, fl_clock_real(s->rt).wall);
}

static char *make_session(struct skydive *s, const struct fl_options *o)
{
    struct fl_ws_options session = {
        .queue = s->rt->queue,
        .ledger = &s->rt->ledger,
        .tls = s->tls,
        .request = {.url = &s->url,
                    .host_id = s->host_id,
                    .namespace_ = s->namespace_,
                    .username = setting(s, "analyzer.auth.cluster.username"),
                    .password = setting(s, "analyzer.auth.cluster.password")},
        .dead_timeout = fl_opt_int(o, "dead_timeout"),
        .idle_timeout = fl_opt_int(o, "idle_timeout"),
        .max_message = (uint64_t)fl_opt_int(o, "max_message"),
        .read_ahead = (size_t)fl_opt_int(o, "read_ahead"),
        .opened = opened,
        .stood = stood,
        .arg = s,
    };
    s->session = fl_ws_session_new(&session);
    return s->session ? NULL : fl_said("libwebsockets cannot be set up: are there enough file descriptors?");
}

static void skydive_close(void *source)
{
    struct skydive *s = source;
    fl_ws_session_free(s->session);
    fl_tls_context_free(s->tls);
    fl_ws_url_free(&s->url);
    free(s->host_id);
    free(s->namespace_);
    if (s->wake >= 0)
        close(s->wake);
    free(s);
}

static void *skydive_open(struct fl_runtime *rt, const struct fl_options *o, char **error)
{
    struct skydive *s = fl_new(struct skydive);
    s->rt = rt;
    s->outage = (struct fl_outage){.ledger = &rt->ledger, .next_pause = FL_FIRST_PAUSE};
    s->wake = eventfd(0, EFD_CLOEXEC);
    *error = s->wake < 0 ? fl_said("cannot make an eventfd: %s", strerror(errno)) : configure(s, o);
    if (!*error)
        *error = make_session(s, o);
    if (*error) {
        skydive_close(s);
        return NULL;
    }
    return s;
}

/* ---- run ------------------------------------------------------------------------------------------------------ */

static int64_t next_pause(struct skydive *s)
{
    uint32_t r;
    if (getrandom(&r, sizeof r, 0) != sizeof r)
        r = 0;
    return fl_outage_pause(&s->outage, r);
}

static void say_failed(struct skydive *s, const char *why, int status, int64_t pause)
{
    bool refused = status >= 400 && status < 500; /* somebody has to change something */
    enum fl_level level = refused ? FL_ERROR : FL_WARN;
    int64_t now = mono();
    if (strcmp(why, s->last_why) == 0 && now - s->said_at < REMIND)
        level = FL_DEBUG;
    else
        s->said_at = now;
    snprintf(s->last_why, sizeof s->last_why, "%s", why);
    fl_log(level, "cannot connect", "url=%s reason=%s next=%.1fs", fl_log_quote(s->url_text), fl_log_quote(why),
           (double)pause / FL_SECOND);
}

static void sleep_until_stop(struct skydive *s, int64_t ns)
{
    int64_t until = mono() + ns, left;
    while (!s->stop && (left = until - mono()) > 0) {
        struct pollfd p = {.fd = s->wake, .events = POLLIN};
        poll(&p, 1, left / 1000000 < 3600000 ? (int)(left / 1000000) + 1 : 3600000);
    }
}

/* Connects once and stays as long as it lasts. */
static void connection(struct skydive *s, struct fl_ws_result *result)
{
    *result = (struct fl_ws_result){0};
    s->started_at = mono();
    int64_t deadline = s->started_at + s->connect_timeout;
    int fd = fl_ws_tcp_connect(s->url.host, s->url.port, deadline, s->wake, result->why, sizeof result->why);
    if (fd >= 0 && s->stop)
        close(fd);
    else if (fd >= 0)
        fl_ws_session_run(s->session, fd, deadline, result);
}

/* A connection is over that had been opened; it wasn't us who ended it. */
static void lost(struct skydive *s, const struct fl_ws_result *r)
{
    char why[FL_WS_MAX_WHY + sizeof FULL + 8];
    snprintf(why, sizeof why, "%s%s%s", r->why, r->stood ? "; " : "", r->stood ? FULL : "");
    fl_outage_begin(&s->outage, wall_of(s, r->quiet_since), why);
}

static void skydive_run(void *source)
{
    struct skydive *s = source;
    while (!s->stop) {
        struct fl_ws_result r;
        connection(s, &r);
        s->connected = false;
        bool stop = s->stop;
        int64_t pause = stop ? 0 : next_pause(s);
        if (r.opened && !stop)
            lost(s, &r);
        if (r.opened)
            fl_log(stop ? FL_INFO : FL_WARN, "disconnected", "reason=%s after=%.1fs messages=%" PRIu64
                   " next=%.1fs", fl_log_quote(r.why),
                   (double)r.lasted / FL_SECOND, r.messages, (double)pause / FL_SECOND);
        else if (!stop)
            say_failed(s, r.why, r.status, pause);
        sleep_until_stop(s, pause);
    }
    fl_outage_end(&s->outage, fl_clock_real(s->rt).wall);
}

static void skydive_stop(void *source)
{
    struct skydive *s = source;
    uint64_t one = 1;
    s->stop = true;
    if (write(s->wake, &one, sizeof one) != sizeof one)
        fl_log(FL_DEBUG, "eventfd", "error=%s", strerror(errno));
    fl_ws_session_stop(s->session);
}

static bool skydive_connected(const void *source)
{
    return ((const struct skydive *)source)->connected;
}

extern const struct fl_source_kind fl_source_skydive;
const struct fl_source_kind fl_source_skydive = {
    .name = "skydive",
    .open = skydive_open,
    .run = skydive_run,
    .stop = skydive_stop,
    .close = skydive_close,
    .connected = skydive_connected,
    .asked = asked,
};
