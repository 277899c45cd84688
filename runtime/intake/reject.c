/* reject.c - see reject.h. */
#include "intake/reject.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "json/write.h"
#include "base/log.h"
#include "base/text.h"

#define PREFIX "rejected-"
#define SUFFIX ".jsonl"
#define KEPT_BUFFER ((size_t)1 << 20)

struct fl_reject {
    char *directory;
    int64_t max;
    int dir;              /* the folder; -1: not open */
    int file;             /* the newest file; -1: none */
    int64_t file_size;
    int64_t others;       /* bytes in the older files */
    unsigned number;      /* of files that this process began */
    bool failing;         /* said already that it can't be written to */
    struct fl_buf lines;  /* not yet written */
    uint64_t lost;        /* bytes that could not be written */
    int64_t wall;         /* of the last line */
};

struct fl_reject *fl_reject_new(const char *directory, int64_t max)
{
    if (!directory || !*directory)
        return NULL;
    struct fl_reject *r = fl_new(struct fl_reject);
    r->directory = fl_strdup(directory);
    r->max = max < 4096 ? 4096 : max;
    r->dir = r->file = -1;
    return r;
}

static void failed(struct fl_reject *r, const char *what)
{
    if (!r->failing)
        fl_log(FL_WARN, "can't keep rejected input; it is only counted", "directory=%s step=%s error=%s",
               fl_log_quote(r->directory), what, fl_log_quote(strerror(errno)));
    r->failing = true;
}

static bool ours(const char *name)
{
    size_t n = strlen(name);
    return n > sizeof PREFIX + sizeof SUFFIX && strncmp(name, PREFIX, sizeof PREFIX - 1) == 0 &&
           strcmp(name + n - (sizeof SUFFIX - 1), SUFFIX) == 0;
}

