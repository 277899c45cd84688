/*
 * record_sink.h - kinds of sinks that take records one by one instead of objects: there is no store, encoding or compression before
 * them, and they never wait. One is a folder of sinks/ with its option rows, and a row in program/drivers.def.
 */
#ifndef FL_DRIVER_RECORD_SINK_H
#define FL_DRIVER_RECORD_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"

struct fl_cx;
struct fl_options;
struct fl_output_of;
struct fl_rec;
struct fl_runtime;

struct fl_record_sink_kind {
    const char *name;
    /* For the records of `output`. NULL and *error (to be freed) when the options are no good. */
    void *(*open)(struct fl_runtime *rt, const struct fl_output_of *output, const struct fl_options *o, char **error);
    /* Before the first record: what it needs of the machine, as a port. Error text to be freed, or NULL. */
    char *(*check)(void *sink);
    /* A live record; in the turn to run, as is tick. */
    void (*add)(void *sink, struct fl_cx *cx, const struct fl_rec *r);
    /* Returns the mono time at which it wants to be called next at the latest, INT64_MAX: not before more records. */
    int64_t (*tick)(void *sink, struct fl_time now);
    /* No more records come. Error text to be freed, or NULL. */
    char *(*end)(void *sink);
    /* Is there still something to be had of it when the input has ended? Then the program goes on until it is stopped. */
    bool (*lasts)(void *sink);
    void (*close)(void *sink);
};

#endif
