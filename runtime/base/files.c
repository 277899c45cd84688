/*
 * files.c - see files.h.
 */
#include "base/files.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

int fl_write_all(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n) {
        ssize_t k = write(fd, at, n);
        if (k >= 0) {
            at += k;
            n -= (size_t)k;
        } else if (errno == EAGAIN) {
            struct pollfd wait = {fd, POLLOUT, 0};
            poll(&wait, 1, 1000);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}
