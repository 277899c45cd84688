/* gunzip.c - decompress gzip (RFC 1952): any number of members, zero padding behind them. */
#include "drivers/compressor.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/memory.h"

#define INPUT ((size_t)64 << 10)
#define GZIP_ONLY 16 /* for inflateInit2: on top of the window's bits */

struct gunzip {
    z_stream z;
    bool inside; /* of a member */
    bool ended;  /* at least one is complete */
    bool full;   /* the last output had no more room */
    uint8_t in[INPUT];
};

static enum fl_begins gunzip_begins(const uint8_t *first, size_t n)
{
    if ((n > 0 && first[0] != 0x1f) || (n > 1 && first[1] != 0x8b))
        return FL_BEGINS_NOT;
    return n < 2 ? FL_BEGINS_PERHAPS : FL_BEGINS;
}

static void *gunzip_open(struct fl_runtime *rt, const struct fl_options *o, char **error)
{
    (void)rt;
    (void)o;
    (void)error;
    struct gunzip *z = fl_new(struct gunzip);
    if (inflateInit2(&z->z, MAX_WBITS + GZIP_ONLY) != Z_OK)
        fl_no_memory(FL_PART, 0);
    z->z.next_in = z->in;
    return z;
}

static void gunzip_close(void *state)
{
    struct gunzip *z = state;
    inflateEnd(&z->z);
    free(z);
}

static uint8_t *gunzip_space(void *state, size_t *n)
{
    struct gunzip *z = state;
    memmove(z->in, z->z.next_in, z->z.avail_in);
    z->z.next_in = z->in;
    *n = INPUT - z->z.avail_in;
    return z->in + z->z.avail_in;
}

static void gunzip_filled(void *state, size_t n)
{
    struct gunzip *z = state;
    z->z.avail_in += (unsigned)n;
}

static bool gunzip_inside(const void *state)
{
    return ((const struct gunzip *)state)->inside;
}

static bool gunzip_ready(const void *state)
{
    const struct gunzip *z = state;
    return z->full || z->z.avail_in;
}

/* Between members. False: nothing, or nothing that begins one. */
static bool begin_member(struct gunzip *z, const char **why)
{
    while (z->ended && z->z.avail_in && *z->z.next_in == 0) { /* tapes and block devices pad */
        z->z.next_in++;
        z->z.avail_in--;
    }
    if (!z->z.avail_in)
        return false;
    if (z->ended && *z->z.next_in != 0x1f) {
        *why = "something that is not gzip follows the gzip data";
        return false;
    }
    z->inside = true;
    return true;
}

static size_t gunzip_take(void *state, void *to, size_t n, const char **why)
{
    struct gunzip *z = state;
    z->z.next_out = to;
    z->z.avail_out = (unsigned)n;
    while (z->z.avail_out && (z->inside || begin_member(z, why))) {
        int r = inflate(&z->z, Z_NO_FLUSH);
        if (r == Z_STREAM_END) {
            z->inside = false;
            z->ended = true;
            inflateReset(&z->z);
            continue;
        }
        if (r == Z_BUF_ERROR || (r == Z_OK && z->z.avail_out))
            break; /* input is used up */
        if (r != Z_OK) {
            *why = z->z.msg ? z->z.msg : "damaged gzip data";
            break;
        }
    }
    z->full = !z->z.avail_out;
    return n - z->z.avail_out;
}

extern const struct fl_decompress_kind fl_decompress_gzip;
const struct fl_decompress_kind fl_decompress_gzip = {
    .name = "gzip",
    .begins = gunzip_begins,
    .open = gunzip_open,
    .space = gunzip_space,
    .filled = gunzip_filled,
    .take = gunzip_take,
    .ready = gunzip_ready,
    .inside = gunzip_inside,
    .close = gunzip_close,
};
