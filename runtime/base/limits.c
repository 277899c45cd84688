/* limits.c - see limits.h. */
#include "base/limits.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static size_t limit_of(int resource)
{
    struct rlimit r;
    return getrlimit(resource, &r) == 0 && r.rlim_cur != RLIM_INFINITY && r.rlim_cur < SIZE_MAX ? (size_t)r.rlim_cur : SIZE_MAX;
}

const char *fl_limits_begin(void)
{
    static char text[128];
    size_t stack = limit_of(RLIMIT_STACK);
    if (stack < FL_STACK_MIN) {
        snprintf(text, sizeof text, "the stack is limited to %zu KiB (ulimit -s), %zu are needed: raise it", stack >> 10,
                 FL_STACK_MIN >> 10);
        return text;
    }
    /* glibc would give each thread what the main thread may have: 8 MiB, or gigabytes, or too little. */
    pthread_attr_t a;
    pthread_attr_init(&a);
    pthread_attr_setstacksize(&a, FL_THREAD_STACK);
    pthread_setattr_default_np(&a);
    pthread_attr_destroy(&a);
    return NULL;
}

const char *fl_limits_memory(void)
{
    static _Thread_local char text[160];
    size_t space = limit_of(RLIMIT_AS), data = limit_of(RLIMIT_DATA);
    *text = 0;
    if (space != SIZE_MAX)
        snprintf(text, sizeof text, "; the address space is limited to %zu MiB (ulimit -v): raise it", space >> 20);
    else if (data != SIZE_MAX)
        snprintf(text, sizeof text, "; the data are limited to %zu MiB (ulimit -d): raise it", data >> 20);
    return text;
}

const char *fl_limits_thread(int error)
{
    static _Thread_local char text[256];
    size_t threads = limit_of(RLIMIT_NPROC);
    const char *memory = fl_limits_memory();
    if (error != EAGAIN || *memory || threads == SIZE_MAX)
        snprintf(text, sizeof text, "%s%s", strerror(error), memory);
    else
        snprintf(text, sizeof text, "%s; this user may have %zu threads (ulimit -u): raise it", strerror(error), threads);
    return text;
}
