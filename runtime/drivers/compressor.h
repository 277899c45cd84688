/*
 * compressor.h - kinds of compression: a stream per open object, and what packed input is made of. One kind is a folder
 * of compressors/; program/drivers.def has a row for each direction.
 */
#ifndef FL_DRIVER_COMPRESSOR_H
#define FL_DRIVER_COMPRESSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fl_buf;
struct fl_options;
struct fl_runtime;

/* What has to be kept of a stream while its compressor serves another one. {0} before a stream begins. */
struct fl_compress_mark {
    uint64_t size;
    uint32_t crc;
    bool begun;
};

struct fl_compress_kind {
    const char *name;
    const char *encoding; /* content encoding, NULL: none */
    const char *suffix;   /* of keys: ".gz" or "" */
    /* There are several at work, each used by one thread at a time. NULL and *error (to be freed) when the options are no good. */
    void *(*open)(struct fl_runtime *rt, const struct fl_options *o, char **error);
    /*
     * Append n bytes; compressed output is appended to `out` when there is some. The result depends on the bytes only,
     * not on how they were cut.
     */
    void (*put)(void *c, const char *p, size_t n, struct fl_buf *out);
    /* End the stream; the compressor is ready for a next one. */
    void (*end)(void *c, struct fl_buf *out);
    /*
     * Lay a stream aside, at a cost of some bytes, so that few compressors serve many open objects. False: as it was
     * opened it can't, nothing was done.
     */
    bool (*suspend)(void *c, struct fl_buf *out, struct fl_compress_mark *mark);
    /* Go on with it; the compressor must be between streams. */
    void (*resume)(void *c, const struct fl_compress_mark *mark);
    void (*close)(void *c);
};

#define FL_MAGIC_MAX 4

enum fl_begins { FL_BEGINS_NOT, FL_BEGINS, FL_BEGINS_PERHAPS };

struct fl_decompress_kind {
    const char *name;
    /* Do packed data begin so? PERHAPS: it takes more than these n bytes to tell, FL_MAGIC_MAX at most. */
    enum fl_begins (*begins)(const uint8_t *first, size_t n);
    /* As a compressor's. */
    void *(*open)(struct fl_runtime *rt, const struct fl_options *o, char **error);
    /* Where to put further packed bytes, only when take gave 0; then say how many were put there. */
    uint8_t *(*space)(void *z, size_t *n);
    void (*filled)(void *z, size_t n);
    /* Unpacks up to n bytes; 0: give it more, or *why says what is damaged. */
    size_t (*take)(void *z, void *to, size_t n, const char **why);
    /* May `take` give something without further input? */
    bool (*ready)(const void *z);
    /* Would the end of the input here be too early? */
    bool (*inside)(const void *z);
    void (*close)(void *z);
};

#endif
