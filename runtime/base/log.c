/*
 * log.c - see log.h. Called by every part of the runtime, from every thread.
 *
 * A line is put together on the caller's stack and handed to each backend with one system call, so lines of several
 * threads never mix and no lock is held while one is written. The configuration changes only before threads start.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/memory.h"
#include "base/text.h"

#define PAIRS 4096 /* longest text of pairs; more is cut */
#define LINE  (6 * PAIRS + 1024)
#define BACKENDS 4
#define SYSLOG_DAEMON (3 << 3)

#define PATIENCE_MS 1000 /* a pipe or terminal that takes nothing for so long is not waited for until it does again */

struct backend {
    bool on, json, color, journal; /* journal: it has times of its own, and takes <N> for the priority */
    enum fl_level level;
    int fd;
    atomic_bool stuck;
    atomic_ullong lost; /* lines since then */
};

/* The one thing that a process has once. */
static struct {
    struct backend b[BACKENDS];
    char id[128];
    char syslog_tag[64];
    char *file;
    struct sockaddr_un syslog_to;
    void (*capture)(void *arg, const char *text);
    void *capture_arg;
} state = { .b = { { .on = true, .level = FL_INFO, .fd = STDERR_FILENO } } };

static const char *const level_name[] = { "DEBUG", "INFO", "WARN", "ERROR", "CRITICAL" };
static const int level_color[] = { 35, 34, 33, 31, 31 };
static const int level_syslog[] = { 7, 6, 4, 3, 2 };

/* NOTICE: nothing is logged at it, so it is the next one above. */
static const struct { const char *name; enum fl_level level; } level_words[] = {
    { "CRITICAL", FL_CRITICAL }, { "ERROR", FL_ERROR }, { "WARNING", FL_WARN }, { "NOTICE", FL_WARN },
    { "INFO", FL_INFO }, { "DEBUG", FL_DEBUG }, { "WARN", FL_WARN },
};

bool fl_level_parse(const char *s, enum fl_level *level)
{
    for (size_t i = 0; i < sizeof level_words / sizeof *level_words; i++) {
        if (!strcasecmp(level_words[i].name, s)) {
            *level = level_words[i].level;
            return true;
        }
    }
    return false;
}

/* ---- putting a line together ------------------------------------------------------------------------------ */

struct line {
    char *p;
    size_t n, cap; /* one byte is always left for the end of line */
};

static void put(struct line *l, const char *s, size_t n)
{
    size_t room = l->cap - 1 - l->n;
    if (n > room)
        for (n = room; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80; n--) /* not in the middle of a character */
            ;
    memcpy(l->p + l->n, s, n);
    l->n += n;
}

static void puts_(struct line *l, const char *s)
{
    put(l, s, strlen(s));
}

/*
 * The character at s as it may stand in a line, into out: what would end or bend the line, and what is no text at all, is
 * written as \n, \t, \r or its bytes as \xNN. Returns the bytes written, *used those read. The one place that knows what
 * a line takes.
 */
static size_t clean(char out[16], const char *s, size_t n, size_t *used)
{
    size_t c = fl_utf8_length(s, n), control = c ? fl_control(s) : 1, w = 0;
    *used = c ? c : 1;
    if (!control) {
        memcpy(out, s, c);
        return c;
    }
    if (*s == '\n' || *s == '\t' || *s == '\r') {
        out[0] = '\\';
        out[1] = *s == '\n' ? 'n' : *s == '\t' ? 't' : 'r';
        return 2;
    }
    for (size_t i = 0; i < *used; i++, w += 4) {
        out[w] = '\\';
        out[w + 1] = 'x';
        out[w + 2] = "0123456789abcdef"[(unsigned char)s[i] >> 4];
        out[w + 3] = "0123456789abcdef"[s[i] & 15];
    }
    return w;
}

static void put_clean(struct line *l, const char *s)
{
    size_t n = strlen(s), used;
    char out[16];
    for (size_t i = 0; i < n; i += used) {
        size_t w = clean(out, s + i, n - i, &used);
        put(l, out, w);
    }
}

