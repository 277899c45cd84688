/*
 * directory.c - see directory.h. Called by program/main.c, and by whoever keeps something in the directory.
 *
 * The number of starts is on disk before anything is named after it: so names of one run never meet those of another, also when
 * both begin in the same second, or the power went between them.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "state/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/memory.h"
#include "state/crc32c.h"
#include "state/replace.h"

#define IDENTITY "identity"
#define IDENTITY_NEW "identity.new"
#define IDENTITY_MAX 4096
#define PIPELINE_MAX 1000

struct fl_state {
    char *path;
    int fd, lock;
    char pipeline[PIPELINE_MAX + 1]; /* whose it is */
    char instance[9];
    uint64_t starts;
    char token[32];
};

/* ---- the folder ------------------------------------------------------------------------------------------------ */

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int e = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return e;
}

/* mkdir -p; the name of what is made is on disk. 0 or errno. */
static int make(const char *path)
{
    char *p = fl_strdup(path);
    int e = 0;
    for (char *end = p + 1; end && e == 0; end = end ? end + 1 : NULL) {
        end = strchr(end, '/');
        if (end)
            *end = 0;
        if (mkdir(p, end ? 0755 : 0700) != 0) {
            e = errno == EEXIST ? 0 : errno;
        } else {
            char *up = strrchr(p, '/');
            char *folder = up ? fl_strndup(p, up == p ? 1 : (size_t)(up - p)) : fl_strdup(".");
            e = sync_folder(folder);
            free(folder);
        }
        if (end)
            *end = '/';
    }
    free(p);
    return e;
}

/* What another user could change is no memory of ours. NULL, or what is wrong. */
static char *whose(const struct fl_state *s)
{
    struct stat st;
    if (fstat(s->fd, &st) != 0)
        return fl_said("cannot look at the state directory %s: %s", s->path, strerror(errno));
    if (st.st_uid != geteuid())
        return fl_said("the state directory %s belongs to uid %ld, and this process is uid %ld: give it to this user, or choose another one "
                       "(pipeline.state.directory, --state)", s->path, (long)st.st_uid, (long)geteuid());
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return fl_said("others may write to the state directory %s (mode %04o): chmod 700 it", s->path, (unsigned)(st.st_mode & 07777));
    return NULL;
}

/* ---- the lock ---------------------------------------------------------------------------------------------------- */

static char *taken(const struct fl_state *s)
{
    char pid[24] = "";
    ssize_t n = pread(s->lock, pid, sizeof pid - 1, 0);
    pid[n > 0 ? n : 0] = 0;
    pid[strspn(pid, "0123456789")] = 0;
    return fl_said("the state directory %s is in use by process %s: stop that one first, or give this one a directory of its own "
                   "(pipeline.state.directory, --state)", s->path, *pid ? pid : "(unknown)");
}

static char *lock(struct fl_state *s)
{
    char pid[24];
    s->lock = openat(s->fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (s->lock < 0)
        return fl_said("cannot lock the state directory %s: %s", s->path, strerror(errno));
    int rc;
    do
        rc = flock(s->lock, LOCK_EX | LOCK_NB);
    while (rc != 0 && errno == EINTR);
    if (rc != 0)
        return errno == EWOULDBLOCK ? taken(s) : fl_said("cannot lock the state directory %s: %s", s->path, strerror(errno));
    int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(s->lock, 0) != 0 || pwrite(s->lock, pid, (size_t)n, 0) != n)
        return fl_said("cannot write to the state directory %s: %s", s->path, strerror(errno));
    return NULL;
}

/* ---- the identity ------------------------------------------------------------------------------------------------ */

static char *damaged(const struct fl_state *s)
{
    return fl_said("%s/" IDENTITY " is damaged: put it back from a copy, or choose another directory (pipeline.state.directory, --state) to "
                   "begin anew", s->path);
}

