/* passed.c - see passed.h. */
#include "json/passed.h"

#include "json/once.h"

fl_str fl_compact(struct fl_arena *scratch, fl_str json)
{
    bool space = false;
    for (uint32_t i = 0; i < json.n && !space; i++)
        space = (unsigned char)json.p[i] <= ' ';
    if (!space)
        return json;
    size_t room = json.n + 2 * FL_PAD; /* it only gets shorter */
    struct fl_buf b = {.p = fl_arena_get(scratch, room), .cap = room};
    fl_json_compact(&b, json.p, json.n);
    memset(b.p + b.n, 0, FL_PAD);
    return (fl_str){b.p, (uint32_t)b.n, FL_RAW};
}

int fl_get_json(struct fl_decoder *d, fl_str *out, const char *field)
{
    bool before = d->spaced;
    d->spaced = false;
    int k = fl_get_raw(d, out, field);
    if (k == 1 && d->spaced)
        *out = fl_compact(d->scratch, *out);
    d->spaced |= before;
    return k;
}

int fl_get_passed_json(struct fl_decoder *d, fl_str *out, const char *field)
{
    int k = fl_get_json(d, out, field);
    if (k == 1 && (*out->p == '{' || *out->p == '[') && fl_json_repeats(out->p, out->p + out->n))
        d->repeated = true;
    return k;
}
