/*
 * float.c - the shortest decimal text that reads as the same double. See float.h.
 *
 * Values such as 12.5 take a short path: if the value times a small power of ten is an integer that divides back to
 * the same value, its digits are the shortest. All others are done exactly with big integers (the method of Steele
 * and White as Dragon4 has it): no tables, no locale, about a microsecond.
 */
#include "value/float.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/put.h"

/* 2^1074 * 10 and what comes on the way fit. */
#define BIG_WORDS 40

struct big {
    uint32_t n;
    uint32_t w[BIG_WORDS]; /* lowest first; n without leading zeros */
};

static void big_set(struct big *b, uint64_t v)
{
    b->n = v >> 32 ? 2 : v ? 1 : 0;
    b->w[0] = (uint32_t)v;
    b->w[1] = (uint32_t)(v >> 32);
}

static void big_mul(struct big *b, uint32_t m)
{
    uint64_t carry = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        carry += (uint64_t)b->w[i] * m;
        b->w[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        b->w[b->n++] = (uint32_t)carry;
}

static void big_mul10(struct big *b, unsigned times)
{
    for (; times >= 9; times -= 9)
        big_mul(b, 1000000000);
    for (; times; times--)
        big_mul(b, 10);
}

static void big_shift(struct big *b, unsigned bits)
{
    uint32_t words = bits / 32;
    if (b->n == 0)
        return;
    memmove(b->w + words, b->w, b->n * sizeof b->w[0]);
    memset(b->w, 0, words * sizeof b->w[0]);
    b->n += words;
    big_mul(b, UINT32_C(1) << (bits % 32));
}

static int big_compare(const struct big *a, const struct big *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (uint32_t i = a->n; i-- > 0;)
        if (a->w[i] != b->w[i])
            return a->w[i] < b->w[i] ? -1 : 1;
    return 0;
}

static void big_add(struct big *sum, const struct big *a, const struct big *b)
{
    uint64_t carry = 0;
    uint32_t n = a->n > b->n ? a->n : b->n;
    for (uint32_t i = 0; i < n; i++) {
        carry += (i < a->n ? a->w[i] : 0) + (uint64_t)(i < b->n ? b->w[i] : 0);
        sum->w[i] = (uint32_t)carry;
        carry >>= 32;
    }
    sum->n = n;
    if (carry)
        sum->w[sum->n++] = (uint32_t)carry;
}

/* a -= b; a >= b. */
static void big_sub(struct big *a, const struct big *b)
{
    int64_t borrow = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        borrow += (int64_t)a->w[i] - (i < b->n ? b->w[i] : 0);
        a->w[i] = (uint32_t)borrow;
        borrow >>= 32;
    }
    while (a->n && a->w[a->n - 1] == 0)
        a->n--;
}

/* value = r / s; low and high: half the distance to the neighbours, times s. */
struct ratio {
    struct big r, s, low, high;
    bool even; /* the neighbours' middles read as the value, too */
};

static bool reaches_high(const struct ratio *q)
{
    struct big sum;
    big_add(&sum, &q->r, &q->high);
    int c = big_compare(&sum, &q->s);
    return q->even ? c >= 0 : c > 0;
}

static void ratio_of(struct ratio *q, uint64_t mantissa, int exponent, bool narrow_below)
{
    /* Everything is doubled so that half a distance is an integer; again if the one below is half as far away. */
    unsigned twice = narrow_below ? 2 : 1;
    big_set(&q->r, mantissa << twice);
    big_set(&q->s, UINT64_C(1) << twice);
    big_set(&q->low, 1);
    big_set(&q->high, twice);
    if (exponent >= 0) {
        big_shift(&q->r, (unsigned)exponent);
        big_shift(&q->low, (unsigned)exponent);
        big_shift(&q->high, (unsigned)exponent);
    } else {
        big_shift(&q->s, (unsigned)-exponent);
    }
    q->even = mantissa % 2 == 0;
}

