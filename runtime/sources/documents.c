/*
 * documents.c - documents from a file or standard input, in blocks; see intake/queue.h, drivers/source.h.
 *
 * A block ends behind its last newline, so a document hardly ever goes on in the next one; it does when it is larger
 * than a block, or when nothing comes behind it for a second. Files are read, never mapped: a mapped one that shrinks
 * would kill the process. A followed file is looked at four times a second, which works on every file system: when it
 * was replaced (rename) the old one is read to its end first, then those that were rotated since (rotated.c), all held open
 * meanwhile. When it was truncated, also if it has grown again, its copy is read to the end if there is one. What can't be found is a gap.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/log.h"
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/compressor.h"
#include "sources/documents.h"
#include "sources/rotated.h"
#include "intake/queue.h"
#include "state/positions.h"

#define BLOCK ((size_t)512 << 10)
#define POLL_MS 250
#define QUIET_MS 1000 /* an unfinished line that waits so long goes on its way */

struct file {
    struct fl_runtime *rt;
    char *path;                /* NULL: standard input */
    bool follow, detect;
    const struct fl_decompress_kind *packed; /* what the options say */
    size_t block;
    unsigned poll_ms;

    int fd, wake;              /* wake: eventfd, readable once stop was called */
    bool regular;
    dev_t dev;
    ino_t ino;
    uint64_t raw;              /* bytes that were read from this file */
    bool begun;                /* it is known whether this file is packed */
    bool replaced;             /* path names another file; this one gets a last look */
    bool rewritten;            /* it was truncated and has grown again */
    bool copy;                 /* of a file that was truncated, read to its end */
    bool sibling;              /* a rotated one, which may be packed meanwhile */
    uint8_t before[FL_BEFORE]; /* what was read last, of a followed file */
    size_t before_n;
    struct fl_rotated_list next; /* came after this one, from `taken` on; the last is what path names */
    uint32_t taken;
    uint8_t first[FL_MAGIC_MAX];          /* bytes that were read to find out, not yet used */
    unsigned first_n;
    const struct fl_decompress_kind *unpack; /* how this file is packed; NULL: it is plain */
    void *z;

    struct fl_message *m;      /* being filled */
    uint64_t number, offset;   /* of the next message; offset of m->data[0] */
    atomic_bool stop;
    bool failed;
};

enum outcome { OUT_MORE, OUT_QUIET, OUT_END, OUT_STOP, OUT_FAILED };

static const char *name_of(const struct file *f)
{
    return f->path ? f->path : "standard input";
}

/* ---- open ----------------------------------------------------------------------------------------------------- */

