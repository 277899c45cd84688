/* text.c - see text.h. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

void fl_buf_grow(struct fl_buf *b, size_t more)
{
    size_t cap = b->cap ? b->cap : 256;
    if (more > SIZE_MAX / 2 - b->n)
        fl_no_memory(FL_PART, SIZE_MAX);
    while (cap - b->n < more)
        cap *= 2;
    b->p = fl_resize(b->p, cap);
    b->cap = cap;
}

void fl_buf_free(struct fl_buf *b)
{
    free(b->p);
    *b = (struct fl_buf){0};
}

void fl_buf_printf(struct fl_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    vsnprintf(fl_buf_room(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
    b->n += (size_t)n;
    va_end(again);
    va_end(ap);
}

size_t fl_control(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] == 0xC2 && s[1] >= 0x80 && s[1] < 0xA0) /* U+0080 to U+009F */
        return 2;
    bool line = s[0] == 0xE2 && s[1] == 0x80 && s[2] >= 0xA8 && s[2] <= 0xAE;    /* U+2028 to U+202E */
    bool isolate = s[0] == 0xE2 && s[1] == 0x81 && s[2] >= 0xA6 && s[2] <= 0xA9; /* U+2066 to U+2069 */
    bool mark = s[0] == 0xEF && s[1] == 0xBB && s[2] == 0xBF;                    /* U+FEFF */
    return line || isolate || mark ? 3 : s[0] < 32 || s[0] == 127;
}

void fl_put_yaml(struct fl_buf *b, const char **s)
{
    const unsigned char *c = (const unsigned char *)*s;
    size_t n = fl_control(*s);
    unsigned point = n == 1 ? c[0] : n == 2 ? c[1] : n == 3 ? (c[0] & 15u) << 12 | (c[1] & 63u) << 6 | (c[2] & 63u) : 0;
    if (n)
        fl_buf_printf(b, n == 1 ? "\\x%02x" : "\\u%04x", point);
    else if (*c == '"' || *c == '\\')
        fl_buf_printf(b, "\\%c", *c);
    else
        fl_buf_putc(b, (char)*c);
    *s += n ? n : 1;
}
