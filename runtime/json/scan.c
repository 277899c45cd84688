/*
 * scan.c - the scanner's structure and slow paths: white space, escapes, other than ASCII, errors. See
 * scan.h.
 *
 * Called by generated decoders through the inline functions of scan.h, which handle what well-formed compact
 * messages consist of. Getters for numbers and derived types are in get.c.
 */
#include "json/scan.h"

#include "json/scan_int.h"
#include "json/unescape.h"

void fl_decoder_init(struct fl_decoder *d, const char *data, size_t n, struct fl_arena *scratch)
{
    memset(d, 0, offsetof(struct fl_decoder, guess));
    d->p = d->start = data;
    d->end = data + n;
    d->scratch = scratch;
}

const char *fl_json_fail(struct fl_decoder *d, const char *at, const char *what)
{
    d->error = what;
    d->error_at = at < d->end ? at : d->end;
    d->truncated = at >= d->end;
    return NULL;
}

void fl_bad(struct fl_decoder *d, const char *field, const char *what)
{
    if (d->bad_field)
        return;
    d->bad_field = field;
    d->bad_what = what;
}

/* ---- white space ----------------------------------------------------------------------------- */

static inline bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* p at a byte up to ' '. */
static const char *spaces(struct fl_decoder *d, const char *p)
{
    if (is_space(*p)) {
        d->spaced = true;
        do
            p++;
        while (is_space(*p));
    }
    return p;
}

#define SPACE(d, p)                         \
    do {                                    \
        if ((unsigned char)*(p) <= ' ')     \
            (p) = spaces((d), (p));         \
    } while (0)

bool fl_skip_space_(struct fl_decoder *d)
{
    d->p = spaces(d, d->p);
    return d->p < d->end;
}

/* ---- strings --------------------------------------------------------------------------------- */

static inline int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* p at a backslash; returns the byte behind the escape, or NULL and sets the error. */
static const char *skip_escape(struct fl_decoder *d, const char *p)
{
    switch (p[1]) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
        return p + 2;
    case 'u':
        for (int i = 2; i < 6; i++)
            if (hex(p[i]) < 0)
                return fl_json_fail(d, p + i, "expected four hexadecimal digits after `\\u`");
        return p + 6;
    default:
        return fl_json_fail(d, p + 1, "expected one of \" \\ / b f n r t u after `\\`");
    }
}

/* Bytes 0x80..0xbf follow; the second one of E0, ED, F0 and F4 is bounded more narrowly (RFC 3629). */
static const char *skip_multibyte(struct fl_decoder *d, const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    static const char what[] = "a string has to be valid UTF-8";
    do {
        unsigned lo = 0x80, hi = 0xbf, more;
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
            return fl_json_fail(d, (const char *)p, what);
        }
        if (p[1] < lo || p[1] > hi)
            return fl_json_fail(d, (const char *)p + 1, what);
        for (unsigned i = 2; i <= more; i++)
            if ((p[i] & 0xc0) != 0x80)
                return fl_json_fail(d, (const char *)p + i, what);
        p += more + 1;
    } while (*p >= 0x80);
    return (const char *)p;
}

const char *fl_json_string_rest(struct fl_decoder *d, const char *q, bool *escapes)
{
    for (;;) {
        unsigned char c = (unsigned char)*q;
        if (c == '"')
            return q;
        if (c == '\\') {
            *escapes = true;
            q = skip_escape(d, q);
        } else if (c >= 0x80) {
            q = skip_multibyte(d, q);
        } else {
            return fl_json_fail(d, q, q >= d->end ? "a string isn't closed"
                                                  : "a control character in a string has to be escaped");
        }
        if (!q)
            return NULL;
        q = fl_string_stop(q);
    }
}

/* p at the opening quote; returns the byte behind the closing one, or NULL. */
static inline const char *skip_string(struct fl_decoder *d, const char *p)
{
    p = fl_string_stop(p + 1);
    if (FL_UNLIKELY(*p != '"')) {
        bool escapes;
        p = fl_json_string_rest(d, p, &escapes);
        if (!p)
            return NULL;
    }
    return p + 1;
}