/* The inside of a JSON string; what is not UTF-8 becomes U+FFFD. */
static void put_json(struct line *l, const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t c = fl_utf8_length(s + i, n - i);
        const unsigned char *u = (const unsigned char *)s + i;
        char esc[8];
        if (c == 0) {
            puts_(l, "\xef\xbf\xbd");
            i++;
            continue;
        }
        if (*u == '"' || *u == '\\') {
            esc[0] = '\\';
            esc[1] = (char)*u;
            put(l, esc, 2);
        } else if (fl_control(s + i)) {
            unsigned point = c == 1 ? u[0] : c == 2 ? (u[0] & 31u) << 6 | (u[1] & 63u)
                                                    : (u[0] & 15u) << 12 | (u[1] & 63u) << 6 | (u[2] & 63u);
            put(l, esc, (size_t)snprintf(esc, sizeof esc, "\\u%04x", point & 0xffff));
        } else {
            put(l, s + i, c);
        }
        i += c;
    }
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Undo fl_log_quote in place: s stands behind the opening quote. Returns the length, *used what was read with the
 * closing quote.
 */
static size_t unquote(char *s, size_t *used)
{
    size_t n = 0, i = 0;
    while (s[i] && s[i] != '"') {
        if (s[i] != '\\' || !s[i + 1]) {
            s[n++] = s[i++];
        } else if (s[i + 1] == 'x' && hex(s[i + 2]) >= 0 && hex(s[i + 3]) >= 0) {
            s[n++] = (char)(hex(s[i + 2]) * 16 + hex(s[i + 3]));
            i += 4;
        } else {
            char c = s[i + 1];
            s[n++] = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
            i += 2;
        }
    }
    *used = i + (s[i] == '"');
    return n;
}

/* `key=value key="a value"` as ,"key":"value" members. Text that is no pair is kept under "text". Spoils `pairs`. */
static void put_json_pairs(struct line *l, char *pairs)
{
    char *p = pairs;
    while (*p) {
        if (*p == ' ') {
            p++;
            continue;
        }
        size_t key = strcspn(p, "= ");
        puts_(l, ",\"");
        if (p[key] != '=') {
            puts_(l, "text\":\"");
            put_json(l, p, key);
            p += key;
        } else {
            put_json(l, p, key);
            puts_(l, "\":\"");
            p += key + 1;
            if (*p == '"') {
                size_t used, n = unquote(p + 1, &used);
                put_json(l, p + 1, n);
                p += 1 + used;
            } else {
                size_t n = strcspn(p, " ");
                put_json(l, p, n);
                p += n;
            }
        }
        puts_(l, "\"");
    }
}

static void put_time(struct line *l)
{
    struct timespec t;
    struct tm tm;
    char text[64];
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &tm);
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof text - n, ".%03ldZ", t.tv_nsec / 1000000);
    puts_(l, text);
}

static void json_line(struct line *l, enum fl_level level, const char *message, const char *pairs)
{
    char copy[PAIRS];
    snprintf(copy, sizeof copy, "%s", pairs);
    puts_(l, "{\"time\":\"");
    put_time(l);
    puts_(l, "\",\"level\":\"");
    puts_(l, level_name[level]);
    puts_(l, "\",\"message\":\"");
    put_json(l, message, strlen(message));
    puts_(l, "\"");
    if (state.id[0]) {
        puts_(l, ",\"id\":\"");
        put_json(l, state.id, strlen(state.id));
        puts_(l, "\"");
    }
    put_json_pairs(l, copy);
    puts_(l, "}");
}

/* Without time and level where syslog adds its own. */
static void text_line(struct line *l, const struct backend *b, bool bare, enum fl_level level, const char *message,
                      const char *pairs)
{
    char color[16];
    if (!bare) {
        put_time(l);
        puts_(l, " ");
        if (b->color) {
            snprintf(color, sizeof color, "\033[%dm", level_color[level]);
            puts_(l, color);
        }
        puts_(l, level_name[level]);
        if (b->color)
            puts_(l, "\033[0m");
        puts_(l, " ");
    }
    put_clean(l, message);
    if (state.id[0]) {
        puts_(l, " id=");
        puts_(l, fl_log_quote(state.id));
    }
    if (pairs[0]) {
        puts_(l, " ");
        put_clean(l, pairs);
    }
}

