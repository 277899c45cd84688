/*
 * pretty.h - JSON text in Go's MarshalIndent form with TABs.
 *
 * For JSON that is passed on as it came; what the compiler knows the shape of is written pretty at once (write.h).
 * All texts here are valid and compact (no white space outside strings), with FL_PAD readable bytes behind.
 *
 * fl_lay and its kin copy one value from *p to w, a place in `out`, as if it stood in a container whose members are
 * indented by `level` TABs, and move *p behind it. `room` is what the caller still needs from here on, for *p's text as
 * it is and for all else: so many bytes are free behind the place that is returned, in a buffer that may have moved.
 */
#ifndef FL_JSON_PRETTY_H
#define FL_JSON_PRETTY_H

#include <stddef.h>

#include "json/walk.h"
#include "json/write.h"
#include "base/text.h"

/* A whole text to the end of `out`. */
void fl_json_pretty(struct fl_buf *out, const char *p, size_t n, unsigned level);

/* Any value; a number or word has to be followed by `,` `]` `}`, white space or a control. */
char *fl_lay(struct fl_buf *out, char *w, const char **p, unsigned level, size_t room);

/* A value that is most likely a number without sign and fraction. */
static inline char *fl_lay_number(struct fl_buf *out, char *w, const char **p, unsigned level, size_t room)
{
    const char *from = *p, *q = fl_plain_int(from);
    if (FL_LIKELY(q != NULL)) {
        memcpy(w, from, 16);
        *p = q;
        return w + (q - from);
    }
    w = fl_lay(out, w, &from, level, room); /* not &p: it would not stay in a register */
    *p = from;
    return w;
}

/* A value that is most likely a string. */
static inline char *fl_lay_string(struct fl_buf *out, char *w, const char **p, unsigned level, size_t room)
{
    const char *from = *p, *q = fl_plain_text(from);
    if (FL_LIKELY(q != NULL)) {
        *p = q + 1;
        return fl_put(w, from, (size_t)(q + 1 - from));
    }
    w = fl_lay(out, w, &from, level, room);
    *p = from;
    return w;
}

/* The JSON of a value that is passed on and most likely is no object and no list. */
static inline char *fl_lay_passed(struct fl_buf *out, char *w, fl_str json, unsigned level, size_t room)
{
    if (FL_LIKELY((*json.p | 0x20) != '{')) /* nor `[` */
        return fl_put_raw(w, json);
    return fl_lay(out, w, &(const char *){json.p}, level, room);
}

/*
 * In a generated function with the parameters of fl_lay: the member `key` (a literal, as JSON), if p stands at it, with its
 * value by `lay` and a comma behind. At the object's end: goto end.
 */
#define FL_LAY_MEMBER(key, lay)                                             \
    do {                                                                    \
        if (FL_LIKELY(fl_same(p, "\"" key "\":", sizeof(key) + 2))) {       \
            w = FL_PUT_LIT(fl_put_line(w, level + 1), "\"" key "\": ");     \
            p += sizeof(key) + 2;                                           \
            w = lay(out, w, &p, level + 1, room);                           \
            *w++ = ',';                                                     \
            if (*p++ != ',')                                                \
                goto end;                                                   \
        }                                                                   \
    } while (0)

#endif
