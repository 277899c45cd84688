/*
 * source.h - kinds of sources. Internal to the runtime; a new source is one source_x.c with a struct fl_source_kind,
 * its rows in dsl/stages.def and a line in intake/source.c's list.
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
struct fl_runtime;

struct fl_source_kind {
    const char *name;
    /* NULL and *error (to be freed) when the options are no good; no network yet. */
    void *(*open)(struct fl_runtime *rt, char **error);
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
};

extern const struct fl_source_kind fl_source_skydive, fl_source_file, fl_source_stdin, fl_source_input;

/* ---- sources/file/file.c, for tests: what the kinds make of the configuration --------------------------------------- */

struct fl_file_options {
    const char *path;   /* NULL: standard input */
    bool follow;        /* read on as the file grows or is replaced */
    bool gzip;          /* it is gzip, or an error */
    bool detect_gzip;   /* look at the first two bytes */
    size_t block;       /* bytes of a message; 0: the default */
    unsigned poll_ms;   /* how often a followed file is looked at; 0: the default */
};
void *fl_source_file_open(struct fl_runtime *rt, const struct fl_file_options *o, char **error);

#endif
