/*
 * text.c - JSON as text: white space taken out, places for messages. See scan.h.
 */
#include "json/scan.h"

#include "base/put.h"

bool fl_json_compact(struct fl_buf *out, const char *p, size_t n)
{
    struct fl_decoder d;
    const char *end = p + n;
    fl_decoder_init(&d, p, n, NULL);
    fl_skip_space(&d);
    if (!fl_skip_value(&d) || d.p > end)
        return false;
    for (const char *q = d.p; q < end; q++) { /* the text may be a slice: what follows it is not ours */
        if (*q != ' ' && *q != '\t' && *q != '\n' && *q != '\r')
            return false;
        d.spaced = true;
    }
    char *w = fl_buf_room(out, n);
    if (!d.spaced) {
        memcpy(w, p, n);
        out->n += n;
        return true;
    }
    while (p < end) {
        const char *q = p;
        if (*p == '"') {
            q = fl_string_end(p);
            w = fl_put(w, p, (size_t)(q - p));
            p = q;
            continue;
        }
        if ((unsigned char)*p > ' ')
            *w++ = *p;
        p++;
    }
    out->n = (size_t)(w - out->p);
    return true;
}

void fl_json_locate(const char *start, const char *at, uint64_t *line, uint64_t *column)
{
    *line = 1;
    for (const char *nl; (nl = memchr(start, '\n', (size_t)(at - start))); start = nl + 1)
        ++*line;
    *column = (uint64_t)(at - start) + 1;
}
