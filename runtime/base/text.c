/* text.c - see text.h. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

void fl_buf_grow(struct fl_buf *b, size_t more)
{
    size_t cap = b->cap ? b->cap : 256;
    if (more > SIZE_MAX / 2 - b->n)
        fl_no_memory(FL_PART, SIZE_MAX);
    while (cap - b->n < more)
        cap *= 2;
    b->p = fl_resize(b->p, cap);
    b->cap = cap;
}

void fl_buf_free(struct fl_buf *b)
{
    free(b->p);
    *b = (struct fl_buf){0};
}

void fl_buf_printf(struct fl_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    vsnprintf(fl_buf_room(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
    b->n += (size_t)n;
    va_end(again);
    va_end(ap);
}

size_t fl_control(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] == 0xC2 && s[1] >= 0x80 && s[1] < 0xA0) /* U+0080 to U+009F */
        return 2;
    bool line = s[0] == 0xE2 && s[1] == 0x80 && s[2] >= 0xA8 && s[2] <= 0xAE;    /* U+2028 to U+202E */
    bool isolate = s[0] == 0xE2 && s[1] == 0x81 && s[2] >= 0xA6 && s[2] <= 0xA9; /* U+2066 to U+2069 */
    bool mark = s[0] == 0xEF && s[1] == 0xBB && s[2] == 0xBF;                    /* U+FEFF */
    return line || isolate || mark ? 3 : s[0] < 32 || s[0] == 127;
}

size_t fl_utf8_length(const char *s, size_t n)
{
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] < 0x80)
        return 1;
    size_t need = u[0] >= 0xc2 && u[0] < 0xe0 ? 2 : (u[0] & 0xf0) == 0xe0 ? 3 : u[0] >= 0xf0 && u[0] < 0xf5 ? 4 : 0;
    if (need == 0 || need > n)
        return 0;
    for (size_t i = 1; i < need; i++)
        if ((u[i] & 0xc0) != 0x80)
            return 0;
    if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) || (u[0] == 0xf0 && u[1] < 0x90) ||
        (u[0] == 0xf4 && u[1] > 0x8f))
        return 0;
    return need;
}

/* ---- who may get in ---------------------------------------------------------------------------------------------- */

static bool ends_word(char c)
{
    return (unsigned char)c <= ' ' || c == '"' || c == '\'' || c == '`' || c == '<' || c == '>' || c == '(' || c == ')';
}

/* Is it host or host:port, and so no `user:password` of which the password holds a slash? */
static bool is_host(const char *p, const char *end)
{
    const char *colon = memchr(p, ':', (size_t)(end - p));
    if (p < end && *p == '[') /* an IPv6 address */
        return true;
    for (colon = colon ? colon + 1 : end; colon < end; colon++)
        if (*colon < '0' || *colon > '9')
            return false;
    return true;
}

bool fl_userinfo(const char *s, size_t n, size_t *from, size_t *to)
{
    const char *end = s + n;
    for (const char *p = s + *from, *word; p < end; p = word + 1) {
        for (word = p; word < end && !ends_word(*word); word++)
            ;
        const char *at = memrchr(p, '@', (size_t)(word - p)), *scheme = memmem(p, (size_t)(word - p), "://", 3);
        if (!at)
            continue;
        const char *user = p, *slash;
        if (scheme && scheme < at) {
            user = slash = scheme + 3;
            while (slash < word && *slash != '/' && *slash != '?' && *slash != '#')
                slash++;
            if (slash < at && !memchr(user, '@', (size_t)(slash - user)) && is_host(user, slash))
                continue; /* the @ is one of the path */
        } else {
            const char *equals = memrchr(p, '=', (size_t)(at - p));
            user = equals ? equals + 1 : p; /* key=value */
            while (*user == '[' || *user == '{' || *user == ',')
                user++;
            if (!memchr(user, ':', (size_t)(at - user)))
                continue; /* as in an address of mail */
        }
        *from = (size_t)(user - s);
        *to = (size_t)(at - s);
        return true;
    }
    return false;
}

void fl_put_masked(struct fl_buf *b, const char *s)
{
    size_t n = strlen(s), from = 0, done = 0, to;
    while (fl_userinfo(s, n, &from, &to)) {
        fl_buf_put(b, s + done, from - done);
        fl_buf_puts(b, "***");
        done = from = to;
        from++;
    }
    fl_buf_put(b, s + done, n - done);
}

void fl_put_yaml(struct fl_buf *b, const char **s)
{
    const unsigned char *c = (const unsigned char *)*s;
    size_t n = fl_control(*s);
    unsigned point = n == 1 ? c[0] : n == 2 ? c[1] : n == 3 ? (c[0] & 15u) << 12 | (c[1] & 63u) << 6 | (c[2] & 63u) : 0;
    if (n)
        fl_buf_printf(b, n == 1 ? "\\x%02x" : "\\u%04x", point);
    else if (*c == '"' || *c == '\\')
        fl_buf_printf(b, "\\%c", *c);
    else
        fl_buf_putc(b, (char)*c);
    *s += n ? n : 1;
}
