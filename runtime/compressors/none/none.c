/* none.c - compress none: objects as they are. */
#include "base/text.h"
#include "drivers/compressor.h"

static void *none_open(struct fl_runtime *rt, const struct fl_options *o, char **error)
{
    static char no_state;
    (void)rt;
    (void)o;
    (void)error;
    return &no_state;
}

static void none_put(void *c, const char *p, size_t n, struct fl_buf *out)
{
    (void)c;
    fl_buf_put(out, p, n);
}

static void none_end(void *c, struct fl_buf *out)
{
    (void)c;
    (void)out;
}

static bool none_suspend(void *c, struct fl_buf *out, struct fl_compress_mark *mark)
{
    (void)c;
    (void)out;
    *mark = (struct fl_compress_mark){0};
    return true;
}

static void none_resume(void *c, const struct fl_compress_mark *mark)
{
    (void)c;
    (void)mark;
}

static void none_close(void *c)
{
    (void)c;
}

extern const struct fl_compress_kind fl_compress_none;
const struct fl_compress_kind fl_compress_none = {
    .name = "none",
    .suffix = "",
    .open = none_open,
    .put = none_put,
    .end = none_end,
    .suspend = none_suspend,
    .resume = none_resume,
    .close = none_close,
};
