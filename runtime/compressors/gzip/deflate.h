/*
 * deflate.h - what gzip.c asks of a DEFLATE engine (RFC 1951). One struct fl_deflate per engine:
 * flow.c (our own), libdeflate.c, zlib.c. Internal to compression; everybody else uses drivers/compressor.h.
 *
 * The gzip frame (RFC 1952) and the check sum over the whole object are gzip.c's, so that a stream can be
 * handed from one engine state to another in the middle (fl_compressor_suspend).
 */
#ifndef FL_DEFLATE_H
#define FL_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct fl_deflate {
    const char *name;
    /*
     * The engine's output depends on how the input is cut: it is given pieces of exactly so many bytes, but
     * for the last. 0: any cut gives the same. SIZE_MAX: the whole object at once, by `end` only.
     */
    size_t piece;
    void *(*open)(int level);
    void (*put)(void *state, const char *p, size_t n, struct fl_buf *out);
    /* Up to a byte border, and forget history and level of filling: the next `put` begins as in a new state. */
    void (*flush)(void *state, struct fl_buf *out);
    /* The last bytes and the end of the stream; the state is as new then. */
    void (*end)(void *state, const char *p, size_t n, struct fl_buf *out);
    void (*close)(void *state);
};

extern const struct fl_deflate fl_deflate_flow;
#ifdef HAVE_LIBDEFLATE
extern const struct fl_deflate fl_deflate_libdeflate;
#endif
extern const struct fl_deflate fl_deflate_stored; /* zlib, level 0 */
extern const struct fl_deflate fl_deflate_zlib;

#endif
