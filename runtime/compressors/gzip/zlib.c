/* zlib.c - DEFLATE by zlib, see deflate.h: for levels 0, 4 and 5, and above where there is no libdeflate. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stdlib.h>
#include <zlib.h>

#include "base/memory.h"
#include "compressors/gzip/deflate.h"

/* Room offered per call: enough that a piece seldom takes a second one. */
#define OUT_ROOM 65536

static void *zlib_open(int level)
{
    z_stream *z = fl_new(z_stream);
    /* -15: a raw stream with the full window; 8: zlib's default memory level, 268 KB in all. */
    if (deflateInit2(z, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        fl_no_memory(FL_PART, 0);
    return z;
}

static void run(z_stream *z, const char *p, size_t n, int flush, struct fl_buf *out)
{
    z->next_in = (z_const Bytef *)(uintptr_t)p;
    z->avail_in = (uInt)n;
    do {
        z->next_out = (Bytef *)fl_buf_room(out, OUT_ROOM);
        z->avail_out = OUT_ROOM;
        deflate(z, flush);
        out->n += OUT_ROOM - z->avail_out;
    } while (z->avail_out == 0);
}

static void zlib_put(void *state, const char *p, size_t n, struct fl_buf *out)
{
    for (; n > (1u << 30); p += 1u << 30, n -= 1u << 30)
        run(state, p, 1u << 30, Z_NO_FLUSH, out);
    run(state, p, n, Z_NO_FLUSH, out);
}

static void zlib_flush(void *state, struct fl_buf *out)
{
    run(state, "", 0, Z_FULL_FLUSH, out);
    deflateReset(state);
}

static void zlib_end(void *state, const char *p, size_t n, struct fl_buf *out)
{
    zlib_put(state, p, n, out);
    run(state, "", 0, Z_FINISH, out);
    deflateReset(state);
}

static void zlib_close(void *state)
{
    deflateEnd(state);
    free(state);
}

const struct fl_deflate fl_deflate_zlib = {
    .name = "zlib",
    .piece = 0,
    .open = zlib_open,
    .put = zlib_put,
    .flush = zlib_flush,
    .end = zlib_end,
    .close = zlib_close,
};

/* Level 0: its stored blocks are as long as what zlib is given at once. */
const struct fl_deflate fl_deflate_stored = {
    .name = "zlib",
    .piece = OUT_ROOM,
    .open = zlib_open,
    .put = zlib_put,
    .flush = zlib_flush,
    .end = zlib_end,
    .close = zlib_close,
};
