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

#include "base/put.h"
#include "base/text.h"
#include "json/passed.h"
#include "value/address.h"
#include "value/float.h"

/* Bounds; fl_put_scaled has that of fl_put_int. */
#define FL_TIME_MAX 40     /* fl_put_rfc3339 */
#define FL_CIDR_MAX 56     /* fl_put_cidr */

/* A new line with at most 15 TABs, or with any number. */
static inline char *fl_put_line(char *w, unsigned tabs)
{
    memcpy(w, "\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t", 16);
    return w + 1 + tabs;
}

char *fl_put_long_line(char *w, unsigned tabs);

static inline char *fl_put_bool(char *w, bool b)
{
    memcpy(w, b ? "true\0" : "false", 5);
    return w + 5 - b;
}

char *fl_put_escaped_(char *w, const char *p, size_t n);

/* What stands between the quotes: FL_CLEAN and FL_RAW as they are, FL_PLAIN escaped as Go's encoding/json
 * does: \u003c for <, > and &, \u2028 and \u2029, U+FFFD for what is no UTF-8. */
static inline char *fl_put_text(char *w, fl_str s)
{
    return s.kind == FL_PLAIN ? fl_put_escaped_(w, s.p, s.n) : fl_put(w, s.p, s.n);
}

char *fl_put_plain_(char *w, const char *p, size_t n);

/* Is there none of `<`, `>` and `&` in the n bytes? FL_PAD readable bytes follow them. */
static inline bool fl_no_html(const char *p, size_t n)
{
#if defined(FL_SSE2)
    for (size_t i = 0; i < n; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(2)), _mm_set1_epi8('>')), _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
        unsigned left = n - i >= 16 ? 0xffffu : (1u << (n - i)) - 1;
        if ((unsigned)_mm_movemask_epi8(odd) & left)
            return false;
    }
    return true;
#else
    for (size_t i = 0; i < n; i++)
        if (p[i] == '<' || p[i] == '>' || p[i] == '&')
            return false;
    return true;
#endif
}

/* A text that was computed: `html` says whether `<`, `>` and `&` are escaped in it, wherever it came from; the same room. */
static inline char *fl_put_computed(char *w, fl_str s, bool html)
{
    if (s.kind == FL_PLAIN)
        return html ? fl_put_escaped_(w, s.p, s.n) : fl_put_plain_(w, s.p, s.n);
    if (html && s.kind == FL_CLEAN && FL_UNLIKELY(!fl_no_html(s.p, s.n)))
        return fl_put_escaped_(w, s.p, s.n);
    return fl_put(w, s.p, s.n);
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

/* ---- csv (RFC 4180; quoted: what holds the separator, a quote, CR or LF, begins with white space, or is just \.) --------- */

struct fl_csv {
    char separator;
    fl_str missing; /* what stands for null; texts that read so, and empty ones if it isn't empty, are quoted */
};

/* Any kind of text, decoded; bound 2n + 2. */
char *fl_csv_string(char *w, fl_str s, const struct fl_csv *f);
/* JSON as it came: the inside of a string, or the text of anything else; the same bound. */
char *fl_csv_json(char *w, fl_str json, const struct fl_csv *f);
/* Null; bound missing.n. */
static inline char *fl_csv_missing(char *w, const struct fl_csv *f)
{
    return fl_put(w, f->missing.p, f->missing.n);
}

static inline size_t fl_csv_max(fl_str s)
{
    return 2 * (size_t)s.n + 2;
}

/* Without quotes: none of these needs them. */
#define fl_csv_int fl_put_int
#define fl_csv_uint fl_put_uint
#define fl_csv_bool fl_put_bool
#define fl_csv_scaled fl_put_scaled
char *fl_csv_float(char *w, double v, const struct fl_csv *f); /* null where JSON has it */
char *fl_csv_rfc3339(char *w, int64_t ns);
char *fl_csv_cidr(char *w, const fl_cidr *c);

#endif
