/*
 * gzip.c - from raw bytes to an object's bytes, see drivers/sink.h: picks the engine for a level, writes the gzip frame
 * (RFC 1952: no name, time 0, system unknown, so that equal records give equal objects), keeps the check sum.
 *
 * By default (library auto):
 *   level                   with libdeflate      without
 *   0                       zlib: stored         the same
 *   fast, default, 1 2 3    our own              the same
 *   4 5                     zlib                 the same
 *   6 .. 12                 libdeflate           zlib, 9 at most
 *   best                    libdeflate 12        zlib 9
 *
 * Called by delivery/output.c, by one thread at a time for each compressor, and by tests.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compressors/gzip/crc32.h"
#include "compressors/gzip/deflate.h"
#include "drivers/sink.h"
#include "base/text.h"

enum { BEST = -3, FAST, DEFAULT };

struct fl_compressor {
    struct fl_compress_kind kind;
    const struct fl_deflate *deflate; /* NULL: bytes go through as they are */
    void *state;
    struct fl_buf rest;               /* what is left over of a piece, or the whole object */
    struct fl_compress_mark mark;
};

/* auto: the one that is good at this level. */
static enum fl_library library_for(int level)
{
    if (level != BEST && level <= 3)
        return FL_LIBRARY_FLOW;
#ifdef HAVE_LIBDEFLATE
    if (level == BEST || level >= 6)
        return FL_LIBRARY_LIBDEFLATE;
#endif
    return FL_LIBRARY_ZLIB;
}

/* The library's own number for fast, default and best; 6 is both libraries' default. */
static int number(int level, int best)
{
    return level == FAST ? 1 : level == DEFAULT ? 6 : level == BEST || level > best ? best : level;
}

static const struct fl_deflate *pick(enum fl_library library, int *level)
{
    if (*level == 0)
        return &fl_deflate_stored;
    if (library == FL_LIBRARY_AUTO)
        library = library_for(*level);
    if (library == FL_LIBRARY_FLOW)
        return &fl_deflate_flow;
#ifdef HAVE_LIBDEFLATE
    if (library == FL_LIBRARY_LIBDEFLATE) {
        *level = number(*level, 12);
        return &fl_deflate_libdeflate;
    }
#endif
    *level = number(*level, 9);
    return &fl_deflate_zlib;
}

struct fl_compressor *fl_compressor_new(const char *kind, enum fl_library library, int level)
{
    struct fl_compressor *c = fl_new(struct fl_compressor);
    c->kind = (struct fl_compress_kind){"none", NULL, ""};
    if (strcmp(kind, "gzip") == 0) {
        c->deflate = pick(library, &level);
        c->kind = (struct fl_compress_kind){c->deflate->name, "gzip", ".gz"};
        c->state = c->deflate->open(level);
    }
    return c;
}

void fl_compressor_free(struct fl_compressor *c)
{
    if (!c)
        return;
    if (c->deflate)
        c->deflate->close(c->state);
    fl_buf_free(&c->rest);
    free(c);
}

const struct fl_compress_kind *fl_compressor_kind(const struct fl_compressor *c)
{
    return &c->kind;
}

static void begin(struct fl_compressor *c, struct fl_buf *out)
{
    static const char header[10] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, (char)0xff};
    if (!c->mark.begun)
        fl_buf_put(out, header, sizeof header);
    c->mark.begun = true;
}

void fl_compressor_put(struct fl_compressor *c, const char *p, size_t n, struct fl_buf *out)
{
    if (n == 0)
        return;
    if (!c->deflate) {
        fl_buf_put(out, p, n);
        return;
    }
    begin(c, out);
    c->mark.crc = fl_crc32(c->mark.crc, p, n);
    c->mark.size += n;
    size_t piece = c->deflate->piece;
    if (piece == 0) {
        c->deflate->put(c->state, p, n, out);
        return;
    }
    /* Whole pieces are compressed where they stand; only what is over at either end is copied. */
    if (c->rest.n) {
        size_t k = n < piece - c->rest.n ? n : piece - c->rest.n;
        fl_buf_put(&c->rest, p, k);
        p += k;
        n -= k;
        if (c->rest.n < piece)
            return;
        c->deflate->put(c->state, c->rest.p, piece, out);
        c->rest.n = 0;
    }
    for (; n >= piece; p += piece, n -= piece)
        c->deflate->put(c->state, p, piece, out);
    fl_buf_put(&c->rest, p, n);
}

void fl_compressor_end(struct fl_compressor *c, struct fl_buf *out)
{
    if (!c->deflate)
        return;
    begin(c, out);
    c->deflate->end(c->state, c->rest.n ? c->rest.p : "", c->rest.n, out);
    uint32_t trailer[2] = {c->mark.crc, (uint32_t)c->mark.size};
    for (unsigned i = 0; i < 8; i++)
        fl_buf_putc(out, (char)(trailer[i / 4] >> (i % 4 * 8)));
    c->rest.n = 0;
    c->mark = (struct fl_compress_mark){0};
}

bool fl_compressor_suspend(struct fl_compressor *c, struct fl_buf *out, struct fl_compress_mark *mark)
{
    if (c->deflate && c->deflate->piece == SIZE_MAX)
        return false;
    if (c->deflate && c->mark.begun) {
        if (c->rest.n)
            c->deflate->put(c->state, c->rest.p, c->rest.n, out);
        c->deflate->flush(c->state, out);
    }
    c->rest.n = 0;
    *mark = c->mark;
    c->mark = (struct fl_compress_mark){0};
    return true;
}

void fl_compressor_resume(struct fl_compressor *c, const struct fl_compress_mark *mark)
{
    c->mark = *mark;
}