/* ---- skipping -------------------------------------------------------------------------------- */

const char *fl_json_number(struct fl_decoder *d, const char *p, bool *integer)
{
    const char *q = p + (*p == '-');
    *integer = true;
    const char *digits = q;
    q = fl_digits_end(q);
    if (FL_UNLIKELY(q == digits))
        return fl_json_fail(d, q, "expected a digit");
    if (FL_UNLIKELY(*digits == '0' && q - digits > 1))
        return fl_json_fail(d, digits, "a number must not begin with 0");
    if (*q == '.') {
        *integer = false;
        digits = ++q;
        q = fl_digits_end(q);
        if (q == digits)
            return fl_json_fail(d, q, "expected a digit after the decimal point");
    }
    if ((*q | 0x20) == 'e') {
        *integer = false;
        q++;
        q += *q == '+' || *q == '-';
        digits = q;
        q = fl_digits_end(q);
        if (q == digits)
            return fl_json_fail(d, q, "expected a digit in the exponent");
    }
    return q;
}

/* true, false, null. */
static const char *skip_word(struct fl_decoder *d, const char *p)
{
    const char *word = *p == 't' ? "true" : *p == 'f' ? "false" : *p == 'n' ? "null" : NULL;
    if (!word)
        return fl_json_fail(d, p, "expected a value");
    for (; *word; word++, p++)
        if (*p != *word)
            return fl_json_fail(d, p, "expected true, false or null");
    return p;
}

/* p at a key's quote; returns the value's first byte, or NULL. */
static inline const char *skip_key(struct fl_decoder *d, const char *p)
{
    if (FL_UNLIKELY(*p != '"'))
        return fl_json_fail(d, p, "expected a key in quotes");
    p = skip_string(d, p);
    if (FL_UNLIKELY(!p))
        return NULL;
    SPACE(d, p);
    if (FL_UNLIKELY(*p != ':'))
        return fl_json_fail(d, p, "expected `:`");
    p++;
    SPACE(d, p);
    return p;
}

/* A string, number or word. Most numbers are plain integers, so these are done here. */
static inline const char *skip_scalar(struct fl_decoder *d, const char *p)
{
    bool integer;
    if (*p == '"')
        return skip_string(d, p);
    if ((unsigned char)(*p - '1') <= 8) {
        const char *q = fl_digits_end(p + 1);
        if (FL_LIKELY(*q != '.' && (*q | 0x20) != 'e'))
            return q;
    }
    if (*p == '-' || (unsigned char)(*p - '0') <= 9)
        return fl_json_number(d, p, &integer);
    return skip_word(d, p);
}

/* Bits of the containers around the innermost one; set: an object. */
struct around {
    uint64_t bit[FL_JSON_DEPTH / 64];
};

static inline void around_push(struct around *a, uint32_t at, bool object)
{
    uint64_t m = UINT64_C(1) << (at % 64);
    a->bit[at / 64] = object ? a->bit[at / 64] | m : a->bit[at / 64] & ~m;
}

/*
 * p at `{` or `[`; returns the byte behind its end. The stack is a bit per container, so that hostile nesting can't
 * exhaust the process's.
 */
