/*
 * scan.h - JSON (RFC 8259) read in place, directed by a schema that the compiler knows.
 *
 * The general scanner: any layout, one call per value. Generated decoders take the faster way of walk.h as long as a
 * message looks as expected, and come here for the rest. Nothing is copied or allocated unless a text with escapes has
 * to be decoded.
 *
 * Input: data[0, n) followed by FL_PAD readable zero bytes; the first of them ends every scan. A NUL inside the data
 * is a syntax error. Strings have to be valid UTF-8 (RFC 3629). At most FL_JSON_DEPTH containers may be open at
 * once.
 *
 * Two kinds of failure:
 *   - It isn't JSON: functions return -1 or false; `error` (constant text) and `error_at` say what and where,
 *     `truncated` that the data simply ended. The decoder isn't usable after that.
 *   - A value that is read has another type than the schema says: it is checked and skipped, `bad_field` and `bad_what`
 *     are set (the first one wins; the caller resets them per record), and the getter returns 0 as for null.
 */
#ifndef FL_JSON_SCAN_H
#define FL_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

#if defined(__SSE2__) && !defined(FL_PLAIN_C)
#define FL_SSE2 1
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__) && !defined(FL_PLAIN_C)
#define FL_NEON 1
#include <arm_neon.h>
#endif
#if !defined(FL_PLAIN_C) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FL_SWAR 1
#endif

#define FL_JSON_DEPTH 512
#define FL_GUESSES 256
#define FL_LIKELY(x) __builtin_expect(!!(x), 1)
#define FL_UNLIKELY(x) __builtin_expect(!!(x), 0)

struct fl_decoder {
    const char *p, *end, *start;
    struct fl_arena *scratch;  /* for texts that have to be decoded */
    const char *error;         /* constant text such as "expected `,` or `}`" */
    const char *error_at;
    bool truncated;            /* not JSON only because the data ended */
    bool spaced;               /* white space outside strings was passed; the caller resets it */
    bool repeated;             /* perhaps a key came twice in an object; generated code resets it */
    uint32_t depth;            /* containers that are open around p */
    const char *bad_field;     /* the first field with a wrong type, as given to the getter */
    const char *bad_what;      /* "expected an integer" */
    uint8_t guess[FL_GUESSES]; /* lengths that values had last, by place in the schema; see walk.h */
};

/* For new data. The guesses stay, so `d` has to be zeroed before its first use. */
void fl_decoder_init(struct fl_decoder *d, const char *data, size_t n, struct fl_arena *scratch);

/* Any value, checked; p at its first byte. */
bool fl_skip_value(struct fl_decoder *d);

/* Record a wrong type. */
void fl_bad(struct fl_decoder *d, const char *field, const char *what);

/* ---- parts that are not inlined; not for generated code -------------------------------------- */

bool fl_skip_space_(struct fl_decoder *d);
int fl_object_begin_(struct fl_decoder *d, const char *field);
int fl_member_end_(struct fl_decoder *d);
int fl_array_begin_(struct fl_decoder *d, const char *field);
int fl_element_end_(struct fl_decoder *d);

/*
 * First byte at or after p that is `"`, `\`, a control or part of a multi-byte character; the sentinel is a
 * control.
 */
static inline const char *fl_string_stop(const char *p)
{
#if defined(FL_SSE2)
    for (;; p += 16) {
        /* c ^ 2 moves the quote to 0x20, and blank and `!` away from there: signed, all but `\\` are below 0x21. */
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i below = _mm_subs_epi8(_mm_xor_si128(v, _mm_set1_epi8(2)), _mm_set1_epi8(0x21));
        __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
        unsigned m = (unsigned)_mm_movemask_epi8(_mm_or_si128(below, slash));
        if (FL_LIKELY(m))
            return p + (unsigned)__builtin_ctz(m);
    }
#elif defined(FL_NEON)
    for (;; p += 16) {
        int8x16_t v = vld1q_s8((const int8_t *)p);
        uint8x16_t stop = vorrq_u8(vceqq_s8(v, vdupq_n_s8('"')), vceqq_s8(v, vdupq_n_s8('\\')));
        stop = vorrq_u8(stop, vcltq_s8(v, vdupq_n_s8(0x20)));
        uint64_t m = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(stop), 4)), 0);
        if (m)
            return p + (__builtin_ctzll(m) >> 2);
    }