/* Digits of a positive finite value, which is 0.digits times 10^*point. Returns how many there are, at most 17. */
static unsigned digits_exact(double v, char *digits, int *point)
{
    uint64_t bits;
    memcpy(&bits, &v, 8);
    uint64_t mantissa = bits & ((UINT64_C(1) << 52) - 1);
    int biased = (int)(bits >> 52 & 0x7ff), exponent = biased ? biased - 1075 : -1074;
    bool narrow = mantissa == 0 && biased > 1;
    if (biased)
        mantissa |= UINT64_C(1) << 52;

    struct ratio q;
    ratio_of(&q, mantissa, exponent, narrow);
    /* log10(2) times the number's bits, never too large and at most one too small. */
    int width = 64 - __builtin_clzll(mantissa) + exponent;
    int k = (int)((width - 1) * 0.30102999566398119521 + 400 - 1e-10) - 400 + 1;
    if (k > 0) {
        big_mul10(&q.s, (unsigned)k);
    } else {
        big_mul10(&q.r, (unsigned)-k);
        big_mul10(&q.low, (unsigned)-k);
        big_mul10(&q.high, (unsigned)-k);
    }
    while (reaches_high(&q)) {
        big_mul(&q.s, 10);
        k++;
    }
    *point = k;
    for (unsigned n = 0;;) {
        big_mul(&q.r, 10);
        big_mul(&q.low, 10);
        big_mul(&q.high, 10);
        char digit = '0';
        for (; big_compare(&q.r, &q.s) >= 0; digit++)
            big_sub(&q.r, &q.s);
        int c = big_compare(&q.r, &q.low);
        bool low = q.even ? c <= 0 : c < 0, high = reaches_high(&q);
        if (low || high) {
            struct big twice;
            big_add(&twice, &q.r, &q.r);
            c = big_compare(&twice, &q.s);
            if (high && (!low || c > 0 || (c == 0 && (digit & 1))))
                digit++;
            digits[n++] = digit;
            return n;
        }
        digits[n++] = digit;
    }
}

/* The short path; 0: not for this value. */
static unsigned digits_short(double v, char *digits, int *point)
{
    static const double ten[8] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    if (v < 1e-5 || v >= 1e15)
        return 0;
    for (int i = 0; i < 8; i++) {
        double scaled = v * ten[i];
        if (scaled >= 1e15)
            return 0;
        uint64_t m = (uint64_t)(scaled + 0.5);
        if (m == 0 || (double)m / ten[i] != v)
            continue;
        unsigned n = (unsigned)(fl_put_uint(digits, m) - digits);
        *point = (int)n - i;
        while (n > 1 && digits[n - 1] == '0')
            n--;
        return n;
    }
    return 0;
}

/* Of v > 0. */
static unsigned digits_of(double v, char *digits, int *point)
{
    unsigned n = digits_short(v, digits, point);
    return n ? n : digits_exact(v, digits, point);
}

static char *put_mantissa(char *w, const char *digits, unsigned n)
{
    *w++ = digits[0];
    if (n > 1) {
        *w++ = '.';
        memcpy(w, digits + 1, n - 1);
        w += n - 1;
    }
    *w++ = 'e';
    return w;
}

/* Without an exponent; the point stands behind so many digits. */
static char *put_decimals(char *w, const char *digits, unsigned n, int point)
{
    if (point <= 0) {
        w = FL_PUT_LIT(w, "0.");
        memset(w, '0', (size_t)-point);
        w += -point;
        memcpy(w, digits, n);
        return w + n;
    }
    unsigned whole = (unsigned)point;
    if (n <= whole) {
        memcpy(w, digits, n);
        memset(w + n, '0', whole - n);
        return w + whole;
    }
    memcpy(w, digits, whole);
    w[whole] = '.';
    memcpy(w + whole + 1, digits + whole, n - whole);
    return w + n + 1;
}

/* Go's form: decimals from 1e-6 to below 1e21, else an exponent of at least one digit. */
char *fl_put_float(char *w, double v)
{
    char digits[64];
    int point;
    if (v - v != 0)
        return FL_PUT_LIT(w, "null");
    if (__builtin_signbit(v)) {
        *w++ = '-';
        v = -v;
    }
    if (v == 0) {
        *w++ = '0';
        return w;
    }
    unsigned n = digits_of(v, digits, &point);
    if (point <= 21 && point >= -5)
        return put_decimals(w, digits, n, point);
    w = put_mantissa(w, digits, n);
    if (point > 0)
        *w++ = '+';
    return fl_put_int(w, point - 1);
}

/* Go's other form: decimals from 1e-4 to below 1e6, else an exponent with its sign and at least two digits. */
char *fl_put_float_short(char *w, double v)
{
    char digits[64];
    int point;
    if (v != v)
        return FL_PUT_LIT(w, "NaN");
    if (v - v != 0)
        return v > 0 ? FL_PUT_LIT(w, "+Inf") : FL_PUT_LIT(w, "-Inf");
    if (v == 0) {
        *w++ = '0';
        return w;
    }
    if (v < 0) {
        *w++ = '-';
        v = -v;
    }
    unsigned n = digits_of(v, digits, &point);
    int exponent = point - 1;
    if (exponent >= -4 && exponent < 6)
        return put_decimals(w, digits, n, point);
    w = put_mantissa(w, digits, n);
    *w++ = exponent < 0 ? '-' : '+';
    exponent = exponent < 0 ? -exponent : exponent;
    if (exponent < 10)
        *w++ = '0';
    return fl_put_int(w, exponent);
}
