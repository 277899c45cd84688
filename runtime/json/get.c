/*
 * get.c - getters of the JSON scanner that aren't inlined, and their slow paths. See get.h.
 */
#include "json/get.h"

#include <stdlib.h>

#include "base/memory.h"
#include "json/scan_int.h"
#include "json/unescape.h"
#include "value/time.h"

#ifndef __SIZEOF_INT128__
#error "flowrt needs a 64-bit compiler with __int128"
#endif
typedef unsigned __int128 wide;

static inline bool at_number(const struct fl_decoder *d)
{
    return *d->p == '-' || (unsigned char)(*d->p - '0') <= 9;
}

int fl_get_raw_string(struct fl_decoder *d, fl_str *out, const char *field)
{
    if (*d->p != '"')
        return fl_json_wrong(d, field, "expected a string");
    bool escapes = false;
    const char *p = d->p + 1, *q = fl_json_string_rest(d, fl_string_stop(p), &escapes);
    if (!q)
        return -1;
    *out = (fl_str){p, (uint32_t)(q - p), escapes ? FL_RAW : FL_CLEAN};
    d->p = q + 1;
    return 1;
}

int fl_get_string(struct fl_decoder *d, fl_str *out, const char *field)
{
    int r = fl_get_raw_string(d, out, field);
    if (r == 1 && out->kind == FL_RAW)
        *out = fl_unescape(d->scratch, *out);
    return r;
}

int fl_get_bool(struct fl_decoder *d, bool *out, const char *field)
{
    if (*d->p != 't' && *d->p != 'f')
        return fl_json_wrong(d, field, "expected true or false");
    *out = *d->p == 't';
    return fl_skip_value(d) ? 1 : -1;
}

/* ---- integers -------------------------------------------------------------------------------- */

/* -?digits in p..end, nothing else. False: over 64 bits. */
static bool int_value(const char *p, const char *end, int64_t *out)
{
    bool minus = *p == '-';
    uint64_t v = 0;
    for (p += minus; p < end; p++)
        if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
            return false;
    if (v > (uint64_t)INT64_MAX + minus)
        return false;
    *out = (int64_t)(minus ? 0 - v : v);
    return true;
}

static int too_large(struct fl_decoder *d, const char *field)
{
    fl_bad(d, field, "expected an integer of 64 bits");
    return 0;
}

/* An integer's token; p moves behind it. */
static int int_token(struct fl_decoder *d, const char **end, const char *field)
{
    if (!at_number(d))
        return fl_json_wrong(d, field, "expected an integer");
    bool integer;
    *end = fl_json_number(d, d->p, &integer);
    if (!*end)
        return -1;
    if (!integer) {
        d->p = *end;
        fl_bad(d, field, "expected an integer");
        return 0;
    }
    return 1;
}

int fl_get_int(struct fl_decoder *d, int64_t *out, const char *field)
{
    const char *end = d->p, *p = d->p;
    int r = int_token(d, &end, field);
    if (r != 1)
        return r;
    d->p = end;
    return int_value(p, end, out) ? 1 : too_large(d, field);
}

int fl_get_digits(struct fl_decoder *d, const char **at, int64_t scale, const char *field)
{
    int64_t v;
    *at = d->p;
    return scale == 1 ? fl_get_int(d, &v, field) : fl_get_scaled(d, &v, scale, false, field);
}

int64_t fl_int_at(const char *digits)
{
    const char *end = digits;
    int64_t v = 0;
    if (!digits)
        return 0;
    for (end += *end == '-'; (unsigned char)(*end - '0') <= 9;)
        end++;
    int_value(digits, end, &v);
    return v;
}

int fl_get_int_text(struct fl_decoder *d, int64_t *out, const char *field)
{
    if (*d->p != '"')
        return fl_get_int(d, out, field);
    fl_str s;
    int r = fl_get_string(d, &s, field);
    if (r != 1)
        return r;
    uint32_t minus = s.n > 0 && *s.p == '-';
    bool digits = s.n > minus;
    for (uint32_t i = minus; i < s.n; i++)
        digits &= (unsigned char)(s.p[i] - '0') <= 9;
    if (!digits) {
        fl_bad(d, field, "expected an integer");
        return 0;
    }
    return int_value(s.p, s.p + s.n, out) ? 1 : too_large(d, field);
}

static int raw_number(struct fl_decoder *d, fl_str *out, const char *field)
{
    if (!at_number(d))
        return fl_json_wrong(d, field, "expected a number");
    bool integer;
    const char *end = fl_json_number(d, d->p, &integer);
    if (!end)
        return -1;
    *out = (fl_str){d->p, (uint32_t)(end - d->p), FL_RAW};
    d->p = end;
    return 1;
}

/* ---- decimals -------------------------------------------------------------------------------- */

/* The number 10^exponent * digits; what is beyond 24 significant digits is cut off (`exact` is false then). */
struct decimal {
    wide digits;
    int64_t exponent;
    bool minus, exact;
};

