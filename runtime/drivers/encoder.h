/*
 * encoder.h - kinds of encoders: how records become an object. One is a folder of encoders/ with its option rows, and a row
 * in program/drivers.def. What flowc has to emit for it stands in its STAGE row (needs) and is there when it is opened.
 */
#ifndef FL_DRIVER_ENCODER_H
#define FL_DRIVER_ENCODER_H

#include <stdbool.h>

struct fl_buf;
struct fl_cx;
struct fl_bundle;
struct fl_options;
struct fl_rec;
struct fl_runtime;

struct fl_encode_kind {
    const char *name;
    const char *extension;    /* of keys, without the dot */
    const char *content_type;
    /* NULL and *error (to be freed) when the options are no good. */
    void *(*open)(struct fl_runtime *rt, const struct fl_options *o, char **error);
    /* What stands in front of an object's first record, and behind its last; NULL: nothing. cx: scratch memory. */
    void (*begin)(void *e, struct fl_cx *cx, const struct fl_bundle *o, struct fl_buf *out);
    void (*end)(void *e, struct fl_cx *cx, const struct fl_bundle *o, struct fl_buf *out);
    /* One record; `first`: of its object. Called by one thread at a time, for one object and then another. */
    void (*add)(void *e, struct fl_cx *cx, const struct fl_rec *r, bool first, struct fl_buf *out);
    void (*close)(void *e);
};

#endif
