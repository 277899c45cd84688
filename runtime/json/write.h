/*
 * write.h - JSON and csv written with a cursor.
 *
 * Every writer takes the place to write at and returns the place behind what it wrote. The caller has made room with
 * fl_buf_room for the sum of the bounds given here; up to FL_PAD bytes more may be overwritten, which it has too.
 * FL_CLEAN and FL_RAW texts are copied in wide steps: FL_PAD readable bytes have to follow them, and p isn't NULL.
 * FL_PLAIN texts may end where they end (constants, parameters).
 * Used by generated encoders, by templates and the tests.
 */
#ifndef FL_JSON_WRITE_H
#define FL_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "value/address.h"
#include "base/text.h"

#define FL_INT_MAX 20      /* bound of fl_put_int and fl_put_scaled */
#define FL_FLOAT_MAX 32    /* of fl_put_float */
#define FL_TIME_MAX 40     /* of fl_put_rfc3339 */
#define FL_CIDR_MAX 56     /* of fl_put_cidr */

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

/* A new line with at most 15 TABs, or with any number. */
static inline char *fl_put_line(char *w, unsigned tabs)
{
    memcpy(w, "\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t", 16);
    return w + 1 + tabs;
}

char *fl_put_long_line(char *w, unsigned tabs);

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

static inline char *fl_put_bool(char *w, bool b)
{
    memcpy(w, b ? "true\0" : "false", 5);
    return w + 5 - b;
}

/* The shortest text that reads as the same value, in Go's JSON form; not a number and infinite: null. */
char *fl_put_float(char *w, double v);

char *fl_put_escaped_(char *w, const char *p, size_t n);

/* What stands between the quotes: FL_CLEAN and FL_RAW as they are, FL_PLAIN escaped as the original does (reference/20 section 5.1). */
static inline char *fl_put_text(char *w, fl_str s)
{
    return s.kind == FL_PLAIN ? fl_put_escaped_(w, s.p, s.n) : fl_put(w, s.p, s.n);
}

/* Room that fl_put_text needs. */
static inline size_t fl_text_max(fl_str s)
{
    return s.kind == FL_PLAIN ? 6 * (size_t)s.n : (size_t)s.n;
}

/* The same with quotes. */
static inline char *fl_put_string(char *w, fl_str s)
{
    *w++ = '"';
    w = fl_put_text(w, s);
    *w++ = '"';
    return w;
}

static inline size_t fl_string_max(fl_str s)
{
    return fl_text_max(s) + 2;
}

/* ns in units of `scale` (> 0), rounded down. */
static inline char *fl_put_scaled(char *w, int64_t ns, int64_t scale)
{
    int64_t v = ns / scale;
    return fl_put_int(w, v - (ns % scale < 0));
}

/* With quotes, in UTC; 0, 3, 6 or 9 decimals as needed. */
char *fl_put_rfc3339(char *w, int64_t ns);
/* With quotes. */
char *fl_put_cidr(char *w, const fl_cidr *c);

/* JSON text as it is. */
static inline char *fl_put_raw(char *w, fl_str raw)
{
    return fl_put(w, raw.p, raw.n);
}

/* ---- csv (RFC 4180; when a field is quoted: reference/20 section 5.3) ------------------------ */

/* Any kind of text, decoded; bound 2n + 2. */
char *fl_csv_string(char *w, fl_str s);

static inline size_t fl_csv_max(fl_str s)
{
    return 2 * (size_t)s.n + 2;
}

/* Without quotes: none of these needs them. */
#define fl_csv_int fl_put_int
#define fl_csv_uint fl_put_uint
#define fl_csv_bool fl_put_bool
#define fl_csv_scaled fl_put_scaled
char *fl_csv_float(char *w, double v); /* empty where JSON has null */
char *fl_csv_rfc3339(char *w, int64_t ns);
char *fl_csv_cidr(char *w, const fl_cidr *c);

#endif