/* Its text is all there and as it was written. */
static char *understand(struct fl_state *s, const char *text)
{
    unsigned format;
    uint32_t crc;
    int at = -1, end = -1;
    if (sscanf(text, "flowc-state %u\n", &format) != 1)
        return damaged(s);
    if (format > FL_STATE_FORMAT)
        return fl_said("the state directory %s has format %u, and this program knows %u: run a program built by that newer flowc, or choose "
                       "another directory (pipeline.state.directory, --state) to begin anew", s->path, format, FL_STATE_FORMAT);
    if (sscanf(text, "flowc-state %u\npipeline %1000[^\n]\ninstance %8[0-9a-f]\nstarts %" SCNu64 "\n%ncrc32c %8" SCNx32 "\n%n", &format, s->pipeline,
               s->instance, &s->starts, &at, &crc, &end) != 5 || end < 0 || text[end] || fl_crc32c(0, text, (size_t)at) != crc)
        return damaged(s);
    return NULL;
}

/* One that isn't there is a new one. */
static char *read_identity(struct fl_state *s, const char *pipeline)
{
    char text[IDENTITY_MAX + 1];
    int fd = openat(s->fd, IDENTITY, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        snprintf(s->pipeline, sizeof s->pipeline, "%s", pipeline);
        snprintf(s->instance, sizeof s->instance, "%08x", (unsigned)(fl_hash_seed(s) & 0xffffffff));
        return NULL;
    }
    if (fd < 0)
        return fl_said("cannot read %s/" IDENTITY ": %s", s->path, strerror(errno));
    ssize_t n;
    do
        n = read(fd, text, IDENTITY_MAX);
    while (n < 0 && errno == EINTR);
    int e = errno;
    close(fd);
    if (n < 0)
        return fl_said("cannot read %s/" IDENTITY ": %s", s->path, strerror(e));
    text[n] = 0;
    char *error = strlen(text) == (size_t)n ? understand(s, text) : damaged(s);
    if (!error && strcmp(s->pipeline, pipeline) != 0)
        error = fl_said("the state directory %s is that of pipeline %s, and this one is %s: give each a directory of its own "
                        "(pipeline.state.directory, --state)", s->path, s->pipeline, pipeline);
    return error;
}

static char *write_identity(const struct fl_state *s)
{
    char text[IDENTITY_MAX];
    int n = snprintf(text, sizeof text, "flowc-state %d\npipeline %s\ninstance %s\nstarts %" PRIu64 "\n", FL_STATE_FORMAT, s->pipeline, s->instance,
                     s->starts);
    n += snprintf(text + n, sizeof text - (size_t)n, "crc32c %08" PRIx32 "\n", fl_crc32c(0, text, (size_t)n));
    int fd, e = fl_replace(s->fd, IDENTITY, IDENTITY_NEW, text, (size_t)n, &fd);
    if (!e)
        close(fd);
    return e ? fl_said("cannot write to the state directory %s: %s", s->path, strerror(e)) : NULL;
}

/* ---- open, close ------------------------------------------------------------------------------------------------- */

static char *open_folder(struct fl_state *s)
{
    int e = make(s->path);
    s->fd = e ? -1 : open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->fd < 0)
        return fl_said("cannot use the state directory %s: %s; make it, or let this user (uid %ld) make it, or choose another one "
                       "(pipeline.state.directory, --state)", s->path, strerror(e ? e : errno), (long)geteuid());
    return whose(s);
}

struct fl_state *fl_state_open(const char *path, const char *pipeline, char **error)
{
    struct fl_state *s = fl_new(struct fl_state);
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    s->path = fl_strndup(path, n);
    s->fd = s->lock = -1;
    *error = strlen(pipeline) > PIPELINE_MAX ? fl_said("the pipeline's name is too long for a state directory") : open_folder(s);
    if (!*error)
        *error = lock(s);
    if (!*error)
        *error = read_identity(s, pipeline);
    s->starts++;
    if (!*error)
        *error = write_identity(s);
    if (!*error) {
        snprintf(s->token, sizeof s->token, "%s.%" PRIu64, s->instance, s->starts);
        return s;
    }
    fl_state_close(s);
    return NULL;
}

const char *fl_state_token(const struct fl_state *s)
{
    return s->token;
}

uint64_t fl_state_starts(const struct fl_state *s)
{
    return s->starts;
}

int fl_state_fd(const struct fl_state *s)
{
    return s->fd;
}

const char *fl_state_path(const struct fl_state *s)
{
    return s->path;
}

void fl_state_close(struct fl_state *s)
{
    if (!s)
        return;
    if (s->lock >= 0)
        close(s->lock);
    if (s->fd >= 0)
        close(s->fd);
    free(s->path);
    free(s);
}
