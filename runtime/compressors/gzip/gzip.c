/*
 * gzip.c - from raw bytes to an object's bytes, see drivers/compressor.h: picks the engine for a level, writes the gzip frame
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
#include "compressors/gzip/gzip.h"
#include "config/values.h"
#include "drivers/compressor.h"
#include "dsl/option.h"
#include "base/text.h"

struct fl_gzip {
    const struct fl_deflate *deflate;
    void *state;
    struct fl_buf rest;               /* what is left over of a piece, or the whole object */
    struct fl_compress_mark mark;
};

/* auto: the one that is good at this level. */
static enum fl_gzip_library library_for(int level)
{
    if (level != FL_LEVEL_BEST && level <= 3)
        return FL_GZIP_FLOW;
#ifdef HAVE_LIBDEFLATE
    if (level == FL_LEVEL_BEST || level >= 6)
        return FL_GZIP_LIBDEFLATE;
#endif
    return FL_GZIP_ZLIB;
}

/* The library's own number for fast, default and best; 6 is both libraries' default. */
static int number(int level, int best)
{
    return level == FL_LEVEL_FAST ? 1 : level == FL_LEVEL_DEFAULT ? 6 : level == FL_LEVEL_BEST || level > best ? best : level;
}

static const struct fl_deflate *pick(enum fl_gzip_library library, int *level)
{
    if (*level == 0)
        return &fl_deflate_stored;
    if (library == FL_GZIP_AUTO)
        library = library_for(*level);
    if (library == FL_GZIP_FLOW)
        return &fl_deflate_flow;
#ifdef HAVE_LIBDEFLATE
    if (library == FL_GZIP_LIBDEFLATE) {
        *level = number(*level, 12);
        return &fl_deflate_libdeflate;
    }
#endif
    *level = number(*level, 9);
    return &fl_deflate_zlib;
}

struct fl_gzip *fl_gzip_new(enum fl_gzip_library library, int level)
{
    struct fl_gzip *c = fl_new(struct fl_gzip);
    c->deflate = pick(library, &level);
    c->state = c->deflate->open(level);
    return c;
}

void fl_gzip_free(struct fl_gzip *c)
{
    if (!c)
        return;
    c->deflate->close(c->state);
    fl_buf_free(&c->rest);
    free(c);
}

const char *fl_gzip_engine(const struct fl_gzip *c)
{
    return c->deflate->name;
}

static void begin(struct fl_gzip *c, struct fl_buf *out)
{
    static const char header[10] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, (char)0xff};
    if (!c->mark.begun)
        fl_buf_put(out, header, sizeof header);
    c->mark.begun = true;
}

void fl_gzip_put(struct fl_gzip *c, const char *p, size_t n, struct fl_buf *out)
{
    if (n == 0)
        return;
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

void fl_gzip_end(struct fl_gzip *c, struct fl_buf *out)
{
    begin(c, out);
    c->deflate->end(c->state, c->rest.n ? c->rest.p : "", c->rest.n, out);
    uint32_t trailer[2] = {c->mark.crc, (uint32_t)c->mark.size};
    for (unsigned i = 0; i < 8; i++)
        fl_buf_putc(out, (char)(trailer[i / 4] >> (i % 4 * 8)));
    c->rest.n = 0;
    c->mark = (struct fl_compress_mark){0};
}

bool fl_gzip_suspend(struct fl_gzip *c, struct fl_buf *out, struct fl_compress_mark *mark)
{
    if (c->deflate->piece == SIZE_MAX)
        return false;
    if (c->mark.begun) {
        if (c->rest.n)
            c->deflate->put(c->state, c->rest.p, c->rest.n, out);
        c->deflate->flush(c->state, out);
    }
    c->rest.n = 0;
    *mark = c->mark;
    c->mark = (struct fl_compress_mark){0};
    return true;
}

void fl_gzip_resume(struct fl_gzip *c, const struct fl_compress_mark *mark)
{
    c->mark = *mark;
}

/* ---- the kind ---------------------------------------------------------------------------------------------------- */

static void *open_configured(struct fl_runtime *rt, const struct fl_options *o, char **error)
{
    (void)rt;
    (void)error;
    return fl_gzip_new((enum fl_gzip_library)fl_opt_int(o, "library"), (int)fl_opt_int(o, "level"));
}

static void put(void *c, const char *p, size_t n, struct fl_buf *out)
{
    fl_gzip_put(c, p, n, out);
}

static void end(void *c, struct fl_buf *out)
{
    fl_gzip_end(c, out);
}

static bool suspend(void *c, struct fl_buf *out, struct fl_compress_mark *mark)
{
    return fl_gzip_suspend(c, out, mark);
}

static void resume(void *c, const struct fl_compress_mark *mark)
{
    fl_gzip_resume(c, mark);
}

static void close_it(void *c)
{
    fl_gzip_free(c);
}

const struct fl_compress_kind fl_compress_gzip = {
    .name = "gzip",
    .encoding = "gzip",
    .suffix = ".gz",
    .open = open_configured,
    .put = put,
    .end = end,
    .suspend = suspend,
    .resume = resume,
    .close = close_it,
};