#else
    for (;; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
            return p;
    }
#endif
}

/* The first byte at or after p that is no digit; up to 16 digits in one step, for their number isn't predictable. */
static inline const char *fl_digits_end(const char *p)
{
#if defined(FL_SSE2)
    for (;; p += 16) {
        __m128i v = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8('0'));
        unsigned m = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v)) ^ 0xffffu;
        if (FL_LIKELY(m))
            return p + __builtin_ctz(m);
    }
#else
    while ((unsigned char)(*p - '0') <= 9)
        p++;
    return p;
#endif
}

/* p at the opening quote of a valid string; returns the byte behind the closing one. */
static inline const char *fl_string_end(const char *p)
{
    for (p = fl_string_stop(p + 1); *p != '"'; p = fl_string_stop(p))
        p += *p == '\\' ? 2 : 1;
    return p + 1;
}

/* ---- structure ------------------------------------------------------------------------------- */

/* p to the next byte that isn't white space; false: there is none, the data has ended (no error). */
static inline bool fl_skip_space(struct fl_decoder *d)
{
    if (FL_LIKELY((unsigned char)*d->p > ' '))
        return true;
    return fl_skip_space_(d);
}

/*
 * p at a value's first byte. 1: `{` consumed, p at the first key's quote; 2: `{}` consumed;
 * 0: null (consumed) or another type (recorded, skipped); -1: not JSON.
 */
static inline int fl_object_begin(struct fl_decoder *d, const char *field)
{
    if (FL_LIKELY(d->p[0] == '{' && d->p[1] == '"' && d->depth < FL_JSON_DEPTH)) {
        d->p++;
        d->depth++;
        return 1;
    }
    return fl_object_begin_(d, field);
}

/* After a member's value. 1: `,` consumed, p at the next key's quote; 0: `}` consumed; -1: not JSON. */
static inline int fl_member_end(struct fl_decoder *d)
{
    if (FL_LIKELY(d->p[0] == ',' && d->p[1] == '"')) {
        d->p++;
        return 1;
    }
    if (FL_LIKELY(d->p[0] == '}')) {
        d->p++;
        d->depth--;
        return 0;
    }
    return fl_member_end_(d);
}

/* As fl_object_begin. 1: `[` consumed, p at the first element. */
static inline int fl_array_begin(struct fl_decoder *d, const char *field)
{
    if (FL_LIKELY(d->p[0] == '[' && (unsigned char)d->p[1] > ' ' && d->p[1] != ']' && d->depth < FL_JSON_DEPTH)) {
        d->p++;
        d->depth++;
        return 1;
    }
    return fl_array_begin_(d, field);
}

/* After an element. 1: `,` consumed, p at the next element; 0: `]` consumed; -1: not JSON. */
static inline int fl_element_end(struct fl_decoder *d)
{
    if (FL_LIKELY(d->p[0] == ',' && (unsigned char)d->p[1] > ' ')) {
        d->p++;
        return 1;
    }
    if (FL_LIKELY(d->p[0] == ']')) {
        d->p++;
        d->depth--;
        return 0;
    }
    return fl_element_end_(d);
}

/* p at a key's quote: the key (decoded), the colon and white space; p is then at the value. 1, or -1: not JSON. */
int fl_next_key(struct fl_decoder *d, fl_str *key);

/* p at a key's quote: this and all further members of the object, and its end. */
bool fl_skip_members(struct fl_decoder *d);

/* ---- JSON as text ---------------------------------------------------------------------------- */

/*
 * One whole JSON value without the white space outside its strings. False: it isn't valid, nothing was appended.
 * p[0, n) must have FL_PAD readable bytes behind, the first of them 0 or white space.
 */
bool fl_json_compact(struct fl_buf *out, const char *p, size_t n);
/* Line and column (bytes), both from 1, of `at`. */
void fl_json_locate(const char *start, const char *at, uint64_t *line, uint64_t *column);

#endif
