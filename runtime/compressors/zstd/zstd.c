/*
 * zstd.c - compress zstd (RFC 8878): one frame with a check sum, or one for each time that the stream was resumed, which
 * readers take for one. Called by delivery/pieces.c, by one thread at a time for each compressor.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#ifdef HAVE_LIBZSTD
#include <stdlib.h>
#include <zstd.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/values.h"
#include "drivers/compressor.h"

/* Room offered per call: a block that didn't become smaller. */
#define OUT_ROOM ((size_t)132 << 10)

struct zstd {
    ZSTD_CCtx *z;
    bool frame; /* one is open */
    bool begun; /* the stream, perhaps with frames that are complete */
};

static void *zstd_open(struct fl_runtime *rt, const struct fl_options *o, char **error)
{
    (void)rt;
    (void)error;
    struct zstd *c = fl_new(struct zstd);
    c->z = fl_given(ZSTD_createCCtx());
    ZSTD_CCtx_setParameter(c->z, ZSTD_c_compressionLevel, (int)fl_opt_int(o, "level"));
    ZSTD_CCtx_setParameter(c->z, ZSTD_c_checksumFlag, 1);
    return c;
}

static void run(struct zstd *c, const char *p, size_t n, ZSTD_EndDirective how, struct fl_buf *out)
{
    ZSTD_inBuffer in = {p, n, 0};
    size_t left;
    do {
        ZSTD_outBuffer to = {fl_buf_room(out, OUT_ROOM), OUT_ROOM, 0};
        left = ZSTD_compressStream2(c->z, &to, &in, how);
        if (ZSTD_isError(left)) /* of all that can happen here only this */
            fl_no_memory(FL_PART, 0);
        out->n += to.pos;
    } while (how == ZSTD_e_end ? left > 0 : in.pos < in.size);
}

static void zstd_put(void *state, const char *p, size_t n, struct fl_buf *out)
{
    struct zstd *c = state;
    if (n == 0)
        return;
    c->frame = c->begun = true;
    run(c, p, n, ZSTD_e_continue, out);
}

/*
 * Input is never given together with the end: a frame that the library sees whole gets another header, so the bytes would
 * depend on how they were cut.
 */
static void end_frame(struct zstd *c, struct fl_buf *out)
{
    run(c, "", 0, ZSTD_e_end, out);
    c->frame = false;
}

static void zstd_end(void *state, struct fl_buf *out)
{
    struct zstd *c = state;
    if (c->frame || !c->begun)
        end_frame(c, out);
    c->begun = false;
}

static bool zstd_suspend(void *state, struct fl_buf *out, struct fl_compress_mark *mark)
{
    struct zstd *c = state;
    if (c->frame)
        end_frame(c, out);
    *mark = (struct fl_compress_mark){.begun = c->begun};
    c->begun = false;
    return true;
}

static void zstd_resume(void *state, const struct fl_compress_mark *mark)
{
    struct zstd *c = state;
    c->begun = mark->begun;
}

static void zstd_close(void *state)
{
    struct zstd *c = state;
    ZSTD_freeCCtx(c->z);
    free(c);
}

extern const struct fl_compress_kind fl_compress_zstd;
const struct fl_compress_kind fl_compress_zstd = {
    .name = "zstd",
    .encoding = "zstd",
    .suffix = ".zst",
    .open = zstd_open,
    .put = zstd_put,
    .end = zstd_end,
    .suspend = zstd_suspend,
    .resume = zstd_resume,
    .close = zstd_close,
};
#endif
