/*
 * unzstd.c - decompress zstd (RFC 8878): any number of frames, skippable ones among them. Without the library it still
 * knows what zstd is, so that nobody takes it for text.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "drivers/compressor.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* A frame, or a skippable one: the same 4 bytes but for the lowest 4 bits. */
static enum fl_begins zstd_begins(const uint8_t *first, size_t n)
{
    static const uint8_t frame[FL_MAGIC_MAX] = {0x28, 0xb5, 0x2f, 0xfd}, skipped[FL_MAGIC_MAX] = {0x50, 0x2a, 0x4d, 0x18};
    bool a = true, b = true;
    for (size_t i = 0; i < n && i < FL_MAGIC_MAX; i++) {
        a &= first[i] == frame[i];
        b &= (i ? first[i] : first[i] & 0xf0) == skipped[i];
    }
    return !a && !b ? FL_BEGINS_NOT : n < FL_MAGIC_MAX ? FL_BEGINS_PERHAPS : FL_BEGINS;
}

#ifdef HAVE_LIBZSTD
#include <zstd.h>

#define INPUT ((size_t)132 << 10) /* the largest block, packed, with its header */
#define FRAME_BEGIN 5             /* bytes that tell how many more its header has */

struct unzstd {
    ZSTD_DCtx *z;
    size_t at, n; /* of `in`: used, there */
    size_t wants; /* bytes to the end of the next block, by what the library knows */
    bool inside;  /* of a frame */
    bool ended;   /* at least one is complete */
    bool full;    /* the last output had no more room */
    uint8_t in[INPUT];
};

static void *zstd_open(struct fl_runtime *rt, const struct fl_options *o, char **error)
{
    (void)rt;
    (void)o;
    (void)error;
    struct unzstd *z = fl_new(struct unzstd);
    z->z = fl_given(ZSTD_createDCtx());
    z->wants = FRAME_BEGIN;
    return z;
}

static void zstd_close(void *state)
{
    struct unzstd *z = state;
    ZSTD_freeDCtx(z->z);
    free(z);
}

static uint8_t *zstd_space(void *state, size_t *n)
{
    struct unzstd *z = state;
    memmove(z->in, z->in + z->at, z->n - z->at);
    z->n -= z->at;
    z->at = 0;
    *n = INPUT - z->n;
    return z->in + z->n;
}

static void zstd_filled(void *state, size_t n)
{
    struct unzstd *z = state;
    z->n += n;
}

static bool zstd_inside(const void *state)
{
    return ((const struct unzstd *)state)->inside;
}

static bool zstd_ready(const void *state)
{
    const struct unzstd *z = state;
    return z->full || z->at < z->n;
}

/* A block at a time: where one is damaged the library keeps for itself what it made of those before it in the same call. */
static size_t zstd_take(void *state, void *to, size_t n, const char **why)
{
    struct unzstd *z = state;
    ZSTD_outBuffer out = {to, n, 0};
    while (out.pos < n && (z->at < z->n || z->full)) {
        size_t k = z->n - z->at < z->wants ? z->n - z->at : z->wants;
        ZSTD_inBuffer in = {z->in + z->at, k, 0};
        if (z->ended && !z->inside && zstd_begins(z->in + z->at, k) == FL_BEGINS_NOT) {
            *why = "something that is not zstd follows the zstd data";
            break;
        }
        z->inside = true;
        z->full = false;
        size_t r = ZSTD_decompressStream(z->z, &out, &in);
        if (ZSTD_isError(r)) {
            *why = ZSTD_getErrorName(r);
            break;
        }
        z->at += in.pos;
        z->inside = r > 0;
        z->ended |= r == 0;
        z->wants = r > 0 ? r : FRAME_BEGIN;
    }
    z->full = out.pos == n && z->inside;
    return out.pos;
}
#else
#define zstd_space NULL
#define zstd_filled NULL
#define zstd_take NULL
#define zstd_ready NULL
#define zstd_inside NULL
#define zstd_close NULL

static void *zstd_open(struct fl_runtime *rt, const struct fl_options *o, char **error)
{
    (void)rt;
    (void)o;
    *error = fl_said("it is zstd, which is not in this build of flowc; install libzstd and build flowc again, or unpack it first");
    return NULL;
}
#endif

extern const struct fl_decompress_kind fl_decompress_zstd;
const struct fl_decompress_kind fl_decompress_zstd = {
    .name = "zstd",
    .begins = zstd_begins,
    .open = zstd_open,
    .space = zstd_space,
    .filled = zstd_filled,
    .take = zstd_take,
    .ready = zstd_ready,
    .inside = zstd_inside,
    .close = zstd_close,
};