static const char *skip_container(struct fl_decoder *d, const char *p)
{
    struct around around = {{0}};
    uint32_t depth = 0, room = FL_JSON_DEPTH - d->depth;
    bool object = false;
    for (;;) {
        if (*p == '{' || *p == '[') {
            if (FL_UNLIKELY(depth == room))
                return fl_json_fail(d, p, "too many nested objects and arrays");
            around_push(&around, depth++, object);
            object = *p++ == '{';
            SPACE(d, p);
            if (*p != (object ? '}' : ']')) {
                if (object && !(p = skip_key(d, p)))
                    return NULL;
                continue;
            }
        } else {
            p = skip_scalar(d, p);
            if (FL_UNLIKELY(!p))
                return NULL;
        }
        for (;;) { /* behind a value, or at the end of an empty container */
            SPACE(d, p);
            if (*p == ',') {
                p++;
                SPACE(d, p);
                if (object && !(p = skip_key(d, p)))
                    return NULL;
                break;
            }
            if (FL_UNLIKELY(*p != (object ? '}' : ']')))
                return fl_json_fail(d, p, object ? "expected `,` or `}`" : "expected `,` or `]`");
            p++;
            if (--depth == 0)
                return p;
            object = around.bit[depth / 64] >> (depth % 64) & 1;
        }
    }
}

bool fl_skip_value(struct fl_decoder *d)
{
    const char *p = *d->p == '{' || *d->p == '[' ? skip_container(d, d->p) : skip_scalar(d, d->p);
    if (!p)
        return false;
    d->p = p;
    return true;
}

int fl_json_wrong(struct fl_decoder *d, const char *field, const char *what)
{
    bool null = *d->p == 'n';
    if (!fl_skip_value(d))
        return -1;
    if (!null)
        fl_bad(d, field, what);
    return 0;
}

/* ---- structure ------------------------------------------------------------------------------- */

/* What the inline function left: white space, an empty container, errors. */
static int begin(struct fl_decoder *d, char close)
{
    if (d->depth >= FL_JSON_DEPTH)
        return fl_json_fail(d, d->p, "too many nested objects and arrays"), -1;
    d->p++;
    fl_skip_space(d);
    if (*d->p == close) {
        d->p++;
        return 2;
    }
    if (close == '}' && *d->p != '"')
        return fl_json_fail(d, d->p, "expected a key in quotes or `}`"), -1;
    if (d->p >= d->end)
        return fl_json_fail(d, d->p, "expected a value or `]`"), -1;
    d->depth++;
    return 1;
}

int fl_object_begin_(struct fl_decoder *d, const char *field)
{
    return *d->p == '{' ? begin(d, '}') : fl_json_wrong(d, field, "expected an object");
}

int fl_array_begin_(struct fl_decoder *d, const char *field)
{
    return *d->p == '[' ? begin(d, ']') : fl_json_wrong(d, field, "expected an array");
}

static int end(struct fl_decoder *d, char close)
{
    fl_skip_space(d);
    if (*d->p == ',') {
        d->p++;
        fl_skip_space(d);
        if (close == '}' && *d->p != '"')
            return fl_json_fail(d, d->p, "expected a key in quotes"), -1;
        if (d->p >= d->end)
            return fl_json_fail(d, d->p, "expected a value"), -1;
        return 1;
    }
    if (*d->p != close)
        return fl_json_fail(d, d->p, close == '}' ? "expected `,` or `}`" : "expected `,` or `]`"), -1;
    d->p++;
    d->depth--;
    return 0;
}

int fl_member_end_(struct fl_decoder *d)
{
    return end(d, '}');
}

int fl_element_end_(struct fl_decoder *d)
{
    return end(d, ']');
}

int fl_next_key(struct fl_decoder *d, fl_str *key)
{
    const char *p = d->p + 1, *q = fl_string_stop(p);
    bool escapes = false;
    if (FL_UNLIKELY(*q != '"') && !(q = fl_json_string_rest(d, q, &escapes)))
        return -1;
    *key = (fl_str){p, (uint32_t)(q - p), escapes ? FL_RAW : FL_CLEAN};
    if (escapes)
        *key = fl_unescape(d->scratch, *key);
    q++;
    SPACE(d, q);
    if (*q != ':')
        return fl_json_fail(d, q, "expected `:`"), -1;
    q++;
    SPACE(d, q);
    if (q >= d->end)
        return fl_json_fail(d, q, "expected a value"), -1;
    d->p = q;
    return 1;
}
