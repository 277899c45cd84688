/*
 * walk.h - the fast way through JSON that looks as the schema says; for generated decoders.
 *
 * A decoder keeps its place in a local variable and moves it from value to value:
 *
 *     if (FL_FIRST(d, p, "{\"UUID\":")) ..      the object begins, with this member
 *     if (FL_NEXT(p, ",\"Network\":")) ..       the value ends here and the next member is the expected one
 *     p = fl_take_ip(d, p, SITE, &v->A, &k, "Network.A")    read a value
 *     p = fl_pass_text(d, p, SITE)                          check one that nobody reads
 *
 * Both return the byte behind the value, or NULL: not JSON, d->error says why. k is as a getter's result (1: got, 0: null or a
 * wrong type). Whatever doesn't look as expected (white space, escapes, other than ASCII, other types) goes through the
 * general scanner of scan.h, with the same outcome; runtime/json/test_walk.c compares the two.
 *
 * Where a value ends depends on all of its bytes, so finding it takes longer than everything else and each step would wait for
 * the one before. But a value is mostly as long as it was in the flow before: the decoder remembers the length by place in the schema
 * (SITE, any number), goes on there at once, and the processor checks in the meantime whether that was right (value
 * speculation: the guess comes from memory that doesn't depend on the text, and a branch that is mostly taken compares).
 */
#ifndef FL_JSON_WALK_H
#define FL_JSON_WALK_H

#include "json/passed.h"

/* ---- keys -------------------------------------------------------------------------------------- */

/* Are the n bytes at p and at lit the same? Wide, overlapping loads for n known to the compiler. */
static inline bool fl_same(const char *p, const char *lit, size_t n)
{
    uint64_t a, b, c, e;
    uint32_t s, t, u, v;
    if (n > 32)
        return memcmp(p, lit, n) == 0;
    if (n > 8) {
        memcpy(&a, p, 8), memcpy(&b, lit, 8);
        memcpy(&c, p + n - 8, 8), memcpy(&e, lit + n - 8, 8);
        uint64_t differ = (a ^ b) | (c ^ e);
        if (n > 16) {
            memcpy(&a, p + 8, 8), memcpy(&b, lit + 8, 8);
            differ |= a ^ b;
        }
        if (n > 24) {
            memcpy(&a, p + 16, 8), memcpy(&b, lit + 16, 8);
            differ |= a ^ b;
        }
        return differ == 0;
    }
    if (n == 8) {
        memcpy(&a, p, 8), memcpy(&b, lit, 8);
        return a == b;
    }
    if (n >= 4) {
        memcpy(&s, p, 4), memcpy(&t, lit, 4);
        memcpy(&u, p + n - 4, 4), memcpy(&v, lit + n - 4, 4);
        return ((s ^ t) | (u ^ v)) == 0;
    }
    return memcmp(p, lit, n) == 0;
}

/*
 * p behind a value: does the member `lit`, as `,"Network":`, come next? Its value is then at p + sizeof lit - 1. Longer
 * keys than are readable behind the data are left to the general scanner.
 */
#define FL_NEXT(p, lit) (sizeof(lit) <= FL_PAD && fl_same((p), "" lit, sizeof(lit) - 1))
/* p at a value: is it an object that begins with the member `lit`, as `{"UUID":`? It counts as open then. */
#define FL_FIRST(d, p, lit) (FL_NEXT(p, lit) && FL_LIKELY((d)->depth < FL_JSON_DEPTH) && ((d)->depth++, true))

/* p behind a value: does the object end here? p moves behind it. */
#define FL_OBJECT_END(d, p) (FL_LIKELY(*(p) == '}') && ((d)->depth--, (p)++, true))

/* ---- places ------------------------------------------------------------------------------------ */

/* From p to q, the end of the value at p: without waiting for q where the guess is right. */
static inline const char *fl_step(struct fl_decoder *d, const char *p, const char *q, unsigned site)
{
    size_t n = (size_t)(q - p), guess = d->guess[site % FL_GUESSES], last = guess;
#ifdef __GNUC__
    __asm__("" : "+r"(guess)); /* or the compiler takes n below, since both are the same */
#endif
    if (FL_LIKELY(n == last))
        return p + guess;
    d->guess[site % FL_GUESSES] = n <= UINT8_MAX ? (uint8_t)n : 0;
    return q;
}

/* The general scanner's place: p, behind white space. */
static inline void fl_at(struct fl_decoder *d, const char *p)
{
    d->p = p;
    fl_skip_space(d);
}

/* p behind white space, of which there is hardly ever any. */
static inline const char *fl_unspaced(struct fl_decoder *d, const char *p)
{
    if (FL_LIKELY((unsigned char)*p > ' '))
        return p;
    fl_at(d, p);
    return d->p;
}