static void decimal_of(const char *p, const char *end, struct decimal *v)
{
    const wide full = (wide)100000000000000000 * 1000000; /* 10^23 */
    bool point = false;
    *v = (struct decimal){.minus = *p == '-', .exact = true};
    for (p += v->minus; p < end && (*p | 0x20) != 'e'; p++) {
        if (*p == '.') {
            point = true;
        } else if (v->digits >= full) {
            v->exact &= *p == '0';
            v->exponent += !point;
        } else {
            v->digits = v->digits * 10 + (unsigned)(*p - '0');
            v->exponent -= point;
        }
    }
    if (p == end)
        return;
    bool down = *++p == '-';
    int64_t e = 0;
    for (p += *p == '-' || *p == '+'; p < end; p++)
        if (e < 1000000)
            e = e * 10 + (*p - '0');
    v->exponent += down ? -e : e;
}

/* Texts of numbers that aren't exactly a 53-bit integer times or by a power of ten; rare. */
static double float_slow(const char *p, size_t n)
{
    char small[128];
    char *copy = n < sizeof small ? small : fl_alloc(n + 1);
    memcpy(copy, p, n);
    copy[n] = 0;
    double v = strtod(copy, NULL); /* the process stays in the C locale */
    if (copy != small)
        free(copy);
    return v;
}

int fl_get_float(struct fl_decoder *d, double *out, const char *field)
{
    static const double ten[23] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    fl_str s;
    int r = raw_number(d, &s, field);
    if (r != 1)
        return r;
    struct decimal v;
    decimal_of(s.p, s.p + s.n, &v);
    if (v.exact && v.digits < (wide)1 << 53 && v.exponent >= -22 && v.exponent <= 22) {
        double x = (double)(uint64_t)v.digits; /* exact, so the one operation rounds correctly */
        x = v.exponent < 0 ? x / ten[-v.exponent] : x * ten[v.exponent];
        *out = v.minus ? -x : x;
        return 1;
    }
    *out = float_slow(s.p, s.n);
    if (*out - *out != 0) {
        fl_bad(d, field, "expected a number of 64-bit floating point");
        return 0;
    }
    return 1;
}

int fl_get_scaled(struct fl_decoder *d, int64_t *ns, int64_t scale, bool fraction, const char *field)
{
    fl_str s;
    if (!fraction) {
        int64_t v;
        int got = fl_get_int(d, &v, field);
        return got == 1 && __builtin_mul_overflow(v, scale, ns) ? too_large(d, field) : got;
    }
    int r = raw_number(d, &s, field);
    if (r != 1)
        return r;
    struct decimal v;
    decimal_of(s.p, s.p + s.n, &v);
    /* 24 digits times a day in ns are less than 2^127. */
    wide x = v.digits * (wide)scale;
    for (; v.exponent < 0 && x; v.exponent++)
        x /= 10;
    for (; v.exponent > 0 && x && x <= INT64_MAX; v.exponent--)
        x *= 10;
    if (x > (wide)INT64_MAX + v.minus) {
        fl_bad(d, field, "expected a time within 64 bits of ns");
        return 0;
    }
    *ns = (int64_t)(v.minus ? 0 - (uint64_t)x : (uint64_t)x);
    return 1;
}

/* ---- times and addresses --------------------------------------------------------------------- */

int fl_get_rfc3339(struct fl_decoder *d, int64_t *ns, const char *field)
{
    if (*d->p != '"')
        return fl_json_wrong(d, field, "expected a time as in RFC 3339");
    fl_str s;
    int r = fl_get_string(d, &s, field);
    if (r != 1)
        return r;
    if (!fl_time_parse(s.p, s.n, ns)) {
        fl_bad(d, field, "expected a time as in RFC 3339");
        return 0;
    }
    return 1;
}

int fl_get_ip(struct fl_decoder *d, fl_ip *out, const char *field)
{
    int r = fl_get_raw_string(d, &out->text, field);
    if (r != 1)
        return r;
    fl_str s = out->text;
    if (FL_UNLIKELY(s.kind == FL_RAW))
        s = fl_unescape(d->scratch, s);
    fl_ip_parse(out, s.p, s.n);
    return 1;
}

int fl_get_cidr(struct fl_decoder *d, fl_cidr *out, const char *field)
{
    if (*d->p != '"')
        return fl_json_wrong(d, field, "expected a prefix such as \"10.0.0.0/8\"");
    fl_str s;
    int r = fl_get_string(d, &s, field);
    if (r != 1)
        return r;
    if (!fl_cidr_parse(out, s.p, s.n)) {
        fl_bad(d, field, "expected a prefix such as \"10.0.0.0/8\"");
        return 0;
    }
    return 1;
}

int fl_get_raw(struct fl_decoder *d, fl_str *out, const char *field)
{
    (void)field; /* no type is wrong */
    const char *p = d->p;
    if (!fl_skip_value(d))
        return -1;
    if (*p == 'n')
        return 0;
    *out = (fl_str){p, (uint32_t)(d->p - p), FL_RAW};
    return 1;
}

bool fl_skip_members(struct fl_decoder *d)
{
    fl_str key;
    int k;
    do {
        if (fl_next_key(d, &key) < 0 || !fl_skip_value(d))
            return false;
        k = fl_member_end(d);
    } while (k > 0);
    return k == 0;
}