/* This file, from its beginning. */
static void read_from(struct file *f, int fd, const struct stat *st)
{
    f->fd = fd;
    f->regular = S_ISREG(st->st_mode);
    f->dev = st->st_dev;
    f->ino = st->st_ino;
    f->raw = f->offset = 0;
    f->begun = f->replaced = f->rewritten = f->copy = f->sibling = false;
    f->first_n = 0;
    f->before_n = 0;
    if (f->regular)
        posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

/* 0 or an errno. */
static int open_path(struct file *f)
{
    struct stat st;
    int fd = f->path ? open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : STDIN_FILENO;
    if (fd < 0)
        return errno;
    int e = fstat(fd, &st) ? errno : S_ISDIR(st.st_mode) ? EISDIR : 0;
    if (!e)
        read_from(f, fd, &st);
    else if (f->path)
        close(fd);
    return e;
}

static void close_fd(struct file *f)
{
    if (f->fd >= 0 && f->path)
        close(f->fd);
    f->fd = -1;
    if (f->z)
        f->unpack->close(f->z);
    f->z = NULL;
}

void fl_documents_close(void *source)
{
    struct file *f = source;
    close_fd(f);
    for (; f->taken < f->next.n; f->taken++)
        close(f->next.file[f->taken].fd);
    free(f->next.file);
    if (f->m)
        fl_queue_recycle(f->rt->queue, f->m);
    if (f->wake >= 0)
        close(f->wake);
    free(f->path);
    free(f);
}

static void gap(struct file *f, const char *what, const char *why)
{
    fl_count(&f->rt->ledger, FL_C_gaps, 1);
    fl_log(FL_WARN, what, "path=%s read=%" PRIu64 " lost=unknown reason=%s", fl_log_quote(f->path), f->raw, fl_log_quote(why));
}

/* Else nobody would know what to look for, if it were rotated before anything of it is stored. */
static void begin_at_zero(struct file *f)
{
    struct fl_position at = {.device = f->dev, .inode = f->ino};
    int e = f->fd >= 0 && f->regular && f->follow && f->rt->positions ? fl_positions_set(f->rt->positions, f->path, &at) : 0;
    if (e)
        fl_log(FL_ERROR, "cannot note the input's position", "path=%s reason=%s", fl_log_quote(f->path), fl_log_quote(strerror(e)));
}

/*
 * An earlier run stored what stands in front of `at`, NULL: nothing is known of one. A followed file may have been rotated since; one
 * that was truncated is found out by what stands there now, as while it is read. One that isn't followed is another file then.
 */
static void go_on(struct file *f)
{
    struct stat st;
    struct fl_position from, *at = &from;
    if (!fl_positions_get(f->rt->positions, f->path, at)) {
        begin_at_zero(f);
        return;
    }
    bool own = f->fd >= 0 && f->dev == at->device && f->ino == at->inode;
    if (!own && f->follow) {
        int fd = fl_rotated_find(f->path, at->device, at->inode, &st);
        if (fd >= 0 && at->before_n && !fl_rotated_same(fd, at->offset, at->before, at->before_n)) {
            close(fd); /* another one has its inode */
            fd = -1;
        }
        if (fd < 0) {
            f->raw = at->offset;
            gap(f, "file was rotated away", "the file that was read last isn't there any more");
            f->raw = 0;
            return;
        }
        if (f->fd >= 0)
            close(f->fd);
        read_from(f, fd, &st);
    } else if (!own || !f->regular || (!f->follow && at->before_n && !fl_rotated_same(f->fd, at->offset, at->before, at->before_n))) {
        return;
    }
    f->raw = f->offset = at->offset;
    f->begun = at->offset > 0;
    memcpy(f->before, at->before, at->before_n);
    f->before_n = at->before_n;
    lseek(f->fd, (off_t)at->offset, SEEK_SET);
    fl_log(FL_INFO, "input goes on where it was", "path=%s offset=%" PRIu64, fl_log_quote(f->path), at->offset);
}

void *fl_documents_open(struct fl_runtime *rt, const struct fl_documents_options *o, char **error)
{
    struct file *f = fl_new(struct file);
    f->rt = rt;
    f->path = o->path ? fl_said("%s", o->path) : NULL;
    f->follow = o->follow && o->path;
    f->packed = o->packed;
    f->detect = o->detect;
    f->block = o->block ? o->block : BLOCK;
    f->poll_ms = o->poll_ms ? o->poll_ms : POLL_MS;
    f->fd = -1;
    f->wake = eventfd(0, EFD_CLOEXEC);
    int e = f->wake < 0 ? errno : open_path(f);
    if (f->path && (!e || (e == ENOENT && f->follow)))
        go_on(f);
    *error = e && !(e == ENOENT && f->follow) ? fl_said("input '%s' cannot be read: %s", name_of(f), strerror(e)) : NULL;
    if (*error) {
        fl_documents_close(f);
        return NULL;
    }
    return f;
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

/* Waits for something to read: 1; 0: not within ms (-1: no limit); -1: stop. Regular files are always ready. */
static int wait_ready(struct file *f, int ms)
{
    if (f->stop)
        return -1;
    if (f->regular)
        return 1;
    struct pollfd p[2] = {{.fd = f->fd, .events = POLLIN}, {.fd = f->wake, .events = POLLIN}};
    int n = poll(p, 2, ms);
    if (f->stop || p[1].revents)
        return -1;
    return n > 0 && p[0].revents ? 1 : 0;
}

static void remember(struct file *f, const uint8_t *p, size_t n)
{
    if (n < FL_BEFORE) {
        size_t old = f->before_n < FL_BEFORE - n ? f->before_n : FL_BEFORE - n;
        memmove(f->before, f->before + f->before_n - old, old);
        memcpy(f->before + old, p, n);
        f->before_n = old + n;
        return;
    }
    memcpy(f->before, p + n - FL_BEFORE, FL_BEFORE);
    f->before_n = FL_BEFORE;
}

/* Is what was read still there? A file may be truncated and grow again between two looks. */
static bool rewritten(struct file *f)
{
    if (!f->rewritten && f->before_n)
        f->rewritten = !fl_rotated_same(f->fd, f->raw, f->before, f->before_n);
    return f->rewritten;
}

/* As read(2), without its interruptions; -1 with errno EAGAIN: nothing there. */
static ssize_t raw_read(struct file *f, void *p, size_t n)
{
    ssize_t got;
    if (f->follow && f->regular && rewritten(f))
        return 0;
    do
        got = read(f->fd, p, n);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        f->raw += (size_t)got;
    if (got > 0 && f->follow)
        remember(f, p, (size_t)got);
    return got;
}

static enum outcome broken(struct file *f, const char *why)
{
    fl_log(FL_ERROR, "input broke off", "path=%s offset=%" PRIu64 " reason=%s", fl_log_quote(name_of(f)), f->raw,
           fl_log_quote(why));
    f->failed = true;
    return OUT_FAILED;
}

/* What a read that gave nothing means. */
static enum outcome no_bytes(struct file *f, ssize_t got)
{
    if (got == 0)
        return OUT_END;
    if (errno == EAGAIN)
        return OUT_QUIET;
    return broken(f, strerror(errno));
}

/* The kind whose data begin with these n bytes; *more: they may become another's. */
static const struct fl_decompress_kind *recognize(const struct file *f, const uint8_t *first, size_t n, bool *more)
{
    const struct fl_decompress_kind *found = NULL;
    *more = false;
    for (const struct fl_driver *d = f->rt->drivers; d && d->kind; d++) {
        const struct fl_decompress_kind *k = d->kind;
        enum fl_begins b = d->family == FL_DECOMPRESS ? k->begins(first, n) : FL_BEGINS_NOT;
        *more |= b == FL_BEGINS_PERHAPS;
        if (b == FL_BEGINS)
            found = k;
    }
    return found;
}

static enum outcome badly_packed(struct file *f, const struct fl_decompress_kind *is)
{
    char why[128];
    if (f->packed)
        snprintf(why, sizeof why, "not %s, but the pipeline says decompress %s", f->packed->name, f->packed->name);
    else
        snprintf(why, sizeof why, "the input is %s: the pipeline has to say decompress %s", is->name, is->name);
    return broken(f, why);
}

/* Is this file packed? Needs a few bytes; an end before them is plain. */
static enum outcome begin(struct file *f)
{
    const struct fl_decompress_kind *is;
    bool more;
    char *error = NULL;
    while (is = recognize(f, f->first, f->first_n, &more), more) {
        if (wait_ready(f, -1) < 0)
            return OUT_STOP;
        ssize_t got = raw_read(f, f->first + f->first_n, 1);
        if (got == 0 && !f->follow)
            break;
        if (got <= 0)
            return no_bytes(f, got);
        f->first_n += (unsigned)got;
    }
    if (f->first_n && (f->packed ? is != f->packed : is && !f->detect && !f->sibling))
        return badly_packed(f, is);
    if (is) {
        struct fl_options o = {f->rt->config, "decompress", is->name};
        f->unpack = is;
        f->z = is->open(f->rt, &o, &error);
        if (!f->z) {
            enum outcome failed = broken(f, error);
            free(error);
            return failed;
        }
        size_t room;
        memcpy(is->space(f->z, &room), f->first, f->first_n);
        is->filled(f->z, f->first_n);
        f->first_n = 0;
    }
    f->begun = true;
    return OUT_MORE;
}

static enum outcome fill_plain(struct file *f, char *to, size_t room, size_t *n)
{
    if (f->first_n) {
        *n = f->first_n < room ? f->first_n : room;
        memcpy(to, f->first, *n);
        f->first_n -= (unsigned)*n;
        memmove(f->first, f->first + *n, f->first_n);
        return OUT_MORE;
    }
    ssize_t got = raw_read(f, to, room);
    if (got <= 0)
        return no_bytes(f, got);
    *n = (size_t)got;
    return OUT_MORE;
}

static enum outcome ends_in_the_middle(struct file *f)
{
    char why[64];
    snprintf(why, sizeof why, "%s data end in the middle", f->unpack->name);
    return broken(f, why);
}

static enum outcome fill_packed(struct file *f, char *to, size_t room, size_t *n)
{
    for (;;) {
        const char *why = NULL;
        *n = f->unpack->take(f->z, to, room, &why);
        if (why)
            return broken(f, why);
        if (*n)
            return OUT_MORE;
        int ready = wait_ready(f, 0);
        if (ready <= 0)
            return ready ? OUT_STOP : OUT_QUIET;
        size_t space;
        uint8_t *in = f->unpack->space(f->z, &space);
        ssize_t got = raw_read(f, in, space);
        if (got == 0 && !f->follow && f->unpack->inside(f->z))
            return ends_in_the_middle(f);
        if (got <= 0)
            return no_bytes(f, got);
        f->unpack->filled(f->z, (size_t)got);
    }
}

/* ---- handing over --------------------------------------------------------------------------------------------- */

/* Of what is packed, or no file, a position would be of no use. */
static void say_where(const struct file *f, struct fl_message *m)
{
    m->path = f->regular && !f->z ? f->path : NULL;
    m->device = f->dev;
    m->inode = f->ino;
}

/* A block of n bytes goes; what is behind them begins the next. False: the queue is closed. */
static bool hand_over(struct file *f, size_t n, bool last)
{
    struct fl_message *m = f->m;
    size_t rest = m->n - n;
    f->m = fl_queue_message(f->rt->queue, f->block);
    if (rest)
        memcpy(f->m->data, m->data + n, rest);
    f->m->n = rest;
    m->n = n;
    m->stream = true;
    m->last = last;
    m->number = ++f->number;
    m->offset = f->offset;
    say_where(f, m);
    f->offset += n;
    if (fl_queue_push(f->rt->queue, m))
        return true;
    fl_count(&f->rt->ledger, FL_C_messages, n > 0);
    fl_count(&f->rt->ledger, FL_C_rejected_messages, n > 0);
    if (n)
        fl_log(FL_WARN, "block given up", "path=%s bytes=%zu reason=\"stopping took too long\"",
               fl_log_quote(name_of(f)), n);
    return false;
}

/* Up to the last newline; a full block without one goes as it is. */
static bool hand_over_lines(struct file *f)
{
    const char *newline = f->m->n ? memrchr(f->m->data, '\n', f->m->n) : NULL;
    if (newline)
        return hand_over(f, (size_t)(newline - f->m->data) + 1, false);
    return f->m->n < f->block || hand_over(f, f->m->n, false);
}

/* One step of reading: more bytes in f->m, or why not. */
static enum outcome fill(struct file *f)
{
    if (!f->begun) {
        enum outcome o = begin(f);
        if (o != OUT_MORE)
            return o;
    }
    struct fl_message *m = f->m;
    size_t n = 0;
    int ready = f->first_n || (f->z && f->unpack->ready(f->z)) ? 1 : wait_ready(f, 0);
    if (!ready) { /* a lull: what is there goes on its way */
        if (!hand_over_lines(f))
            return OUT_STOP;
        ready = wait_ready(f, f->m->n ? QUIET_MS : -1);
        if (!ready)
            return hand_over(f, f->m->n, false) ? OUT_QUIET : OUT_STOP;
        m = f->m;
    }
    if (ready < 0)
        return OUT_STOP;
    enum outcome (*get)(struct file *, char *, size_t, size_t *) = f->z ? fill_packed : fill_plain;
    enum outcome o = get(f, m->data + m->n, f->block - m->n, &n);
    m->n += n;
    return o;
}

/* Reads to the end of this file. */
static enum outcome read_on(struct file *f)
{
    for (;;) {
        enum outcome o = fill(f);
        if (o == OUT_QUIET)
            continue;
        if (o != OUT_MORE)
            return o;
        if (f->m->n == f->block && !hand_over_lines(f))
            return OUT_STOP;
    }
}

/* ---- following ------------------------------------------------------------------------------------------------ */

static bool nap(struct file *f)
{
    struct pollfd p = {.fd = f->wake, .events = POLLIN};
    poll(&p, 1, (int)f->poll_ms);
    return !f->stop;
}

/* The file that path named first, once it is there. */
static bool wait_for_file(struct file *f)
{
    bool said = false;
    while (f->fd < 0) {
        struct fl_position known;
        int e = open_path(f);
        if (!e && !fl_positions_get(f->rt->positions, f->path, &known))
            begin_at_zero(f);
        if (e == ENOENT && !said)
            fl_log(FL_INFO, "waiting for the file", "path=%s", fl_log_quote(f->path));
        else if (e && e != ENOENT)
            fl_log_limited(60, FL_WARN, "input cannot be read", "path=%s reason=%s", fl_log_quote(f->path),
                           fl_log_quote(strerror(e)));
        said |= e == ENOENT;
        if (e && !nap(f))
            return false;
    }
    return true;
}

/* This file is over: the next block begins another stream. */
static bool end_of_stream(struct file *f)
{
    return hand_over(f, f->m->n, true);
}

static bool other_file(const struct file *f)
{
    struct stat st;
    return f->copy || f->taken < f->next.n || (stat(f->path, &st) == 0 && (st.st_dev != f->dev || st.st_ino != f->ino));
}

/* It was truncated: what it held is read on in its copy, if there is one. */
static bool go_on_in_copy(struct file *f)
{
    struct stat st;
    int fd = f->before_n ? fl_rotated_copy(f->path, f->raw, f->before, f->before_n, &st) : -1;
    if (fd < 0) {
        if (f->raw)
            gap(f, "file was truncated", "what was in it behind the place where reading was");
        return false;
    }
    fl_log(FL_INFO, "file was truncated, its copy is read on", "path=%s read=%" PRIu64, fl_log_quote(f->path), f->raw);
    lseek(fd, (off_t)f->raw, SEEK_SET);
    close(f->fd);
    f->fd = fd;
    f->copy = true;
    f->replaced = f->rewritten = false;
    return true;
}

/* The next file: one that was rotated since, or what path names. */
static bool next_file(struct file *f)
{
    struct stat st;
    bool copy = f->copy;
    if (f->taken == f->next.n && !copy && f->regular && fstat(f->fd, &st) == 0) {
        f->taken = 0;
        if (!fl_rotated_after(f->path, &st, &f->next))
            gap(f, "file was rotated away", "files between it and the oldest that is left");
        fl_log(FL_INFO, "file was replaced", "path=%s read=%" PRIu64 " files=%u", fl_log_quote(f->path), f->raw, f->next.n);
    }
    if (!end_of_stream(f))
        return false;
    close_fd(f);
    if (f->taken < f->next.n) {
        const struct fl_rotated *r = &f->next.file[f->taken++];
        read_from(f, r->fd, &r->st);
        f->sibling = f->taken < f->next.n;
    }
    return wait_for_file(f);
}

/* At the end of a followed file: returns when there is something to read again, in it or in its successor. */
static bool await_more(struct file *f)
{
    bool quiet = false;
    for (unsigned waited = 0;; waited += f->poll_ms) {
        struct stat st = {.st_size = (off_t)f->raw};
        if (f->m->n && waited >= QUIET_MS && !quiet) {
            quiet = true;
            if (!hand_over(f, f->m->n, false))
                return false;
        }
        if (!f->rewritten && !nap(f))
            return false;
        if (!f->regular)
            return true;
        bool known = fstat(f->fd, &st) == 0;
        bool truncated = f->rewritten || (uint64_t)st.st_size < f->raw;
        if (!truncated && known && (uint64_t)st.st_size > f->raw) {
            f->replaced = false;
            return true;
        }
        if (!truncated && !f->replaced) { /* a writer may still have the old one open: look once more */
            f->replaced = other_file(f);
            continue;
        }
        if (truncated && !f->copy) {
            if (go_on_in_copy(f))
                return true;
            f->copy = true; /* path is next */
        }
        if (f->z && f->unpack->inside(f->z))
            fl_log(FL_WARN, "packed data end in the middle", "path=%s kind=%s", fl_log_quote(f->path), f->unpack->name);
        return next_file(f);
    }
}

void fl_documents_run(void *source)
{
    struct file *f = source;
    if (!wait_for_file(f))
        return;
    f->m = fl_queue_message(f->rt->queue, f->block);
    for (;;) {
        enum outcome o = read_on(f);
        if (o == OUT_STOP)
            return;
        if (o == OUT_FAILED || !f->follow) {
            end_of_stream(f);
            return;
        }
        if (!hand_over_lines(f) || !await_more(f))
            return;
    }
}

void fl_documents_stop(void *source)
{
    struct file *f = source;
    uint64_t one = 1;
    f->stop = true;
    if (write(f->wake, &one, sizeof one) != sizeof one)
        fl_log(FL_DEBUG, "eventfd", "error=%s", strerror(errno));
}

/* Compressed ones aren't: unpacking goes on beside decoding. */
bool fl_documents_ready(const void *source)
{
    const struct file *f = source;
    uint8_t first[FL_MAGIC_MAX] = {0};
    ssize_t n = f->path && !f->follow && f->regular && !f->packed ? pread(f->fd, first, sizeof first, 0) : -1;
    bool more;
    return n >= 0 && !recognize(f, first, (size_t)n, &more);
}

/* What follows the last newline is read again with the next block: the kernel's copy costs less than a second one here. */
bool fl_documents_read(void *source, struct fl_message *m, size_t n)
{
    struct file *f = source;
    ssize_t got = 1;
    m->n = 0;
    fl_message_room(m, n);
    while (m->n < n && got && !f->stop) {
        got = pread(f->fd, m->data + m->n, n - m->n, (off_t)(f->offset + m->n));
        if (got > 0) {
            m->n += (size_t)got;
        } else if (got < 0 && errno != EINTR) {
            f->raw = f->offset + m->n;
            broken(f, strerror(errno));
            got = 0;
        }
    }
    bool full = m->n == n;
    const char *newline = full ? memrchr(m->data, '\n', n) : NULL;
    if (newline)
        m->n = (size_t)(newline - m->data) + 1;
    m->stream = true;
    m->last = !full && !f->stop;
    m->number = ++f->number;
    m->offset = f->offset;
    say_where(f, m);
    f->offset += m->n;
    return full;
}

bool fl_documents_failed(const void *source)
{
    return ((const struct file *)source)->failed;
}

/* ---- for the kinds ------------------------------------------------------------------------------------------------ */

const struct fl_decompress_kind *fl_documents_packed(const struct fl_runtime *rt)
{
    return fl_driver(rt->drivers, FL_DECOMPRESS, fl_config_kind(rt->config, "decompress"));
}