/* Any value by one of scan.h's getters. */
#define FL_TAKE(d, p, k, getter_call) (fl_at((d), (p)), (*(k) = (getter_call)) < 0 ? NULL : (d)->p)

/* Any value that nobody reads. */
const char *fl_pass_value(struct fl_decoder *d, const char *p);
/* p behind a value: what else there is in the object, and its end. */
const char *fl_pass_members(struct fl_decoder *d, const char *p);

/* The same of what goes on as it came: d->repeated is set where a key may come twice in it. `start`: where the object begins. */
const char *fl_pass_on(struct fl_decoder *d, const char *p);
const char *fl_pass_on_members(struct fl_decoder *d, const char *start, const char *p);

/* p at a value: the closing quote if it is a string of ASCII without escapes, else NULL. */
static inline const char *fl_plain_text(const char *p)
{
    if (FL_UNLIKELY(*p != '"'))
        return NULL;
    const char *q = fl_string_stop(p + 1);
    return FL_LIKELY(*q == '"') ? q : NULL;
}

/* p at a value: the end of an integer of up to 16 digits without a sign, inside of an object, else NULL. */
static inline const char *fl_plain_int(const char *p)
{
#if defined(FL_SSE2)
    /* What isn't a digit gets its highest bit set; more digits than 16 end at one, which isn't an end. */
    __m128i v = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8('0'));
    unsigned other = (unsigned)_mm_movemask_epi8(_mm_adds_epu8(v, _mm_set1_epi8(0x80 - 10)));
    const char *q = p + (unsigned)__builtin_ctz(other | 1u << 16);
#else
    const char *q = fl_digits_end(p);
    if (q - p > 16)
        return NULL;
#endif
    /* Behind it `,` or `}`; or what is wrong behind any number, as who comes next will find. A fraction or an exponent isn't. */
    if (FL_UNLIKELY((*q | 0x51) != '}'))
        return NULL;
    /* No digit at all, or a 0 and more: without a branch on the digit, which can't be predicted. */
    return FL_LIKELY(q != p && (((unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1]) & 0xfff0) != 0x3030) ? q : NULL;
}

/* ---- values that nobody reads ------------------------------------------------------------------ */

static inline const char *fl_pass_text(struct fl_decoder *d, const char *p, unsigned site)
{
    const char *q = fl_plain_text(p);
    return FL_LIKELY(q != NULL) ? fl_step(d, p, q + 1, site) : fl_pass_value(d, p);
}

static inline const char *fl_pass_int(struct fl_decoder *d, const char *p, unsigned site)
{
    const char *q = fl_plain_int(p);
    return FL_LIKELY(q != NULL) ? fl_step(d, p, q, site) : fl_pass_value(d, p);
}

/* ---- values that are read: as the getters of scan.h ---------------------------------------- */

static inline const char *fl_take_string(struct fl_decoder *d, const char *p, unsigned site, fl_str *out, int *k,
                                         const char *field)
{
    const char *q = fl_plain_text(p);
    if (FL_UNLIKELY(!q))
        return FL_TAKE(d, p, k, fl_get_string(d, out, field));
    *out = (fl_str){p + 1, (uint32_t)(q - p - 1), FL_CLEAN};
    *k = 1;
    return fl_step(d, p, q + 1, site);
}

static inline const char *fl_take_ip(struct fl_decoder *d, const char *p, unsigned site, fl_ip *out, int *k,
                                     const char *field)
{
    const char *q = fl_plain_text(p);
    if (FL_UNLIKELY(!q))
        return FL_TAKE(d, p, k, fl_get_ip(d, out, field));
    out->text = (fl_str){p + 1, (uint32_t)(q - p - 1), FL_CLEAN};
    fl_ip_parse(out, p + 1, (size_t)(q - p - 1));
    *k = 1;
    return fl_step(d, p, q + 1, site);
}

/* A value that is only passed on, most likely a string, or an integer: its JSON. */
static inline const char *fl_take_passed_text(struct fl_decoder *d, const char *p, unsigned site, fl_str *out, int *k,
                                              const char *field)
{
    const char *q = fl_plain_text(p);
    if (FL_UNLIKELY(!q))
        return FL_TAKE(d, p, k, fl_get_passed_json(d, out, field));
    *out = (fl_str){p, (uint32_t)(q + 1 - p), FL_RAW};
    *k = 1;
    return fl_step(d, p, q + 1, site);
}