/* The name that sorts first, which is the oldest, into `oldest`; *total gets the bytes of all. False: there is none. */
static bool look_around(struct fl_reject *r, char oldest[256], int64_t *total)
{
    *total = 0;
    oldest[0] = 0;
    int fd = dup(r->dir);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    rewinddir(d);
    struct stat st;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (!ours(e->d_name) || fstatat(r->dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        *total += st.st_size;
        if (!oldest[0] || strcmp(e->d_name, oldest) < 0)
            snprintf(oldest, 256, "%s", e->d_name);
    }
    closedir(d);
    return oldest[0] != 0;
}

/* Remove the oldest files until `room` more bytes fit. */
static void make_room(struct fl_reject *r, int64_t room)
{
    char oldest[256];
    int64_t total;
    while (look_around(r, oldest, &total)) {
        r->others = total;
        if (total + room <= r->max)
            return;
        if (unlinkat(r->dir, oldest, 0) != 0) {
            failed(r, "unlink");
            return;
        }
        fl_log_limited(60, FL_INFO, "oldest rejected input removed", "directory=%s file=%s max_bytes=%lld",
                       fl_log_quote(r->directory), oldest, (long long)r->max);
    }
    r->others = 0;
}

static bool open_folder(struct fl_reject *r)
{
    if (r->dir >= 0)
        return true;
    if (mkdir(r->directory, 0750) != 0 && errno != EEXIST) {
        failed(r, "mkdir");
        return false;
    }
    r->dir = open(r->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->dir < 0)
        failed(r, "open");
    return r->dir >= 0;
}

static bool begin_file(struct fl_reject *r, int64_t room)
{
    make_room(r, room);
    time_t s = (time_t)(r->wall / 1000000000);
    struct tm tm;
    char stamp[32], name[80];
    gmtime_r(&s, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    do { /* another process may have begun one in the same second */
        snprintf(name, sizeof name, PREFIX "%s-%06u" SUFFIX, stamp, r->number++);
        r->file = openat(r->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
    } while (r->file < 0 && errno == EEXIST);
    r->file_size = 0;
    if (r->file < 0)
        failed(r, "create");
    return r->file >= 0;
}

static void drop_handles(struct fl_reject *r)
{
    if (r->file >= 0)
        close(r->file);
    if (r->dir >= 0)
        close(r->dir);
    r->file = r->dir = -1;
}

/* Has somebody removed the folder, or the file that is being written? */
static bool gone(const struct fl_reject *r)
{
    struct stat st;
    return (r->dir >= 0 && (fstat(r->dir, &st) != 0 || st.st_nlink == 0)) ||
           (r->file >= 0 && (fstat(r->file, &st) != 0 || st.st_nlink == 0));
}

static bool write_lines(struct fl_reject *r)
{
    int64_t n = (int64_t)r->lines.n;
    if (gone(r))
        drop_handles(r);
    if (r->file >= 0 && (r->file_size + n > r->max / 8 || r->others + r->file_size + n > r->max)) {
        close(r->file);
        r->file = -1;
    }
    if (!open_folder(r) || (r->file < 0 && !begin_file(r, n)))
        return false;
    int e = fl_write_all(r->file, r->lines.p, r->lines.n);
    if (e) {
        errno = e;
        failed(r, "write");
        return false;
    }
    r->file_size += n;
    return true;
}

void fl_reject_flush(struct fl_reject *r)
{
    if (!r || !r->lines.n)
        return;
    if (write_lines(r)) {
        if (r->failing)
            fl_log(FL_INFO, "rejected input is kept again", "directory=%s lost_bytes=%llu", fl_log_quote(r->directory),
                   (unsigned long long)r->lost);
        r->failing = false;
        r->lost = 0;
    } else {
        drop_handles(r);
        r->lost += r->lines.n;
    }
    r->lines.n = 0;
    if (r->lines.cap > KEPT_BUFFER)
        fl_buf_free(&r->lines);
}

static void put_string(struct fl_buf *b, const char *p, size_t n)
{
    fl_buf_room(b, 6 * n + 2);
    b->n = (size_t)(fl_put_string(b->p + b->n, (fl_str){p, (uint32_t)n, FL_PLAIN}) - b->p);
}

/* A JSON value on one line: line ends stand only between its tokens. */
static void put_line(struct fl_buf *b, const char *p, size_t n)
{
    char *w = fl_buf_room(b, n);
    for (size_t i = 0; i < n; i++)
        w[i] = p[i] == '\n' || p[i] == '\r' ? ' ' : p[i];
    b->n += n;
}

void fl_reject_put(struct fl_reject *r, int64_t wall, const struct fl_rejected *what)
{
    if (!r)
        return;
    size_t most = (size_t)r->max / 4 / 6; /* one byte may become six */
    size_t n = what->n < most ? what->n : most;
    r->wall = wall;
    struct fl_buf *b = &r->lines;
    if (b->n && b->n + 6 * n > (size_t)r->max / 8)
        fl_reject_flush(r);
    fl_buf_puts(b, "{\"time\":");
    fl_buf_room(b, FL_TIME_MAX);
    b->n = (size_t)(fl_put_rfc3339(b->p + b->n, wall) - b->p);
    fl_buf_printf(b, ",\"message\":%llu", (unsigned long long)what->message);
    if (what->field) {
        fl_buf_puts(b, ",\"field\":");
        put_string(b, what->field, strlen(what->field));
    }
    fl_buf_puts(b, ",\"error\":");
    put_string(b, what->error, strlen(what->error));
    if (what->field && n == what->n) {
        fl_buf_puts(b, ",\"flow\":");
        put_line(b, what->text, n);
    } else {
        fl_buf_puts(b, n < what->n ? ",\"cut\":true,\"text\":" : ",\"text\":");
        put_string(b, what->text, n);
    }
    fl_buf_puts(b, "}\n");
    if (b->n > (size_t)r->max / 8)
        fl_reject_flush(r);
}

void fl_reject_free(struct fl_reject *r)
{
    if (!r)
        return;
    fl_reject_flush(r);
    drop_handles(r);
    fl_buf_free(&r->lines);
    free(r->directory);
    free(r);
}
