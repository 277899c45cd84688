/*
 * resync.h - where a stream goes on behind a document or an element of a list that is no JSON.
 *
 * From the first byte of what is broken the text is followed with no more than a few bytes of memory, so it may be as
 * long as it likes and come in pieces. It is over at the first of
 *
 *   END    its brackets are closed; of what doesn't begin with one in a list: a comma or the list's bracket. Brackets that
 *          close nothing end where something else begins
 *   LINE   a line begins with `{` or `[` (in a list also `]`), behind commas, NULs and byte order marks too. Of what goes over
 *          several lines, lines that are indented further than its first one are its own
 *   TORN   a string ends in `{` behind the error: its quote is rather the first one of the next record's key. Or an object
 *          begins as the elements of the list do, behind a comma in an object. Only a suspicion: the caller looks whether a whole record begins there, and goes on if not
 */
#ifndef FL_RESYNC_H
#define FL_RESYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fl_resync_found { FL_RESYNC_NOTHING, FL_RESYNC_END, FL_RESYNC_LINE, FL_RESYNC_TORN };

#define FL_LIKE 48

struct fl_resync {
    char like[FL_LIKE];    /* how elements begin, up to their first key's end; the caller's to set */
    size_t like_n;
    uint64_t kinds;        /* open brackets, the innermost in bit 0: 1 is `{` */
    uint32_t depth;
    uint32_t indent;       /* of the first line */
    uint32_t blanks;       /* of this line so far */
    bool list, one_line;   /* inside a list; it is broken in its first line */
    bool value;            /* it doesn't begin with an opening bracket */
    bool closing;          /* nothing but closing ones so far */
    bool in_string, escaped;
    bool fresh;            /* nothing but blanks in this line */
};

/* `first`: its first byte. */
void fl_resync_begin(struct fl_resync *r, char first, uint32_t indent, bool one_line, bool list);
/*
 * Returns where the next one begins or may begin, or `end`, behind which FL_PAD bytes can be read. Strings that end before `torn` aren't suspected; NULL: none.
 * After TORN it goes on at `*on`.
 */
const char *fl_resync_run(struct fl_resync *r, const char *p, const char *end, const char *torn, enum fl_resync_found *found, const char **on);

#endif
