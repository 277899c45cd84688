/*
 * file.c - sink `file`: a directory with the layout of a bucket, directory/bucket/key.
 *
 * An object appears under its name complete and on disk, or not at all: it is written to a file without a name
 * (O_TMPFILE, so that a crash leaves nothing behind), synced, and then linked; link(2) never replaces what is there.
 * Where the file system can't do that, the temporary is `.flowc-<random>.tmp` in the same folder, linked or, without hard
 * links, renamed by renameat2, which can be told not to replace. Readers pass over names that begin with a dot.
 *
 * Nothing is written outside of the directory: keys, which come from data in part, have no `..`, and symbolic links that
 * somebody put below the directory are not followed. The path to the directory itself may have some.
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
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/memory.h"
#include "config/values.h"
#include "core/runtime.h"
#include "drivers/sink.h"

/* How a name is given to a file that is complete. */
enum way { UNNAMED, LINKED, RENAMED };

struct file_sink {
    char *directory;
    pthread_rwlock_t folders; /* written to while some are made */
    _Atomic int way;          /* the first one that may work here */
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
 * mkdir -p for the directory; each new name is synced in its parent. 0 or errno: what isn't synced isn't left there either,
 * else the next attempt would take it for sure.
 */
static int make_directory(const char *directory)
{
    char *path = fl_strdup(directory); /* others read it meanwhile */
    int e = 0;
    for (char *p = path + 1; p && e == 0; p = p ? p + 1 : NULL) {
        p = strchr(p, '/');
        if (p)
            *p = 0;
        e = mkdir(path, 0777) == 0 ? 0 : errno;
        if (e == 0 && (e = sync_parent(path)) != 0)
            rmdir(path);
        if (p)
            *p = '/';
        if (e == EEXIST)
            e = 0;
    }
    free(path);
    return e;
}

/* One step down, not by a symbolic link. A descriptor that names the folder, or -1 and errno. */
static int step(int folder, const char *name)
{
    struct stat st;
    int fd = openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), e = errno;
    if (fd < 0 && e == ENOTDIR && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
        e = ELOOP;
    errno = e;
    return fd;
}

/* The same; a folder that isn't there is made and its name synced, or not left there. */
static int make_step(int folder, const char *name)
{
    int fd = step(folder, name);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    if (mkdirat(folder, name, 0777) == 0) {
        int up = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int e = up >= 0 && fsync(up) != 0 ? errno : 0;
        if (up >= 0)
            close(up);
        if (e) {
            unlinkat(folder, name, AT_REMOVEDIR);
            errno = e;
            return -1;
        }
    } else if (errno != EEXIST) {
        return -1;
    }
    return step(folder, name);
}

/*
 * The folder `path`, a/b/c or "", below the directory. A descriptor, or -1 and errno. Name by name with O_NOFOLLOW: what
 * openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS) does for a path without `..`, on any kernel.
 */
static int walk(const struct file_sink *s, const char *path, int (*down)(int folder, const char *name))
{
    int fd = open(s->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (fd >= 0 && *path) {
        size_t n = strcspn(path, "/");
        char name[256];
        if (n >= sizeof name) {
            close(fd);
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(name, path, n);
        name[n] = 0;
        int next = down(fd, name), e = errno;
        close(fd);
        errno = e;
        fd = next;
        path += n + (path[n] == '/');
    }
    if (fd < 0)
        return -1;
    int folder = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), e = errno;
    close(fd);
    errno = e;
    return folder;
}

/*
 * The same, made if it isn't there, which only an object in some dozens needs. 0 or errno. One that another upload is
 * making isn't seen before its name is on disk too.
 */
static int open_folder(struct file_sink *s, const char *path, int *fd)
{
    pthread_rwlock_rdlock(&s->folders);
    *fd = walk(s, path, step);
    int e = *fd < 0 ? errno : 0;
    pthread_rwlock_unlock(&s->folders);
    if (e != ENOENT)
        return e;
    pthread_rwlock_wrlock(&s->folders);
    e = make_directory(s->directory);
    *fd = e ? -1 : walk(s, path, make_step);
    if (*fd < 0 && !e)
        e = errno;
    pthread_rwlock_unlock(&s->folders);
    return e;
}

/* ---- one object ------------------------------------------------------------------------------------------------- */

static int fill(int fd, const char *p, size_t n)
{
    int e = fl_write_all(fd, p, n);
    return e ? e : fsync(fd) == 0 ? 0 : errno;
}

/* Does `name` hold exactly these bytes? Then it is our own, from an attempt whose end we did not see. */
static bool holds(int folder, const char *name, const struct fl_object *o)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
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

/* A new file .flowc-<random>.tmp: nobody can have put something there, and no other process takes the same. */
static int open_temporary(int folder, char name[32])
{
    for (int i = 0; i < 100; i++) {
        uint64_t random = 0;
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
            return -1;
        snprintf(name, 32, ".flowc-%016llx.tmp", (unsigned long long)random);
        int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

static bool no_links(int e)
{
    return e == EPERM || e == EACCES || e == EOPNOTSUPP || e == ENOSYS || e == EINVAL || e == EMLINK || e == EXDEV;
}

static int put_named(int folder, const char *name, const struct fl_object *o, enum way way, bool *unfit)
{
    char temporary[32];
    int fd = open_temporary(folder, temporary);
    if (fd < 0)
        return errno;
    int e = fill(fd, o->data, o->size);
    if (close(fd) != 0 && !e)
        e = errno;
    bool renamed = false;
    if (!e && way == RENAMED) {
        renamed = renameat2(folder, temporary, folder, name, RENAME_NOREPLACE) == 0;
        e = renamed ? 0 : errno;
    } else if (!e) {
        e = linkat(folder, temporary, folder, name, 0) == 0 ? 0 : errno;
        *unfit = no_links(e);
    }
    if (!renamed)
        unlinkat(folder, temporary, 0);
    return e;
}

/* Uploads learn from each other which way is good, but each goes its own to the end: one that is through isn't repeated. */
static int put(struct file_sink *s, int folder, const char *name, const struct fl_object *o)
{
    int way = atomic_load(&s->way), e;
    for (;; way++) {
        bool unfit = false;
        e = way == UNNAMED ? put_unnamed(folder, name, o, &unfit) : put_named(folder, name, o, (enum way)way, &unfit);
        if (!unfit || way == RENAMED)
            break;
    }
    if (!e)
        atomic_store(&s->way, way);
    if (!e && fsync(folder) != 0)
        e = errno;
    return e;
}

/* ---- the sink --------------------------------------------------------------------------------------------------- */

static void *file_open(struct fl_runtime *rt, const struct fl_options *options, char **error)
{
    (void)rt;
    const char *directory = fl_opt_str(options, "directory");
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

/* Writes an empty object and takes it away again: so it is known which way of giving names works. */
static int probe(struct file_sink *s)
{
    static const struct fl_object empty = {.data = ""};
    int folder, e = open_folder(s, "", &folder);
    if (e)
        return e;
    char name[48];
    uint64_t random = fl_hash_seed(&folder);
    snprintf(name, sizeof name, ".flowc-check-%016llx.tmp", (unsigned long long)random);
    e = put(s, folder, name, &empty);
    unlinkat(folder, name, 0);
    close(folder);
    return e;
}

static char *file_check(void *sink)
{
    struct file_sink *s = sink;
    int e = probe(s);
    /* A full disk may get room; anything else has to be mended by somebody. */
    if (!e || e == ENOSPC || e == EDQUOT)
        return NULL;
    if (no_links(e) && e != EPERM && e != EACCES)
        return fl_said("cannot write to the directory %s: its file system can neither link a file nor rename one without "
                       "replacing another (%s); choose another one (pipeline.write.file.directory, --output)",
                       s->directory, strerror(e));
    return fl_said("cannot write to the directory %s: %s; make it, or let this user (uid %ld) write there, or choose "
                   "another one (pipeline.write.file.directory, --output)", s->directory, strerror(e), (long)geteuid());
}

static enum fl_write_result failed(int e, const char *path, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s: %s", path,
             e == ELOOP ? "a symbolic link is there; below the directory none is followed" : strerror(e));
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
    char *name = strrchr(path, '/') + 1, *below = path + strlen(s->directory) + 1;
    name[-1] = 0;
    int folder, e = open_folder(s, below <= name - 1 ? below : "", &folder);
    name[-1] = '/';
    if (!e)
        e = put(s, folder, name, o);
    bool own = e == EEXIST && o->again && holds(folder, name, o);
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

extern const struct fl_sink_kind fl_sink_file;
const struct fl_sink_kind fl_sink_file = {
    .name = "file",
    .open = file_open,
    .check = file_check,
    .write = file_write,
    .close = file_close,
    .uploads = file_uploads,
};
