/* faults.c - see faults.h. */
#include "tests/unit/faults.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SCRIPT 8

static struct fault {
    enum fault_call call;
    unsigned n;
    bool on;        /* and all after it */
    int error;      /* 0: short */
    size_t most;
} script[SCRIPT];
static unsigned nscript;
static atomic_uint calls[FAULT_CALLS];
static _Atomic int64_t clock_ahead;

void faults_clear(void)
{
    nscript = 0;
    clock_ahead = 0;
    for (int i = 0; i < FAULT_CALLS; i++)
        calls[i] = 0;
}

static void add(struct fault f)
{
    if (nscript == SCRIPT)
        abort(); /* the test asks for more than there is */
    f.n += calls[f.call];
    script[nscript++] = f;
}

void fault_at(enum fault_call call, unsigned n, int error)
{
    add((struct fault){.call = call, .n = n, .error = error});
}

void fault_from(enum fault_call call, unsigned n, int error)
{
    add((struct fault){.call = call, .n = n, .on = true, .error = error});
}

void fault_short(enum fault_call call, unsigned n, size_t most)
{
    add((struct fault){.call = call, .n = n, .most = most});
}

void fault_clock(int64_t ahead)
{
    clock_ahead = ahead;
}

unsigned fault_calls(enum fault_call call)
{
    return calls[call];
}

/* True: the call fails, errno is set. *size becomes what a short one takes. */
static bool fails(enum fault_call call, size_t *size)
{
    unsigned n = atomic_fetch_add(&calls[call], 1) + 1;
    for (unsigned i = 0; i < nscript; i++) {
        const struct fault *f = &script[i];
        if (f->call != call || !(f->n == n || (f->on && f->n < n)))
            continue;
        if (f->error) {
            errno = f->error;
            return true;
        }
        if (size && *size > f->most)
            *size = f->most;
    }
    return false;
}

/* WRAP(result when it fails, type, name, parameters, arguments, call, size) */
#define WRAP(failed, type, name, parameters, arguments, call, size)                                          \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters                                                                            \
    {                                                                                                        \
        return fails(call, size) ? (failed) : __real_##name arguments;                                       \
    }

WRAP(NULL, void *, malloc, (size_t n), (n), CALL_MALLOC, NULL)
WRAP(NULL, void *, calloc, (size_t n, size_t size), (n, size), CALL_CALLOC, NULL)
WRAP(NULL, void *, realloc, (void *p, size_t n), (p, n), CALL_REALLOC, NULL)
WRAP(NULL, void *, aligned_alloc, (size_t to, size_t n), (to, n), CALL_ALIGNED_ALLOC, NULL)
WRAP(-1, ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), CALL_READ, &n)
WRAP(-1, ssize_t, pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at), CALL_PREAD, &n)
WRAP(-1, ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n), CALL_WRITE, &n)
WRAP(-1, int, fsync, (int fd), (fd), CALL_FSYNC, NULL)
WRAP(-1, int, fdatasync, (int fd), (fd), CALL_FDATASYNC, NULL)
WRAP(-1, int, rename, (const char *from, const char *to), (from, to), CALL_RENAME, NULL)
WRAP(-1, int, renameat2, (int d, const char *from, int e, const char *to, unsigned flags), (d, from, e, to, flags),
     CALL_RENAMEAT2, NULL)
WRAP(-1, int, linkat, (int d, const char *from, int e, const char *to, int flags), (d, from, e, to, flags), CALL_LINKAT, NULL)
WRAP(-1, int, unlinkat, (int d, const char *name, int flags), (d, name, flags), CALL_UNLINKAT, NULL)
WRAP(-1, int, mkdir, (const char *name, mode_t mode), (name, mode), CALL_MKDIR, NULL)
WRAP(-1, int, fstat, (int fd, struct stat *st), (fd, st), CALL_FSTAT, NULL)
WRAP(-1, int, poll, (struct pollfd *p, nfds_t n, int ms), (p, n, ms), CALL_POLL, NULL)
WRAP(-1, int, socket, (int domain, int type, int protocol), (domain, type, protocol), CALL_SOCKET, NULL)
WRAP(-1, int, connect, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n), CALL_CONNECT, NULL)
WRAP(-1, ssize_t, send, (int fd, const void *p, size_t n, int flags), (fd, p, n, flags), CALL_SEND, &n)
WRAP(-1, ssize_t, recv, (int fd, void *p, size_t n, int flags), (fd, p, n, flags), CALL_RECV, &n)

/* What _FORTIFY_SOURCE makes of them where it knows how large the target is. */
WRAP(-1, ssize_t, __read_chk, (int fd, void *p, size_t n, size_t size), (fd, p, n, size), CALL_READ, &n)
WRAP(-1, ssize_t, __pread_chk, (int fd, void *p, size_t n, off_t at, size_t size), (fd, p, n, at, size), CALL_PREAD, &n)
WRAP(-1, ssize_t, __recv_chk, (int fd, void *p, size_t n, size_t size, int flags), (fd, p, n, size, flags), CALL_RECV, &n)
WRAP(-1, int, __poll_chk, (struct pollfd *p, nfds_t n, int ms, size_t size), (p, n, ms, size), CALL_POLL, NULL)
WRAP(-1, int, __open_2, (const char *name, int flags), (name, flags), CALL_OPEN, NULL)
WRAP(-1, int, __openat_2, (int d, const char *name, int flags), (d, name, flags), CALL_OPENAT, NULL)

/* Closed all the same, as the kernel does it. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    bool failed = fails(CALL_CLOSE, NULL);
    int e = errno, r = __real_close(fd);
    if (!failed)
        return r;
    errno = e;
    return -1;
}

static mode_t mode_of(int flags, va_list ap)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(ap, mode_t) : 0;
}

int __real_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...);
int __wrap_open(const char *name, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = mode_of(flags, ap);
    va_end(ap);
    return fails(CALL_OPEN, NULL) ? -1 : __real_open(name, flags, mode);
}

int __real_openat(int d, const char *name, int flags, ...);
int __wrap_openat(int d, const char *name, int flags, ...);
int __wrap_openat(int d, const char *name, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = mode_of(flags, ap);
    va_end(ap);
    enum fault_call call = (flags & O_TMPFILE) == O_TMPFILE ? CALL_TMPFILE : CALL_OPENAT;
    return fails(call, NULL) ? -1 : __real_openat(d, name, flags, mode);
}

int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
    int r = __real_clock_gettime(clock, t);
    int64_t ns = (int64_t)t->tv_sec * 1000000000 + t->tv_nsec + clock_ahead;
    t->tv_sec = (time_t)(ns / 1000000000);
    t->tv_nsec = (long)(ns % 1000000000);
    return r;
}