/* ---- backends ------------------------------------------------------------------------------------------------ */

/* Is there room? A reader that has stopped reading must not stop the pipeline, nor its end. */
static bool takes_more(struct backend *b)
{
    struct pollfd p = { .fd = b->fd, .events = POLLOUT };
    int n;
    do
        n = poll(&p, 1, atomic_load(&b->stuck) ? 0 : PATIENCE_MS);
    while (n < 0 && errno == EINTR);
    atomic_store(&b->stuck, n == 0);
    return n != 0;
}

/* What takes bytes, a pipe, has room for PIPE_BUF of them; longer lines are rare. */
static bool write_line(struct backend *b, const char *p, size_t n)
{
    while (n > 0) {
        if (!takes_more(b))
            return false;
        ssize_t w = write(b->fd, p, n < PIPE_BUF ? n : PIPE_BUF);
        if (w < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (w < 0)
            return true; /* nowhere left to complain */
        p += w;
        n -= (size_t)w;
    }
    return true;
}

static void syslog_line(enum fl_level level, const char *text)
{
    char head[160], stamp[32], packet[LINE + sizeof head];
    struct tm tm;
    time_t now = time(NULL);
    localtime_r(&now, &tm);
    strftime(stamp, sizeof stamp, "%b %e %H:%M:%S", &tm);
    int n = snprintf(packet, sizeof packet, "<%d>%s %s[%d]: %s", SYSLOG_DAEMON | level_syslog[level], stamp,
                     state.syslog_tag, (int)getpid(), text);
    size_t size = (size_t)n < sizeof packet ? (size_t)n : sizeof packet - 1;
    /* Addressed anew each time: the daemon may have been restarted. */
    ssize_t sent = sendto(state.b[3].fd, packet, size, MSG_NOSIGNAL, (const struct sockaddr *)&state.syslog_to,
                          sizeof state.syslog_to);
    (void)sent;
}

static void make_line(struct line *l, const struct backend *b, enum fl_level level, const char *message,
                      const char *pairs)
{
    if (b->journal) {
        char priority[] = "<6>";
        priority[1] = (char)('0' + level_syslog[level]);
        puts_(l, priority);
    }
    if (b->json)
        json_line(l, level, message, pairs);
    else
        text_line(l, b, b->journal || b == &state.b[3], level, message, pairs);
}

static void say_lost(struct backend *b)
{
    char text[512], pairs[48];
    struct line l = { text, 0, sizeof text };
    snprintf(pairs, sizeof pairs, "lines=%llu", (unsigned long long)atomic_exchange(&b->lost, 0));
    make_line(&l, b, FL_WARN, "the log took nothing, lines are missing before the last one", pairs);
    text[l.n++] = '\n';
    write_line(b, text, l.n);
}

static void emit_masked(enum fl_level level, const char *message, const char *pairs)
{
    char text[LINE];
    if (state.capture) {
        struct line l = { text, 0, sizeof text };
        text_line(&l, &(struct backend){ 0 }, false, level, message, pairs);
        text[l.n] = 0;
        state.capture(state.capture_arg, text);
        return;
    }
    for (int i = 0; i < BACKENDS; i++) {
        struct backend *b = &state.b[i];
        if (!b->on || level < b->level)
            continue;
        struct line l = { text, 0, sizeof text };
        make_line(&l, b, level, message, pairs);
        if (i == 3) {
            text[l.n] = 0;
            syslog_line(level, text);
            continue;
        }
        text[l.n++] = '\n';
        if (!write_line(b, text, l.n))
            atomic_fetch_add(&b->lost, 1);
        else if (atomic_load(&b->lost))
            say_lost(b);
    }
}

/* Nobody who logs a URL has to think of the password that may stand in it. */
static void emit(enum fl_level level, const char *message, const char *pairs)
{
    if (!strchr(message, '@') && !strchr(pairs, '@')) {
        emit_masked(level, message, pairs);
        return;
    }
    struct fl_buf b = { 0 };
    fl_put_masked(&b, message);
    fl_buf_putc(&b, 0);
    size_t second = b.n;
    fl_put_masked(&b, pairs);
    fl_buf_putc(&b, 0);
    emit_masked(level, b.p, b.p + second);
    fl_buf_free(&b);
}

static void format(char out[PAIRS], const char *pairs, va_list ap)
{
    out[0] = 0;
    if (pairs && vsnprintf(out, PAIRS, pairs, ap) >= PAIRS)
        memcpy(out + PAIRS - 4, "...", 4);
}

bool fl_log_wanted(enum fl_level level)
{
    if (state.capture)
        return true;
    for (int i = 0; i < BACKENDS; i++)
        if (state.b[i].on && level >= state.b[i].level)
            return true;
    return false;
}

void fl_log(enum fl_level level, const char *message, const char *pairs, ...)
{
    if (!fl_log_wanted(level))
        return;
    int keep = errno;
    char text[PAIRS];
    va_list ap;
    va_start(ap, pairs);
    format(text, pairs, ap);
    va_end(ap);
    emit(level, message, text);
    errno = keep;
}

/* ---- limited lines --------------------------------------------------------------------------------------------- */

#define MESSAGES 64

static pthread_mutex_t limit_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    const char *message;
    const void *whose;
    int64_t said; /* mono ns */
    uint64_t left_out;
} limits[MESSAGES];

