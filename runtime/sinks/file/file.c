/*
 * file.c - sink `file`: a directory with the layout of a bucket, directory/bucket/key.
 *
 * An object appears under its name complete and on disk, or not at all: it is written to a file without a name
 * (O_TMPFILE, so that a crash leaves nothing behind), synced, and then linked; link(2) never replaces what is there.
 * Where the file system can't do that, the temporary is `.<name>.<pid>.tmp` in the same folder: readers pass over
 * names that begin with a dot. Keys come from data in part: they cannot leave the directory.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/sink.h"

struct file_sink {
    char *directory;
    pthread_rwlock_t folders; /* written to while some are made */
    _Atomic bool named; /* O_TMPFILE or linking it doesn't work here */
};

/* ---- folders --------------------------------------------------------------------------------------------------- */

static bool safe_key(const char *key)
{
    if (*key == '/' || *key == 0)
        return false;
    for (const char *p = key; *p;) {
        size_t n = strcspn(p, "/");
        if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
            return false;
        p += n;
        if (*p == '/' && *++p == 0)
            return false;
    }
    return true;
}

/* The folder in which `path` is a name gets that name on disk. One that can't be opened can't be synced either. 0 or errno. */
static int sync_parent(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = 0;
    int fd = open(!slash ? "." : *path ? path : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (slash)
        *slash = '/';
    if (fd < 0)
        return 0;
    int e = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return e;
}

/*
 * mkdir -p for what is before the last slash of `path`; each new name is synced in its parent. 0 or errno: what isn't
 * synced isn't left there either, else the next attempt would take it for sure.
 */
static int make_folders(char *path)
{
    for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = 0;
        int e = mkdir(path, 0777) == 0 ? 0 : errno;
        if (e == 0 && (e = sync_parent(path)) != 0)
            rmdir(path);
        *p = '/';
        if (e && e != EEXIST)
            return e;
    }
    return 0;
}

/* The folder before `slash` in path: a descriptor, or -1 and errno. */
static int open_before(char *path, char *slash)
{
    *slash = 0;
    int fd = open(*path ? path : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *slash = '/';
    return fd;
}

/*
 * The same, made if it isn't there, which only an object in some dozens needs. 0 or errno. One that another upload is
 * making isn't seen before its name is on disk too.
 */
static int open_folder(struct file_sink *s, char *path, char *slash, int *fd)
{
    pthread_rwlock_rdlock(&s->folders);
    *fd = open_before(path, slash);
    int e = *fd < 0 ? errno : 0;
    pthread_rwlock_unlock(&s->folders);
    if (e != ENOENT)
        return e;
    pthread_rwlock_wrlock(&s->folders);
    e = make_folders(path);
    pthread_rwlock_unlock(&s->folders);
    if (e)
        return e;
    *fd = open_before(path, slash);
    return *fd < 0 ? errno : 0;
}

/* ---- one object ------------------------------------------------------------------------------------------------- */

static int fill(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno != EINTR)
            return errno;
        if (k > 0) {
            p += k;
            n -= (size_t)k;
        }
    }
    return fsync(fd) == 0 ? 0 : errno;
}

/* Does `name` hold exactly these bytes? Then it is our own, from an attempt whose end we did not see. */
static bool holds(int folder, const char *name, const struct fl_object *o)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct stat st;
    bool same = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == o->size;
    char block[16384];
    for (size_t at = 0; same && at < o->size;) {
        ssize_t k = read(fd, block, sizeof block);
        if (k < 0 && errno == EINTR)
            continue;
        same = k > 0 && (size_t)k <= o->size - at && memcmp(block, o->data + at, (size_t)k) == 0;
        at += same ? (size_t)k : 0;
    }
    close(fd);
    return same;
}

