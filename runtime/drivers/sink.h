/*
 * sink.h - where objects go, and how they are compressed. Internal to the runtime; a new sink is one write_x.c
 * with a struct fl_sink_kind, its rows in dsl/stages.def and a line in delivery/output.c's list.
 */
#ifndef FL_SINK_H
#define FL_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    void *(*open)(struct fl_runtime *rt, char **error);
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
    /* How many writes at the same time, by the sink's options; NULL: 1. */
    unsigned (*uploads)(void *sink);
    bool serial;
};

extern const struct fl_sink_kind fl_sink_s3, fl_sink_file, fl_sink_stdout, fl_sink_memory;

/* What fl_sink_memory holds, in the order of writing: copies, valid until it is closed. */
const struct fl_object *fl_memory_objects(void *sink, size_t *n);
/*
 * The next writes give these results; FL_WRITTEN when the script is at its end. For tests of what comes before a
 * sink.
 */
void fl_memory_script(void *sink, const enum fl_write_result *results, size_t n);

/* ---- compression: streaming, one stream per open object ------------------------------------------------------- */

struct fl_buf;
struct fl_compressor;

/* As the words of option `library`. */
enum fl_library { FL_LIBRARY_AUTO, FL_LIBRARY_FLOW, FL_LIBRARY_ZLIB, FL_LIBRARY_LIBDEFLATE };

struct fl_compress_kind {
    const char *name;       /* none, flow, libdeflate, zlib */
    const char *encoding;   /* content encoding or NULL */
    const char *suffix;     /* ".gz" or "" */
};

/* What has to be kept of a stream while its compressor serves another one. {0} before a stream begins. */
struct fl_compress_mark {
    uint64_t size;
    uint32_t crc;
    bool begun;
};

/*
 * `kind` is none or gzip; level as in stages.def, -1 default, -2 fast, -3 best, or 0..12, of which zlib takes 9 for those above.
 * flow has one level. 0 stores, whatever the library. FL_LIBRARY_AUTO: the one that is good at the level (compressors/gzip/gzip.c).
 */
struct fl_compressor *fl_compressor_new(const char *kind, enum fl_library library, int level);
/*
 * Append n bytes; compressed output is appended to `out` when there is some. The result depends on the bytes only,
 * not on how they were cut.
 */
void fl_compressor_put(struct fl_compressor *c, const char *p, size_t n, struct fl_buf *out);
/* End the stream; the compressor is ready for a next one. */
void fl_compressor_end(struct fl_compressor *c, struct fl_buf *out);
/*
 * Lay a stream aside, at a cost of some bytes, so that few compressors serve many open objects; it is still one gzip
 * member. False: this kind can't (libdeflate), nothing was done.
 */
bool fl_compressor_suspend(struct fl_compressor *c, struct fl_buf *out, struct fl_compress_mark *mark);
/* Go on with it; the compressor must be between streams. */
void fl_compressor_resume(struct fl_compressor *c, const struct fl_compress_mark *mark);
void fl_compressor_free(struct fl_compressor *c);
const struct fl_compress_kind *fl_compressor_kind(const struct fl_compressor *c);

#endif