/* May the message be said now? *left_out: how often it was not since the last time. */
static bool may_say(const void *whose, const char *message, unsigned seconds, uint64_t *left_out)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t now = t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
    bool yes = true;
    *left_out = 0;
    pthread_mutex_lock(&limit_lock);
    int at = 0;
    for (int i = 0; i < MESSAGES; i++) {
        if (limits[i].message == message && limits[i].whose == whose) {
            at = i;
            break;
        }
        /* Not there: a free place, or that of the message which was said longest ago. */
        if (limits[at].message && (!limits[i].message || limits[i].said < limits[at].said))
            at = i;
    }
    bool there = limits[at].message == message && limits[at].whose == whose;
    if (there && now - limits[at].said < (int64_t)seconds * INT64_C(1000000000)) {
        limits[at].left_out++;
        yes = false;
    } else {
        if (there)
            *left_out = limits[at].left_out;
        limits[at].message = message;
        limits[at].whose = whose;
        limits[at].said = now;
        limits[at].left_out = 0;
    }
    pthread_mutex_unlock(&limit_lock);
    return yes;
}

void fl_log_limited_of(const void *whose, unsigned seconds, enum fl_level level, const char *message, const char *pairs, ...)
{
    uint64_t left_out;
    if (!fl_log_wanted(level) || !may_say(whose, message, seconds, &left_out))
        return;
    int keep = errno;
    char text[PAIRS];
    va_list ap;
    va_start(ap, pairs);
    format(text, pairs, ap);
    va_end(ap);
    if (left_out > 0) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%srepeated=%llu", n ? " " : "", (unsigned long long)left_out);
    }
    emit(level, message, text);
    errno = keep;
}

/* ---- quoting ---------------------------------------------------------------------------------------------- */

#define RING 8
#define CUT 200 /* bytes, of which each is at most four characters of a line */

const char *fl_log_quoten(const char *s, size_t n)
{
    static _Thread_local char ring[RING][CUT * 4 + 24];
    static _Thread_local unsigned next;
    char *out = ring[next++ % RING], *o = out;
    bool cut = n > CUT, quote = n == 0 || cut;
    if (cut) {
        size_t from = 0, to;
        if (fl_userinfo(s, n, &from, &to) && from < CUT && to >= CUT)
            n = from; /* emit doesn't know it any more without its @ */
    }
    if (n > CUT) {
        n = CUT;
        while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80) /* not in the middle of a character */
            n--;
    }
    char c[16];
    for (size_t i = 0, used; i < n && !quote; i += used)
        quote = s[i] == ' ' || s[i] == '"' || s[i] == '=' || s[i] == '\\' || clean(c, s + i, n - i, &used) != used;
    if (!quote) {
        memcpy(out, s, n);
        out[n] = 0;
        return out;
    }
    *o++ = '"';
    for (size_t i = 0, used; i < n; i += used) {
        if (s[i] == '"' || s[i] == '\\')
            *o++ = '\\';
        o += clean(o, s + i, n - i, &used);
    }
    if (cut)
        o = stpcpy(o, "...");
    *o++ = '"';
    *o = 0;
    return out;
}

