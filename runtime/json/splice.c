/* splice.c - see splice.h. The object is walked member by member: keys are compared, values are passed over by their brackets and quotes. */
#include "json/splice.h"

#include <string.h>

#include "json/unescape.h"

/* Behind the quote that ends the string whose inside begins at p. */
static const char *string_end(const char *p)
{
    for (;;) {
        p += strcspn(p, "\"\\");
        if (*p == '"')
            return p + 1;
        p += 2;
    }
}

static const char *value_end(const char *p)
{
    unsigned depth = 0;
    for (;;) {
        p += strcspn(p, "\"{}[],");
        switch (*p) {
        case '"':
            p = string_end(p + 1);
            break;
        case ',':
            if (!depth)
                return p;
            p++;
            break;
        case '{':
        case '[':
            depth++;
            p++;
            break;
        default: /* a bracket that isn't the value's ends it */
            if (!depth)
                return p;
            depth--;
            p++;
        }
    }
}

/* Which edit the key is of; n: none. Its inside is at p; it may be written with escapes. */
static uint32_t edit_of(struct fl_arena *scratch, const char *p, size_t len, const struct fl_edit *edits, uint32_t n)
{
    fl_str key = {p, (uint32_t)len, FL_PLAIN};
    if (memchr(p, '\\', len))
        key = fl_unescape(scratch, (fl_str){p, (uint32_t)len, FL_RAW});
    uint32_t i = 0;
    while (i < n && !(edits[i].key_n == key.n && memcmp(edits[i].key, key.p, key.n) == 0))
        i++;
    return i;
}

static char *put(char *w, const char *p, size_t n)
{
    memcpy(w, p, n);
    return w + n;
}

static char *put_member(char *w, const struct fl_edit *e, fl_str value)
{
    *w++ = '"';
    w = put(w, e->json, e->json_n);
    w = put(w, "\":", 2);
    w = put(w, value.p, value.n);
    *w++ = ',';
    return w;
}

fl_str fl_json_splice(struct fl_arena *scratch, fl_str object, const struct fl_edit *edits, const fl_str *values, uint32_t n)
{
    size_t most = object.n + 2 + FL_PAD;
    for (uint32_t i = 0; i < n; i++)
        most += edits[i].json_n + 4 + values[i].n;
    char *text = fl_arena_get(scratch, most), *w = text;
    bool *met = fl_arena_zero(scratch, n + 1);
    *w++ = '{';
    for (const char *p = object.p + 1; *p != '}'; p += *p == ',') {
        const char *key = p + 1, *behind = string_end(key), *end = value_end(behind + 1);
        uint32_t i = edit_of(scratch, key, (size_t)(behind - 1 - key), edits, n);
        if (i == n) {
            w = put(w, p, (size_t)(end - p));
            *w++ = ',';
        } else if (values[i].n && !met[i]) {
            w = put_member(w, &edits[i], values[i]);
        }
        met[i] = true;
        p = end;
    }
    for (uint32_t i = 0; i < n; i++)
        if (values[i].n && !met[i])
            w = put_member(w, &edits[i], values[i]);
    w -= w[-1] == ',';
    *w++ = '}';
    memset(w, 0, FL_PAD);
    return (fl_str){text, (uint32_t)(w - text), FL_RAW};
}
