/* gunzip.c - see gunzip.h. */
#include "compressors/gzip/gunzip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/memory.h"

#define INPUT ((size_t)64 << 10)
#define GZIP_ONLY 16 /* for inflateInit2: on top of the window's bits */

struct fl_gunzip {
    z_stream z;
    bool inside; /* of a member */
    bool ended;  /* at least one is complete */
    bool full;   /* the last output had no more room */
    uint8_t in[INPUT];
};

struct fl_gunzip *fl_gunzip_new(void)
{
    struct fl_gunzip *z = fl_new(struct fl_gunzip);
    if (inflateInit2(&z->z, MAX_WBITS + GZIP_ONLY) != Z_OK)
        fl_no_memory(FL_PART, 0);
    z->z.next_in = z->in;
    return z;
}

void fl_gunzip_free(struct fl_gunzip *z)
{
    if (!z)
        return;
    inflateEnd(&z->z);
    free(z);
}

uint8_t *fl_gunzip_space(struct fl_gunzip *z, size_t *n)
{
    memmove(z->in, z->z.next_in, z->z.avail_in);
    z->z.next_in = z->in;
    *n = INPUT - z->z.avail_in;
    return z->in + z->z.avail_in;
}

void fl_gunzip_filled(struct fl_gunzip *z, size_t n)
{
    z->z.avail_in += (unsigned)n;
}

void fl_gunzip_feed(struct fl_gunzip *z, const void *p, size_t n)
{
    size_t room;
    uint8_t *to = fl_gunzip_space(z, &room);
    memcpy(to, p, n < room ? n : room);
    fl_gunzip_filled(z, n < room ? n : room);
}

bool fl_gunzip_inside(const struct fl_gunzip *z)
{
    return z->inside;
}

bool fl_gunzip_ready(const struct fl_gunzip *z)
{
    return z->full || z->z.avail_in;
}

/* Between members. False: nothing, or nothing that begins one. */
static bool begin_member(struct fl_gunzip *z, const char **why)
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

size_t fl_gunzip_take(struct fl_gunzip *z, void *to, size_t n, const char **why)
{
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
