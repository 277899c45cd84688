/* unescape.c - see unescape.h. Strings of messages, of configuration files and of answers to lookups go through here. */
#include "json/unescape.h"

#include <string.h>

/* Four hexadecimal digits, or -1. */
static int hex4(const char *p, const char *end)
{
    int v = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int c = p[i], low = c | 0x20;
        if (c >= '0' && c <= '9')
            v = v * 16 + c - '0';
        else if (low >= 'a' && low <= 'f')
            v = v * 16 + low - 'a' + 10;
        else
            return -1;
    }
    return v;
}

static char *put_utf8(char *w, unsigned c)
{
    if (c < 0x80) {
        *w++ = (char)c;
    } else if (c < 0x800) {
        *w++ = (char)(0xc0 | c >> 6);
        *w++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *w++ = (char)(0xe0 | c >> 12);
        *w++ = (char)(0x80 | (c >> 6 & 0x3f));
        *w++ = (char)(0x80 | (c & 0x3f));
    } else {
        *w++ = (char)(0xf0 | c >> 18);
        *w++ = (char)(0x80 | (c >> 12 & 0x3f));
        *w++ = (char)(0x80 | (c >> 6 & 0x3f));
        *w++ = (char)(0x80 | (c & 0x3f));
    }
    return w;
}

/* *p behind `\u`. */
static unsigned code_point(const char **p, const char *end)
{
    int c = hex4(*p, end);
    if (c < 0)
        return 0xfffd;
    *p += 4;
    if (c < 0xd800 || c > 0xdfff)
        return (unsigned)c;
    if (c < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        int low = hex4(*p + 2, end);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *p += 6;
            return 0x10000 + (((unsigned)c - 0xd800) << 10) + ((unsigned)low - 0xdc00);
        }
    }
    return 0xfffd;
}

char *fl_unescape_to(char *w, const char *p, size_t n)
{
    const char *end = p + n;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((slash ? slash : end) - p);
        memcpy(w, p, plain);
        w += plain;
        p += plain;
        if (end - p < 2)
            break;
        char c = p[1];
        p += 2;
        switch (c) {
        case 'b': *w++ = '\b'; break;
        case 'f': *w++ = '\f'; break;
        case 'n': *w++ = '\n'; break;
        case 'r': *w++ = '\r'; break;
        case 't': *w++ = '\t'; break;
        case 'u': w = put_utf8(w, code_point(&p, end)); break;
        default:  *w++ = c; break;
        }
    }
    return w;
}

fl_str fl_unescape(struct fl_arena *a, fl_str raw)
{
    char *w = fl_arena_get(a, (size_t)raw.n + FL_PAD);
    return (fl_str){w, (uint32_t)(fl_unescape_to(w, raw.p, raw.n) - w), FL_PLAIN};
}
