/* refused.c - see refused.h. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "delivery/refused.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/text.h"
#include "drivers/sink.h"

#define PREFIX "refused-"

struct fl_refused {
    pthread_mutex_t lock; /* one is kept after the other: they are counted against max */
    char *directory;
    int64_t max;
};

struct fl_refused *fl_refused_new(const char *directory, int64_t max)
{
    if (!directory || !*directory)
        return NULL;
    struct fl_refused *r = fl_new(struct fl_refused);
    pthread_mutex_init(&r->lock, NULL);
    r->directory = fl_strdup(directory);
    r->max = max;
    return r;
}

void fl_refused_free(struct fl_refused *r)
{
    if (!r)
        return;
    pthread_mutex_destroy(&r->lock);
    free(r->directory);
    free(r);
}

/* The folder, made if it isn't there; -1 and errno. */
static int open_folder(const struct fl_refused *r)
{
    if (mkdir(r->directory, 0750) != 0 && errno != EEXIST)
        return -1;
    return open(r->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

char *fl_refused_check(struct fl_refused *r)
{
    int dir = open_folder(r);
    int e = dir < 0 ? errno : faccessat(dir, ".", W_OK | X_OK, AT_EACCESS) != 0 ? errno : 0;
    if (dir >= 0)
        close(dir);
    if (!e)
        return NULL;
    return fl_said("cannot keep refused objects in %s: %s; make it, or let this user (uid %ld) write there, or choose another "
                   "one (pipeline.refused.directory)", r->directory, strerror(e), (long)geteuid());
}

/* Bytes of what is kept there. -1 and errno. */
static int64_t bytes_in(int dir)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    int64_t total = 0;
    struct stat st;
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (strncmp(e->d_name, PREFIX, sizeof PREFIX - 1) == 0 && fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            total += st.st_size;
    closedir(d);
    return total;
}

/* 0 or errno; then nothing of the file is left. */
static int write_file(int dir, const char *name, const char *p, size_t n)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0)
        return errno;
    int e = fl_write_all(fd, p, n);
    if (!e && fsync(fd) != 0)
        e = errno;
    if (close(fd) != 0 && !e)
        e = errno;
    if (e)
        unlinkat(dir, name, 0);
    return e;
}

static int keep_in(int dir, const struct fl_object *o, const struct fl_buf *answer)
{
    uint64_t random = 0;
    char object[64], beside[64];
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return errno;
    snprintf(object, sizeof object, PREFIX "%016llx.object", (unsigned long long)random);
    snprintf(beside, sizeof beside, PREFIX "%016llx.answer", (unsigned long long)random);
    int e = write_file(dir, beside, answer->p, answer->n);
    if (e)
        return e;
    e = write_file(dir, object, o->data, o->size);
    if (!e && fsync(dir) != 0) {
        e = errno;
        unlinkat(dir, object, 0);
    }
    if (e)
        unlinkat(dir, beside, 0);
    return e;
}

bool fl_refused_keep(struct fl_refused *r, const struct fl_object *o, char *why, size_t why_size)
{
    struct fl_buf answer = {0};
    fl_buf_printf(&answer, "bucket: %s\nkey: %s\nclass: %s\nrecords: %llu\nbytes: %zu\ncontent-type: %s\n"
                  "content-encoding: %s\nfirst-timestamp: %lld\nlast-timestamp: %lld\nanswer: %s\n",
                  o->bucket, o->key, o->class_ ? o->class_ : "", (unsigned long long)o->num_records, o->size,
                  o->content_type ? o->content_type : "", o->content_encoding ? o->content_encoding : "",
                  (long long)o->first_timestamp, (long long)o->last_timestamp, why);
    pthread_mutex_lock(&r->lock);
    int dir = open_folder(r), e = dir < 0 ? errno : 0;
    int64_t there = e ? 0 : bytes_in(dir);
    if (there < 0)
        e = errno;
    bool full = !e && there + (int64_t)(o->size + answer.n) > r->max;
    if (!e && !full)
        e = keep_in(dir, o, &answer);
    if (dir >= 0)
        close(dir);
    pthread_mutex_unlock(&r->lock);
    size_t n = strnlen(why, why_size);
    if (full)
        snprintf(why + n, why_size - n, "; and %s is full (pipeline.refused.max): see what is there and move it away",
                 r->directory);
    else if (e)
        snprintf(why + n, why_size - n, "; and it cannot be kept in %s: %s", r->directory, strerror(e));
    fl_buf_free(&answer);
    return !e && !full;
}
