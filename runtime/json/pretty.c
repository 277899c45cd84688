/*
 * pretty.c - JSON text laid out token by token; see pretty.h. Generated encoders call it for text whose shape
 * is known at run time only.
 */
#include "json/pretty.h"

static inline char *new_line(char *w, unsigned level)
{
    return level <= 15 ? fl_put_line(w, level) : fl_put_long_line(w, level);
}

/* Behind a number or word. Digits are passed in wide steps. */
static inline const char *scalar_end(const char *p)
{
    p = fl_digits_end(p);
    while (*p != ',' && (*p | 0x20) != '}' && (unsigned char)*p > ' ') /* nor ] */
        p++;
    return p;
}

/* Room for k bytes and a new line behind them; the cursor stays local, for most tokens are short. */
static inline char *token_room(struct fl_buf *out, char *w, char **limit, size_t k)
{
    if (FL_LIKELY((size_t)(*limit - w) >= k))
        return w;
    out->n = (size_t)(w - out->p);
    w = fl_buf_room(out, k + 4096);
    *limit = out->p + out->cap - FL_PAD;
    return w;
}

char *fl_lay(struct fl_buf *out, char *w, const char **at, unsigned level, size_t room)
{
    const char *p = *at, *q;
    char *limit = out->p + out->cap - FL_PAD;
    const unsigned outside = level;
    do {
        switch (*p) {
        case '"':
            q = fl_string_end(p);
            w = token_room(out, w, &limit, (size_t)(q - p) + 2);
            w = fl_put(w, p, (size_t)(q - p));
            p = q;
            if (*p == ':' && level != outside) {
                w = FL_PUT_LIT(w, ": ");
                p++;
            }
            break;
        case ',':
            w = token_room(out, w, &limit, level + 18);
            *w++ = ',';
            w = new_line(w, level);
            p++;
            break;
        case '{':
        case '[':
            w = token_room(out, w, &limit, level + 19);
            *w++ = *p;
            if (p[1] == *p + 2)
                *w++ = *++p;
            else
                w = new_line(w, ++level);
            p++;
            break;
        case '}':
        case ']':
            w = token_room(out, w, &limit, level + 18);
            w = new_line(w, --level);
            *w++ = *p++;
            break;
        default:
            q = scalar_end(p);
            w = token_room(out, w, &limit, (size_t)(q - p));
            w = fl_put(w, p, (size_t)(q - p));
            p = q;
        }
    } while (level != outside);
    *at = p;
    return token_room(out, w, &limit, room);
}

void fl_json_pretty(struct fl_buf *out, const char *p, size_t n, unsigned level)
{
    char *w = fl_buf_room(out, 2 * n + level + 64);
    w = fl_lay(out, w, &p, level, 0);
    out->n = (size_t)(w - out->p);
}
