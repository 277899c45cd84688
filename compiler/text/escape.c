/*
 * escape.c - one escape of a string literal: \n, \u00fc, a pair of surrogates.
 */
#include "text/escape.h"

#include <string.h>

static int hex4(const char *s, const char *end)
{
    int v = 0;
    if (end - s < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int c = s[i];
        int d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

static char *put_utf8(char *o, unsigned c)
{
    if (c < 0x80) {
        *o++ = (char)c;
    } else if (c < 0x800) {
        *o++ = (char)(0xC0 | c >> 6);
        *o++ = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *o++ = (char)(0xE0 | c >> 12);
        *o++ = (char)(0x80 | (c >> 6 & 63));
        *o++ = (char)(0x80 | (c & 63));
    } else {
        *o++ = (char)(0xF0 | c >> 18);
        *o++ = (char)(0x80 | (c >> 12 & 63));
        *o++ = (char)(0x80 | (c >> 6 & 63));
        *o++ = (char)(0x80 | (c & 63));
    }
    return o;
}

/* \uXXXX at s (behind the u); returns how many bytes it takes, 0 if it is none. A pair of surrogates is one character. */
static size_t unicode_escape(const char *s, const char *end, unsigned *c)
{
    int hi = hex4(s, end);
    if (hi < 0 || (hi >= 0xDC00 && hi <= 0xDFFF))
        return 0;
    if (hi < 0xD800 || hi > 0xDBFF) {
        *c = (unsigned)hi;
        return 4;
    }
    int lo = end - s >= 10 && s[4] == '\\' && s[5] == 'u' ? hex4(s + 6, end) : -1;
    if (lo < 0xDC00 || lo > 0xDFFF)
        return 0;
    *c = 0x10000 + (((unsigned)hi & 0x3FF) << 10 | ((unsigned)lo & 0x3FF));
    return 10;
}

size_t fc_unescape(const char *s, const char *end, char **out)
{
    static const char plain[] = "\"\\/'bfnrt", value[] = "\"\\/'\b\f\n\r\t";
    const char *known = s + 1 < end ? memchr(plain, s[1], sizeof plain - 1) : NULL;
    unsigned c = 0;
    size_t n = known || s + 1 >= end || s[1] != 'u' ? 0 : unicode_escape(s + 2, end, &c);
    if (known)
        *(*out)++ = value[known - plain];
    else if (n > 0)
        *out = put_utf8(*out, c);
    return known ? 2 : n > 0 ? 2 + n : 0;
}
