/*
 * source.h - kinds of sources. One is a folder of sources/ with its option rows, and a row in program/drivers.def.
 *
 * What a source counts: `connects`, and `messages` + `rejected_messages` for a message that it could not hand over
 * (too large; given up when stopping took too long). All that goes into the queue is counted by the worker.
 */
#ifndef FL_SOURCE_H
#define FL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fl_message;
struct fl_options;
struct fl_runtime;

/* The kind that reads what --input names. */
#define FL_INPUT "input"

struct fl_source_kind {
    const char *name;
    /* NULL and *error (to be freed) when the options are no good; no network yet. */
    void *(*open)(struct fl_runtime *rt, const struct fl_options *o, char **error);
    /* In the source's own thread, signals blocked: fills rt->queue to the end of the input, or until stop. */
    void (*run)(void *source);
    /* Is all of the input there, and nothing to be done but to read it? NULL: never. */
    bool (*ready)(const void *source);
    /* Instead of run, then: fl_source_read. */
    bool (*read)(void *source, struct fl_message *m, size_t n);
    /* From another thread: run is to return soon. */
    void (*stop)(void *source);
    /* After run has returned. */
    void (*close)(void *source);
    /* The input broke off (unreadable, damaged gzip); NULL: can't happen. */
    bool (*failed)(const void *source);
    /* Any thread: is there a connection to who sends? NULL: none is needed. */
    bool (*connected)(const void *source);
    /* Which part of what is published was asked for, to be freed: decoders refuse the rest. NULL: nobody is asked. */
    char *(*asked)(const struct fl_options *o);
};

#endif
