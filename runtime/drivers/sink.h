/*
 * sink.h - kinds of sinks: where objects go. One is a folder of sinks/ with its option rows, and a row in program/drivers.def.
 */
#ifndef FL_DRIVER_SINK_H
#define FL_DRIVER_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fl_options;
struct fl_runtime;

/* A sealed object: its bytes never change, so a retry writes the same under the same name. */
struct fl_object {
    uint32_t output;               /* whose it is: the number in fl_pipeline.outputs */
    const char *bucket, *key;
    const char *content_type;
    const char *content_encoding;  /* "gzip", or NULL */
    int64_t first_timestamp, last_timestamp; /* ms; window of the object: x-amz-meta-first-timestamp, -last-timestamp */
    uint64_t num_records;
    const char *class_;
    const char *data;
    size_t size;
    bool again;   /* an attempt was made under this key before: what is there may be its work */
    bool own_key; /* the key holds a token of this process: nobody else writes under it */
};

enum fl_write_result {
    FL_WRITTEN,
    FL_UNPROVEN, /* the sink says so, but nothing proves it: taken as written, and counted */
    FL_RETRY,   /* trouble that can pass or be mended: no connection, 5xx, wrong credentials, disk full */
    FL_DENIED,  /* the same, but of this object's name or class only: it may not be written there */
    FL_REFUSED, /* the sink will never take this object: too large, a name that can't be */
    FL_GONE,    /* nothing will ever be taken again: nobody reads the pipe */
    FL_EXISTS   /* another object has this key, with other bytes: it is written under the next free name */
};

struct fl_sink_kind {
    const char *name;
    /* NULL and *error (to be freed) when the options are no good. */
    void *(*open)(struct fl_runtime *rt, const struct fl_options *o, char **error);
    /* First sign of life; error text to be freed, or NULL. What may pass by itself (no network) is not an error. */
    char *(*check)(void *sink);
    /*
     * Called from several threads at once unless `serial`. On failure a one-line reason is put into why (why_size
     * bytes).
     */
    enum fl_write_result (*write)(void *sink, const struct fl_object *o, char *why, size_t why_size);
    void (*close)(void *sink);
    /*
     * Time is up: writes under way return soon, with FL_RETRY. NULL: they never take long. Called from another
     * thread.
     */
    void (*interrupt)(void *sink);
    /* SIGHUP: credentials that stand in files are read again. True: there were some. NULL: it has none. Another thread. */
    bool (*reload)(void *sink);
    /* The other side asked not to be bothered before this mono time; INT64_MIN: it didn't. NULL: none ever does. Any thread. */
    int64_t (*rest)(void *sink);
    /* How many writes at the same time, by the sink's options; NULL: 1. */
    unsigned (*uploads)(void *sink);
    bool serial;
};

#endif
