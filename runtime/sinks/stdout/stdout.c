/*
 * stdout.c - sink `stdout`: each object's bytes as they are under a line
 * `--- bucket/key ---`, and a line end behind. Unlike the original, it reports what could not be written.
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
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "drivers/sink.h"

static void *stdout_open(struct fl_runtime *rt, const struct fl_options *options, char **error)
{
    (void)rt;
    (void)options;
    (void)error;
    static char no_state;
    return &no_state;
}

static char *stdout_check(void *sink)
{
    (void)sink;
    int mode = fcntl(STDOUT_FILENO, F_GETFL);
    bool writable = mode >= 0 && (mode & O_ACCMODE) != O_RDONLY;
    return writable ? NULL : fl_strdup("standard output cannot be written: is it closed?");
}

static enum fl_write_result stdout_write(void *sink, const struct fl_object *o, char *why, size_t why_size)
{
    (void)sink;
    static pthread_mutex_t whole = PTHREAD_MUTEX_INITIALIZER; /* several outputs may write here */
    char *head = fl_said("--- %s/%s ---\n", o->bucket, o->key);
    pthread_mutex_lock(&whole);
    int e = fl_write_all(STDOUT_FILENO, head, strlen(head));
    if (!e)
        e = fl_write_all(STDOUT_FILENO, o->data, o->size);
    if (!e)
        e = fl_write_all(STDOUT_FILENO, "\n", 1);
    pthread_mutex_unlock(&whole);
    free(head);
    if (!e)
        return FL_WRITTEN;
    snprintf(why, why_size, "standard output: %s", strerror(e));
    /* The reader of a pipe doesn't come back; a full disk behind a redirection may get room. */
    return e == EPIPE || e == EBADF ? FL_GONE : FL_RETRY;
}

static void stdout_close(void *sink)
{
    (void)sink;
}

extern const struct fl_sink_kind fl_sink_stdout;
const struct fl_sink_kind fl_sink_stdout = {
    .name = "stdout",
    .open = stdout_open,
    .check = stdout_check,
    .write = stdout_write,
    .close = stdout_close,
    .serial = true,
};
