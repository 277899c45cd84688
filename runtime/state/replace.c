/*
 * replace.c - see replace.h.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "state/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/files.h"

int fl_write_synced(int fd, const void *p, size_t n)
{
    int e = fl_write_all(fd, p, n);
    return e ? e : fdatasync(fd) == 0 ? 0 : errno;
}

int fl_replace(int folder, const char *name, const char *fresh, const void *p, size_t n, int *fd)
{
    *fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    int e = *fd < 0 ? errno : fl_write_synced(*fd, p, n);
    if (!e && (renameat2(folder, fresh, folder, name, 0) != 0 || fsync(folder) != 0))
        e = errno;
    if (e && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    return e;
}