static inline const char *fl_take_passed_int(struct fl_decoder *d, const char *p, unsigned site, fl_str *out, int *k,
                                             const char *field)
{
    const char *q = fl_plain_int(p);
    if (FL_UNLIKELY(!q))
        return FL_TAKE(d, p, k, fl_get_passed_json(d, out, field));
    *out = (fl_str){p, (uint32_t)(q - p), FL_RAW};
    *k = 1;
    return fl_step(d, p, q, site);
}

/*
 * A number for later, see fl_int_at: where its digits are. It is checked: an integer that has 64 bits in units of `scale`, a power of
 * ten. 10^19 is too much, 9 * 10^18 isn't.
 */
static inline const char *fl_take_digits(struct fl_decoder *d, const char *p, unsigned site, const char **at, int64_t scale, int *k,
                                         const char *field)
{
    const size_t most = scale == 1 ? 19 : scale == 1000 ? 16 : scale == 1000000 ? 13 : 0;
    const char *q = fl_plain_int(p);
    if (FL_UNLIKELY(!q || (size_t)(q - p) > most || ((size_t)(q - p) == most && *p == '9')))
        return FL_TAKE(d, p, k, fl_get_digits(d, at, scale, field));
    *at = p;
    *k = 1;
    return fl_step(d, p, q, site);
}

/* A number that nobody reads, but its place is kept. k is 1, 0: null, or 2: anything else, which is passed over. */
static inline const char *fl_pass_digits(struct fl_decoder *d, const char *p, unsigned site, const char **at, int *k)
{
    const char *q = fl_plain_int(p);
    *k = 1;
    if (FL_UNLIKELY(!q)) {
        p = fl_unspaced(d, p);
        *at = p;
        *k = *p == 'n' ? 0 : 2;
        return fl_pass_value(d, p);
    }
    *at = p;
    return fl_step(d, p, q, site);
}

#ifdef FL_SWAR
/* How many of the 8 bytes of x (characters xor '0') are digits before the first other one. */
static inline unsigned fl_digits8(uint64_t x)
{
    uint64_t other = ((x & UINT64_C(0x7f7f7f7f7f7f7f7f)) + UINT64_C(0x7676767676767676)) | x;
    other &= UINT64_C(0x8080808080808080);
    return other ? (unsigned)__builtin_ctzll(other) >> 3 : 8;
}

/* Value of 8 digits, the first one in the lowest byte. */
static inline uint64_t fl_value8(uint64_t x)
{
    x = ((x * (1 + (UINT64_C(10) << 8))) >> 8) & UINT64_C(0x00ff00ff00ff00ff);
    x = ((x * (1 + (UINT64_C(100) << 16))) >> 16) & UINT64_C(0x0000ffff0000ffff);
    return (x * (1 + (UINT64_C(10000) << 32))) >> 32;
}

/* Up to 16 digits without a sign, their number isn't predictable, so there is no loop over digits. NULL: something else. */
static inline const char *fl_plain_number(const char *p, int64_t *out)
{
    static const uint64_t ten[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    const char *q = p;
    uint64_t x, v;
    memcpy(&x, q, 8);
    x ^= UINT64_C(0x3030303030303030);
    unsigned n = fl_digits8(x);
    if (FL_UNLIKELY(n == 0))
        return NULL;
    v = fl_value8(x << (64 - 8 * n));
    q += n;
    if (n == 8) {
        memcpy(&x, q, 8);
        x ^= UINT64_C(0x3030303030303030);
        n = fl_digits8(x);
        if (n) {
            v = v * ten[n] + fl_value8(x << (64 - 8 * n));
            q += n;
        }
    }
    if (FL_UNLIKELY((*q != ',' && *q != '}') || (*p == '0' && q != p + 1)))
        return NULL;
    *out = (int64_t)v;
    return q;
}
#endif

static inline const char *fl_take_int(struct fl_decoder *d, const char *p, unsigned site, int64_t *out, int *k,
                                      const char *field)
{
#ifdef FL_SWAR
    const char *q = fl_plain_number(p, out);
    if (FL_LIKELY(q != NULL)) {
        *k = 1;
        return fl_step(d, p, q, site);
    }
#else
    (void)site;
#endif
    return FL_TAKE(d, p, k, fl_get_int(d, out, field));
}

static inline const char *fl_take_scaled(struct fl_decoder *d, const char *p, unsigned site, int64_t *ns, int64_t scale,
                                         int *k, const char *field)
{
#ifdef FL_SWAR
    int64_t v;
    const char *q = fl_plain_number(p, &v);
    if (FL_LIKELY(q != NULL && !__builtin_mul_overflow(v, scale, ns))) {
        *k = 1;
        return fl_step(d, p, q, site);
    }
#else
    (void)site;
#endif
    return FL_TAKE(d, p, k, fl_get_scaled(d, ns, scale, false, field));
}

#endif
