/*
 * write.c - the writers that aren't inlined: escaping, times, prefixes, csv. See write.h. Floats:
 * value/float.c.
 */
#include "json/write.h"

#include "json/unescape.h"
#include "value/time.h"

char *fl_put_long_line(char *w, unsigned tabs)
{
    *w = '\n';
    memset(w + 1, '\t', tabs);
    return w + 1 + tabs;
}

/* ---- escaping -------------------------------------------------------------------------------- */

/* How many of the 16 bytes at p come before the first that may need an escape. */
static inline unsigned clean16(const char *p)
{
#ifdef FL_SSE2
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i m = _mm_cmpgt_epi8(_mm_set1_epi8(0x20), v); /* controls and 0x80.. */
    m = _mm_or_si128(m, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    m = _mm_or_si128(m, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    m = _mm_or_si128(m, _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
    m = _mm_or_si128(m, _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(2)), _mm_set1_epi8('>'))); /* < and > */
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(m) | 0x10000);
#else
    unsigned i = 0;
    for (; i < 16; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\' || c == '&' || c == '<' || c == '>')
            break;
    }
    return i;
#endif
}

/* Length of the valid UTF-8 sequence at p (a byte from 0x80), at most n; 0: invalid. */
static unsigned utf8_length(const unsigned char *p, size_t n)
{
    unsigned more, lo = 0x80, hi = 0xbf;
    if (*p >= 0xc2 && *p <= 0xdf) {
        more = 1;
    } else if ((*p & 0xf0) == 0xe0) {
        more = 2;
        lo = *p == 0xe0 ? 0xa0 : 0x80;
        hi = *p == 0xed ? 0x9f : 0xbf;
    } else if (*p >= 0xf0 && *p <= 0xf4) {
        more = 3;
        lo = *p == 0xf0 ? 0x90 : 0x80;
        hi = *p == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 0;
    }
    if (n <= more || p[1] < lo || p[1] > hi)
        return 0;
    for (unsigned i = 2; i <= more; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return more + 1;
}

static char *put_escape(char *w, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    *w++ = '\\';
    switch (c) {
    case '"': case '\\': *w++ = (char)c; return w;
    case '\n': *w++ = 'n'; return w;
    case '\r': *w++ = 'r'; return w;
    case '\t': *w++ = 't'; return w;
    }
    w = FL_PUT_LIT(w, "u00");
    *w++ = hex[c >> 4];
    *w++ = hex[c & 15];
    return w;
}

/* *p at a byte that clean16 stopped at. */
static char *put_odd(char *w, const char **p, size_t n)
{
    const unsigned char *s = (const unsigned char *)*p;
    if (*s < 0x80) {
        ++*p;
        return put_escape(w, *s);
    }
    unsigned length = utf8_length(s, n);
    if (length == 0) {
        ++*p;
        return FL_PUT_LIT(w, "\\ufffd");
    }
    *p += length;
    if (s[0] == 0xe2 && s[1] == 0x80 && (s[2] | 1) == 0xa9)
        return s[2] == 0xa8 ? FL_PUT_LIT(w, "\\u2028") : FL_PUT_LIT(w, "\\u2029");
    memcpy(w, s, length);
    return w + length;
}

/* What clean16 stopped at, and `html` doesn't want escaped, goes on as it is. */
static inline char *put_one(char *w, const char **p, size_t n, bool html)
{
    if (!html && (**p == '<' || **p == '>' || **p == '&')) {
        *w++ = *(*p)++;
        return w;
    }
    return put_odd(w, p, n);
}

static inline char *escaped(char *w, const char *p, size_t n, bool html)
{
    if (n == 0)
        return w; /* p may be NULL */
    const char *end = p + n;
    while (end - p >= 16) {
        unsigned clean = clean16(p);
        memcpy(w, p, 16);
        w += clean;
        p += clean;
        if (clean < 16)
            w = put_one(w, &p, (size_t)(end - p), html);
    }
    while (p < end) {
        char last[16] = {0}; /* nothing is read behind the text: it may be a constant */
        memcpy(last, p, (size_t)(end - p));
        unsigned clean = clean16(last);
        memcpy(w, last, 16);
        w += clean;
        p += clean;
        if (p < end)
            w = put_one(w, &p, (size_t)(end - p), html);
    }
    return w;
}

char *fl_put_escaped_(char *w, const char *p, size_t n)
{
    return escaped(w, p, n, true);
}

char *fl_put_plain_(char *w, const char *p, size_t n)
{
    return escaped(w, p, n, false);
}

/* ---- times and prefixes ---------------------------------------------------------------------- */

char *fl_put_rfc3339(char *w, int64_t ns)
{
    *w++ = '"';
    w = fl_time_put(w, ns, true);
    *w++ = '"';
    return w;
}

char *fl_put_cidr(char *w, const fl_cidr *c)
{
    *w++ = '"';
    w += fl_cidr_format(c, w);
    *w++ = '"';
    return w;
}

/* ---- csv ------------------------------------------------------------------------------------- */

/* Go's unicode.IsSpace of the first character; the quoting rule asks for it. */
static bool begins_with_space(const unsigned char *p, size_t n)
{
    if (n == 0)
        return false;
    if (*p == ' ' || (*p >= '\t' && *p <= '\r'))
        return true;
    if (n >= 2 && p[0] == 0xc2)
        return p[1] == 0x85 || p[1] == 0xa0;
    if (n < 3)
        return false;
    unsigned c = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
    return c == 0xe19a80 || (c >= 0xe28080 && c <= 0xe2808a) || c == 0xe280a8 || c == 0xe280a9 || c == 0xe280af ||
           c == 0xe2819f || c == 0xe38080;
}

/* Does the field need quotes? *quotes: how many it has inside. */
static bool csv_quoted(const char *p, size_t n, const struct fl_csv *f, size_t *quotes)
{
    const char separator = f->separator;
    bool odd = begins_with_space((const unsigned char *)p, n) || (n == 2 && p[0] == '\\' && p[1] == '.');
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        odd |= p[i] == separator || p[i] == '\n' || p[i] == '\r';
        count += p[i] == '"';
    }
    *quotes = count;
    return odd || count || (f->missing.n && (!n || (n == f->missing.n && !memcmp(p, f->missing.p, n))));
}

char *fl_csv_string(char *w, fl_str s, const struct fl_csv *f)
{
    size_t n = s.n, quotes;
    if (s.kind == FL_RAW)
        n = (size_t)(fl_unescape_to(w, s.p, s.n) - w);
    else if (n)
        memcpy(w, s.p, n);
    if (!csv_quoted(w, n, f, &quotes))
        return w + n;
    /* From the end, in place: the text moves up by its opening quote and the doubled ones before it. */
    char *to = w + n + quotes + 2, *end = to;
    *--to = '"';
    for (size_t i = n; i-- > 0;) {
        char c = w[i];
        *--to = c;
        if (c == '"')
            *--to = c;
    }
    *--to = '"';
    return end;
}

char *fl_csv_json(char *w, fl_str json, const struct fl_csv *f)
{
    return fl_csv_string(w, fl_passed_text(json), f);
}

char *fl_csv_float(char *w, double v, const struct fl_csv *f)
{
    return v - v != 0 ? fl_csv_missing(w, f) : fl_put_float(w, v);
}

char *fl_csv_rfc3339(char *w, int64_t ns)
{
    return fl_time_put(w, ns, true);
}

char *fl_csv_cidr(char *w, const fl_cidr *c)
{
    return w + fl_cidr_format(c, w);
}
