/*
 * query.c - values in the text of Gremlin queries. Called by generated code (fl_query_quoted, fl_query_inside),
 * templates.c, and lookups/gremlin/gremlin.c for the body of the request.
 *
 * Quoted values are written as the original did: as a JSON string with Go's HTML escaping.
 * One thing is different on purpose. Skydive's scanner knows no escapes at all: it ends a string at the next quote of
 * either kind, also behind a backslash, and at a NUL. With the original's \" a name that holds a quote therefore
 * leaves the literal and is read as a query. So both quotes are written as \u0022 and \u0027 here: that is the same
 * text to a parser that knows escapes, and to Skydive's it is text that matches nothing.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "flowrt.h"
#include "lookups/lookup.h"

enum style {
    JSON,   /* for a JSON parser */
    QUOTED, /* a query literal, JSON's escapes but no bare quote */
    INSIDE, /* only what would end or bend a literal */
    REGEX   /* the same, and what a regular expression would not take for itself */
};

#define NOT_UTF8 UINT32_C(0x110000)

/* One code point of UTF-8 at *p; NOT_UTF8 for a byte that begins none. */
static uint32_t next_utf8(const char **p, const char *end)
{
    const unsigned char *s = (const unsigned char *)*p;
    size_t left = (size_t)(end - *p);
    unsigned n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    uint32_t c = n <= 1 ? s[0] : s[0] & (0x7fu >> n);
    bool good = n > 0 && n <= left;
    for (unsigned i = 1; good && i < n; i++) {
        good = (s[i] & 0xc0) == 0x80;
        c = c << 6 | (s[i] & 0x3f);
    }
    if (!good || (n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) || (n == 4 && (c < 0x10000 || c > 0x10ffff))) {
        ++*p;
        return NOT_UTF8;
    }
    *p += n;
    return c;
}

static bool hex4(const char *p, const char *end, uint32_t *v)
{
    *v = 0;
    if (end - p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        int c = p[i] | 0x20;
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        *v = *v << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
}

/* What stands behind a backslash in raw JSON text. */
static uint32_t next_escape(const char **p, const char *end)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    if (*p == end)
        return '\\';
    char c = *(*p)++;
    if (c != 'u') {
        const char *at = memchr(from, c, sizeof from - 1);
        return at ? (unsigned char)to[at - from] : (unsigned char)c;
    }
    uint32_t u, low;
    if (!hex4(*p, end, &u))
        return 0xfffd;
    *p += 4;
    if (u < 0xd800 || u > 0xdfff)
        return u;
    if (u < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' && hex4(*p + 2, end, &low) && low >= 0xdc00 &&
        low < 0xe000) {
        *p += 6;
        return 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
    }
    return 0xfffd;
}

static void put_utf8(struct fl_buf *b, uint32_t c)
{
    if (c < 0x80) {
        fl_buf_putc(b, (char)c);
    } else if (c < 0x800) {
        fl_buf_putc(b, (char)(0xc0 | c >> 6));
        fl_buf_putc(b, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        fl_buf_putc(b, (char)(0xe0 | c >> 12));
        fl_buf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
        fl_buf_putc(b, (char)(0x80 | (c & 0x3f)));
    } else {
        fl_buf_putc(b, (char)(0xf0 | c >> 18));
        fl_buf_putc(b, (char)(0x80 | (c >> 12 & 0x3f)));
        fl_buf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
        fl_buf_putc(b, (char)(0x80 | (c & 0x3f)));
    }
}

static void put_u(struct fl_buf *b, uint32_t c)
{
    static const char digits[] = "0123456789abcdef";
    char *p = fl_buf_room(b, 6);
    p[0] = '\\';
    p[1] = 'u';
    for (int i = 0; i < 4; i++)
        p[2 + i] = digits[c >> (12 - 4 * i) & 15];
    b->n += 6;
}

static bool is_meta(uint32_t c)
{
    return c && c < 0x80 && strchr(".*+?()[]{}|^$\\", (int)c);
}

static void put_char(struct fl_buf *b, uint32_t c, enum style style)
{
    if (style == REGEX && is_meta(c)) {
        if (c == '^' || c == '\\') /* neither can be written without a backslash, and Skydive's scanner knows none */
            fl_buf_putc(b, '.');
        else
            fl_buf_printf(b, "[%c]", (char)c);
    } else if (c == '\\' || c == '\n' || c == '\r' || c == '\t') {
        fl_buf_putc(b, '\\');
        fl_buf_putc(b, c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : '\\');
    } else if (c == '"' && style == JSON) {
        fl_buf_puts(b, "\\\"");
    } else if (c < 0x20 || c == '"' || (c == '\'' && style != JSON)) {
        put_u(b, c);
    } else if (style < INSIDE && (c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029)) {
        put_u(b, c);
    } else if (c == NOT_UTF8) {
        if (style >= INSIDE)
            put_utf8(b, 0xfffd);
        else
            put_u(b, 0xfffd);
    } else {
        put_utf8(b, c);
    }
}

/* Characters that every style writes as they are. */
static bool ordinary(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\'' && c != '\\' && c != '<' && c != '>' && c != '&';
}

static void escape(struct fl_buf *b, fl_str s, enum style style)
{
    const char *p = s.p, *end = s.p + s.n;
    while (p < end) {
        const char *from = p;
        while (p < end && ordinary((unsigned char)*p) && !(style == REGEX && is_meta((unsigned char)*p)))
            p++;
        if (p > from)
            fl_buf_put(b, from, (size_t)(p - from));
        if (p == end)
            break;
        if (*p == '\\' && s.kind == FL_RAW) {
            p++;
            put_char(b, next_escape(&p, end), style);
        } else {
            put_char(b, next_utf8(&p, end), style);
        }
    }
}

void fl_query_quoted(struct fl_buf *q, fl_str s)
{
    fl_buf_putc(q, '"');
    escape(q, s, QUOTED);
    fl_buf_putc(q, '"');
}

void fl_query_inside(struct fl_buf *q, fl_str s)
{
    escape(q, s, INSIDE);
}

/* An address stays as the original wrote it, its dots included. */
void fl_query_regex(struct fl_buf *q, fl_str s)
{
    escape(q, s, fl_ip_of(s).family ? INSIDE : REGEX);
}

void fl_query_json(struct fl_buf *b, fl_str s)
{
    fl_buf_putc(b, '"');
    escape(b, s, JSON);
    fl_buf_putc(b, '"');
}