static int link_unnamed(int folder, int fd, const char *name)
{
    char proc[40];
    snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, proc, folder, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

static int put_unnamed(int folder, const char *name, const struct fl_object *o, bool *unfit)
{
    int fd = openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    if (fd < 0) {
        *unfit = errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT;
        return errno;
    }
    int e = fill(fd, o->data, o->size);
    if (!e) {
        e = link_unnamed(folder, fd, name);
        *unfit = e && e != EEXIST && e != ENOSPC && e != EDQUOT && e != ENAMETOOLONG; /* no /proc, mostly */
    }
    close(fd);
    return e;
}

static int put_named(int folder, const char *name, const struct fl_object *o)
{
    char *temporary = fl_said(".%s.%ld.tmp", name, (long)getpid());
    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    int e = fd < 0 ? errno : fill(fd, o->data, o->size);
    if (fd >= 0 && close(fd) != 0 && !e)
        e = errno;
    if (!e && linkat(folder, temporary, folder, name, 0) != 0)
        e = errno;
    if (fd >= 0)
        unlinkat(folder, temporary, 0);
    free(temporary);
    return e;
}

static int put(struct file_sink *s, int folder, const char *name, const struct fl_object *o)
{
    bool unfit = false;
    int e = s->named ? 0 : put_unnamed(folder, name, o, &unfit);
    if (unfit)
        s->named = true;
    if (s->named)
        e = put_named(folder, name, o);
    if (!e && fsync(folder) != 0)
        e = errno;
    return e;
}

/* ---- the sink --------------------------------------------------------------------------------------------------- */

static void *file_open(struct fl_runtime *rt, char **error)
{
    const char *directory = fl_option_str(rt->config, "write", "file", "directory");
    size_t n = strlen(directory);
    while (n > 1 && directory[n - 1] == '/')
        n--;
    if (n == 0) {
        *error = fl_strdup("pipeline.write.file.directory is empty: expected the directory to write to");
        return NULL;
    }
    struct file_sink *s = fl_new(struct file_sink);
    s->directory = fl_strndup(directory, n);
    pthread_rwlock_init(&s->folders, NULL);
    return s;
}

static char *file_check(void *sink)
{
    struct file_sink *s = sink;
    char *error = NULL, *path = fl_said("%s/.flowc-check.%ld.tmp", s->directory, (long)getpid());
    int e = make_folders(path);
    if (!e) {
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        e = fd < 0 ? errno : 0;
        if (fd >= 0) {
            close(fd);
            unlink(path);
        }
    }
    free(path);
    /* A full disk may get room; anything else has to be mended by somebody. */
    if (e && e != ENOSPC && e != EDQUOT)
        error = fl_said("cannot write to the directory %s: %s; make it, or let this user (uid %ld) write there, or "
                        "choose another one (pipeline.write.file.directory, --output)", s->directory, strerror(e),
                        (long)geteuid());
    return error;
}

static enum fl_write_result failed(int e, const char *path, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s: %s", path, strerror(e));
    return e == ENAMETOOLONG || e == EILSEQ || e == EFBIG ? FL_REFUSED : FL_RETRY;
}

static enum fl_write_result file_write(void *sink, const struct fl_object *o, char *why, size_t why_size)
{
    struct file_sink *s = sink;
    bool bucket = o->bucket[0] != 0;
    if (!safe_key(o->key) || (bucket && !safe_key(o->bucket))) {
        snprintf(why, why_size, "the name %s/%s is no path below the directory", o->bucket, o->key);
        return FL_REFUSED;
    }
    char *path = fl_said("%s/%s%s%s", s->directory, o->bucket, bucket ? "/" : "", o->key);
    enum fl_write_result result = FL_WRITTEN;
    char *slash = strrchr(path, '/');
    int folder, e = open_folder(s, path, slash, &folder);
    if (!e)
        e = put(s, folder, slash + 1, o);
    bool own = e == EEXIST && o->again && holds(folder, slash + 1, o);
    if (own) /* maybe the earlier attempt ended because this could not be done */
        e = fsync(folder) == 0 ? 0 : errno;
    if (e == EEXIST)
        result = FL_EXISTS;
    else if (e)
        result = failed(e, path, why, why_size);
    if (folder >= 0)
        close(folder);
    free(path);
    return result;
}

/* Most of the time of a write is spent in waiting for the disk; several waits become one commit of its journal. */
static unsigned file_uploads(void *sink)
{
    (void)sink;
    return 4;
}

static void file_close(void *sink)
{
    struct file_sink *s = sink;
    pthread_rwlock_destroy(&s->folders);
    free(s->directory);
    free(s);
}

const struct fl_sink_kind fl_sink_file = {
    .name = "file",
    .open = file_open,
    .check = file_check,
    .write = file_write,
    .close = file_close,
    .uploads = file_uploads,
};
