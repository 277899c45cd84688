/*
 * journal.c - see journal.h. Called by positions.c.
 *
 * After a failed sync nobody knows which pages of the file are on disk, and a second sync may say yes to what was thrown away: so
 * the file is left alone, and the next record begins a new one, which takes its name when it is synced.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "state/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "state/crc32c.h"
#include "state/numbers.h"
#include "state/replace.h"

#define NAME "journal"
#define NAME_NEW "journal.new"
#define NAME_BAD "journal.bad"
#define HEAD 12
#define KIND 1                     /* the only one */
#define ROTATED ((size_t)256 << 10) /* a longer file is begun anew */
#define FILE_MAX (ROTATED + 2 * (FL_JOURNAL_RECORD_MAX + HEAD))

struct fl_journal {
    int folder, fd; /* fd -1: the next record begins a new file */
    size_t size;
};

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

/* Is a whole good record there? *n: its length. */
static bool good(const uint8_t *p, size_t left, size_t *n)
{
    if (left < HEAD)
        return false;
    *n = fl_number_at(p, 4);
    return *n <= FL_JOURNAL_RECORD_MAX && *n <= left - HEAD && fl_crc32c(0, p + 8, *n + 4) == fl_number_at(p + 4, 4);
}

struct fl_journal_found fl_journal_look(const uint8_t *p, size_t n)
{
    struct fl_journal_found f = {0};
    size_t at = 0, length;
    while (at < n && good(p + at, n - at, &length)) {
        if (fl_number_at(p + at + 8, 2) > FL_JOURNAL_VERSION) {
            f.newer = (unsigned)fl_number_at(p + at + 8, 2);
            return f;
        }
        f.at = at + HEAD;
        f.n = length;
        f.end = at += HEAD + length;
    }
    if (at == n)
        return f;
    /* A write that was cut short leaves the begin of one record and nothing behind it; more than that was no crash. */
    for (size_t i = at + 1; i < n && !f.damaged; i++)
        f.damaged = good(p + i, n - i, &length) && length > 0;
    f.torn = !f.damaged;
    return f;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* All of the file, to be freed; NULL and errno. */
static uint8_t *read_all(int fd, size_t *n)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return NULL;
    if ((uint64_t)st.st_size > FILE_MAX) {
        errno = EFBIG;
        return NULL;
    }
    uint8_t *p = fl_new_array(uint8_t, (size_t)st.st_size + 1);
    *n = 0;
    for (ssize_t k; *n < (size_t)st.st_size; *n += (size_t)k) {
        k = read(fd, p + *n, (size_t)st.st_size - *n);
        if (k < 0 && errno == EINTR) {
            k = 0;
        } else if (k < 0) {
            free(p);
            return NULL;
        } else if (k == 0) {
            break;
        }
    }
    return p;
}

/* A file with this record alone takes the journal's place. 0 or errno. */
static int begin_file(struct fl_journal *j, const uint8_t *frame, size_t n)
{
    int e = fl_replace(j->folder, NAME, NAME_NEW, frame, n, &j->fd);
    if (!e)
        j->size = n;
    return e;
}

int fl_journal_write(struct fl_journal *j, const void *record, size_t n)
{
    uint8_t *frame = fl_new_array(uint8_t, n + HEAD);
    fl_number_put(frame, 4, (uint32_t)n);
    fl_number_put(frame + 8, 2, FL_JOURNAL_VERSION);
    fl_number_put(frame + 10, 2, KIND);
    memcpy(frame + HEAD, record, n);
    fl_number_put(frame + 4, 4, fl_crc32c(0, frame + 8, n + 4));
    int e;
    if (j->fd >= 0 && j->size < ROTATED) {
        e = fl_write_synced(j->fd, frame, n + HEAD);
        j->size += n + HEAD;
    } else {
        if (j->fd >= 0)
            close(j->fd);
        j->fd = -1;
        e = begin_file(j, frame, n + HEAD);
    }
    if (e && j->fd >= 0) {
        close(j->fd);
        j->fd = -1;
    }
    free(frame);
    return e;
}

/* What stands in the file, once it is known to be on disk. NULL, or what is wrong. */
static char *recover(struct fl_journal *j, const char *path, uint8_t **record, size_t *n)
{
    size_t size = 0;
    uint8_t *p = read_all(j->fd, &size);
    if (!p)
        return fl_said("cannot read %s/" NAME ": %s", path, strerror(errno));
    struct fl_journal_found f = fl_journal_look(p, size);
    if (f.newer) {
        free(p);
        return fl_said("%s/" NAME " has a record of version %u, and this program knows %d: run a program built by that newer flowc, or choose "
                       "another directory (pipeline.state.directory, --state) to begin anew", path, f.newer, FL_JOURNAL_VERSION);
    }
    int e = f.torn && ftruncate(j->fd, (off_t)f.end) != 0 ? errno : 0;
    if (!e && fdatasync(j->fd) != 0)
        e = errno;
    if (!e && f.damaged) {
        fl_log(FL_ERROR, "the journal is damaged, the rest of it is set aside", "path=%s/" NAME_BAD " good_bytes=%zu bytes=%zu", path, f.end, size);
        if (renameat2(j->folder, NAME, j->folder, NAME_BAD, 0) != 0 || fsync(j->folder) != 0)
            e = errno;
        close(j->fd);
        j->fd = -1;
    }
    j->size = f.end;
    if (!e && f.n) {
        *record = fl_new_array(uint8_t, f.n);
        memcpy(*record, p + f.at, f.n);
        *n = f.n;
    }
    free(p);
    if (!e && f.damaged && *n)
        e = fl_journal_write(j, *record, *n);
    return e ? fl_said("cannot write to %s/" NAME ": %s", path, strerror(e)) : NULL;
}

struct fl_journal *fl_journal_open(int folder, const char *path, uint8_t **record, size_t *n, char **error)
{
    struct fl_journal *j = fl_new(struct fl_journal);
    j->folder = folder;
    *error = NULL;
    *record = NULL;
    *n = 0;
    j->fd = openat(folder, NAME, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    if (j->fd < 0 && errno == ENOENT)
        return j;
    *error = j->fd < 0 ? fl_said("cannot read %s/" NAME ": %s", path, strerror(errno)) : recover(j, path, record, n);
    if (!*error)
        return j;
    free(*record);
    *record = NULL;
    fl_journal_close(j);
    return NULL;
}

void fl_journal_close(struct fl_journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0)
        close(j->fd);
    free(j);
}
