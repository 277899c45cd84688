/*
 * libdeflate.c - DEFLATE by libdeflate, see deflate.h: the smallest objects, at levels 6 to 12. It knows
 * no streams: gzip.c collects the raw bytes of the whole object and hands them over at its end, so an open object
 * takes as much memory as its records. That is why the levels in everyday use belong to other libraries.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/memory.h"
#include "compressors/gzip/deflate.h"

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#include <stdlib.h>

/* Only the level is kept: the library's own state is up to 9 MB and is needed for the moment of `end` alone. */
static void *libdeflate_open(int level)
{
    int *state = fl_new(int);
    *state = level;
    return state;
}

static void libdeflate_end(void *state, const char *p, size_t n, struct fl_buf *out)
{
    struct libdeflate_compressor *c = fl_given(libdeflate_alloc_compressor(*(int *)state));
    size_t room = libdeflate_deflate_compress_bound(c, n);
    out->n += libdeflate_deflate_compress(c, p, n, fl_buf_room(out, room), room);
    libdeflate_free_compressor(c);
}

const struct fl_deflate fl_deflate_libdeflate = {
    .name = "libdeflate",
    .piece = SIZE_MAX,
    .open = libdeflate_open,
    .end = libdeflate_end,
    .close = free,
};
#endif