const char *fl_log_quote(const char *s)
{
    return s ? fl_log_quoten(s, strlen(s)) : "\"\"";
}

/* ---- configuration ---------------------------------------------------------------------------------------- */

/* Does the descriptor go to systemd's journal? It says so as DEVICE:INODE, since whoever is started from here inherits the variable. */
static bool is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat s;
    unsigned long long device, inode;
    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(fd, &s) == 0 && s.st_dev == device && s.st_ino == inode;
}

static char *trouble(const char *what, const char *name)
{
    return fl_said("%s %s: %s", what, name, strerror(errno));
}

static char *open_syslog(const struct fl_log_options *o)
{
    const char *to = o->syslog_address ? o->syslog_address : "/dev/log";
    state.syslog_to = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(to) >= sizeof state.syslog_to.sun_path) {
        errno = ENAMETOOLONG;
        return trouble("cannot log to", to);
    }
    memcpy(state.syslog_to.sun_path, to, strlen(to) + 1);
    snprintf(state.syslog_tag, sizeof state.syslog_tag, "%s", o->syslog_tag ? o->syslog_tag : "skydive");
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&state.syslog_to, sizeof state.syslog_to) < 0) {
        char *error = trouble("cannot log to", to);
        if (fd >= 0)
            close(fd);
        return error;
    }
    /* Only the first sign of life needed the connection; each line is addressed by itself. */
    connect(fd, &(struct sockaddr){ .sa_family = AF_UNSPEC }, sizeof(struct sockaddr));
    state.b[3].fd = fd;
    return NULL;
}

static void last_words(const char *what, const char *pairs)
{
    fl_log(FL_CRITICAL, what, "%s", pairs);
}

char *fl_log_configure(const struct fl_log_options *o)
{
    fl_last_words_go_to(last_words);
    for (int i = 2; i < BACKENDS; i++)
        if (state.b[i].on && state.b[i].fd >= 0)
            close(state.b[i].fd);
    for (int i = 0; i < BACKENDS; i++) {
        struct backend *b = &state.b[i];
        *b = (struct backend){ .on = false, .json = o->json[i], .level = o->level[i],
                               .fd = i == 0 ? 2 : i == 1 ? 1 : -1 };
        if (!(o->backends & (1u << i)))
            continue;
        if (i == 2) {
            b->fd = open(o->file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
            if (b->fd < 0)
                return trouble("cannot write the log file", o->file);
            free(state.file);
            state.file = fl_strdup(o->file);
        }
        if (i == 3) {
            char *error = open_syslog(o);
            if (error)
                return error;
        }
        b->color = o->color && isatty(b->fd);
        b->journal = i < 2 && is_journal(b->fd);
        b->on = true;
    }
    snprintf(state.id, sizeof state.id, "%s", o->id ? o->id : "");
    return NULL;
}

bool fl_log_reopen(void)
{
    struct backend *b = &state.b[2];
    if (!b->on)
        return false;
    int fd = open(state.file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    /* The number stays: other threads may be about to write to it. */
    if (fd < 0 || dup3(fd, b->fd, O_CLOEXEC) < 0)
        fl_log(FL_ERROR, "cannot open the log file again, the old one is written on", "file=%s reason=%s",
               fl_log_quote(state.file), fl_log_quote(strerror(errno)));
    if (fd >= 0)
        close(fd);
    return true;
}

void fl_log_capture(void (*line)(void *arg, const char *text), void *arg)
{
    state.capture = line;
    state.capture_arg = arg;
}
