/*
 * put.h - bytes, constants and whole numbers written with a cursor: the place to write at comes in, the place behind it goes out.
 *
 * The caller has made room, for what is written and FL_PAD bytes more: these may be overwritten.
 */
#ifndef FL_PUT_H
#define FL_PUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define FL_INT_MAX 20 /* bound of fl_put_int */

/* n bytes; FL_PAD readable bytes follow them. */
static inline char *fl_put(char *w, const char *p, size_t n)
{
    if (n <= 32) {
        memcpy(w, p, 16);
        memcpy(w + 16, p + 16, 16);
    } else if (n <= 64) {
        memcpy(w, p, 32);
        memcpy(w + 32, p + 32, 32);
    } else {
        memcpy(w, p, n);
    }
    return w + n;
}

/* The same for up to 32 bytes. */
static inline char *fl_put_digits(char *w, const char *p, size_t n)
{
    memcpy(w, p, 16);
    memcpy(w + 16, p + 16, 16);
    return w + n;
}

/* A string constant. All but the shortest in steps of 16 bytes: one load and one store each. */
#define FL_LIT_STEPS(n) ((n) <= 8 || (n) > 64 ? (n) : ((n) + 15) / 16 * 16)
#define FL_PUT_LIT(w, lit) ((char *)memcpy((w), lit FL_ZEROS_16, FL_LIT_STEPS(sizeof(lit) - 1)) + (sizeof(lit) - 1))

static inline unsigned fl_digits_of(uint64_t v)
{
    /* 1233 / 4096 is a little more than log10(2): one compare corrects it. */
    static const uint64_t ten[20] = {
        1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, UINT64_C(10000000000),
        UINT64_C(100000000000), UINT64_C(1000000000000), UINT64_C(10000000000000), UINT64_C(100000000000000),
        UINT64_C(1000000000000000), UINT64_C(10000000000000000), UINT64_C(100000000000000000),
        UINT64_C(1000000000000000000), UINT64_C(10000000000000000000)
    };
    unsigned t = ((64u - (unsigned)__builtin_clzll(v | 1)) * 1233) >> 12;
    return t + (v >= ten[t]) + (v == 0);
}

/*
 * The 8 digits of v < 10^8 as text, the first one in the lowest byte: halves, quarters and digits are divided side by side.
 * Dividing by 100 and by 10 is a multiplication and a shift, exact for what comes here.
 */
static inline uint64_t fl_digits8_text(uint64_t v)
{
    uint64_t x = v % 10000 << 32 | v / 10000;
    uint64_t q = ((x * 10486) >> 20) & UINT64_C(0x0000007f0000007f);
    x = (x - q * 100) << 16 | q;
    q = ((x * 103) >> 10) & UINT64_C(0x000f000f000f000f);
    return ((x - q * 10) << 8 | q) + UINT64_C(0x3030303030303030);
}

static inline char *fl_put_digits8(char *w, uint64_t text, unsigned n)
{
    text >>= 64 - 8 * n;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    text = __builtin_bswap64(text);
#endif
    memcpy(w, &text, 8);
    return w + n;
}

static inline char *fl_put_uint(char *w, uint64_t v)
{
    const uint64_t base = 100000000;
    if (v < base)
        return fl_put_digits8(w, fl_digits8_text(v), fl_digits_of(v));
    uint64_t up = v / base;
    if (up < base) {
        w = fl_put_digits8(w, fl_digits8_text(up), fl_digits_of(up));
    } else {
        w = fl_put_digits8(w, fl_digits8_text(up / base), fl_digits_of(up / base));
        w = fl_put_digits8(w, fl_digits8_text(up % base), 8);
    }
    return fl_put_digits8(w, fl_digits8_text(v % base), 8);
}

static inline char *fl_put_int(char *w, int64_t v)
{
    uint64_t u = (uint64_t)v;
    if (v < 0) {
        *w++ = '-';
        u = 0 - u;
    }
    return fl_put_uint(w, u);
}

#endif
