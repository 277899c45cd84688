/* resync.c - see resync.h. */
#include "intake/resync.h"

#include <string.h>

#include "json/scan.h"

void fl_resync_begin(struct fl_resync *r, char first, uint32_t indent, bool one_line, bool list)
{
    *r = (struct fl_resync){.indent = indent, .one_line = one_line, .list = list, .value = first != '{' && first != '[',
                            .closing = first == '}' || first == ']'};
}

/* Byte order marks are left out where a line begins; so are NULs, a hole in a file. */
static bool filler(char c)
{
    return c == 0 || c == ',' || c == '\r' || (unsigned char)c == 0xef || (unsigned char)c == 0xbb || (unsigned char)c == 0xbf;
}

/* The first byte of a line that is none of its blanks. */
static bool begins(const struct fl_resync *r, char c)
{
    if (c == '{' || c == '[')
        return r->one_line || r->blanks <= r->indent;
    return c == ']' && r->list && r->blanks <= r->indent;
}

/* A closing bracket closes what is open inside its own as well; false: it has none. */
static bool close_bracket(struct fl_resync *r, bool brace)
{
    uint64_t open = r->depth < 64 ? (UINT64_C(1) << r->depth) - 1 : UINT64_MAX;
    if (!((brace ? r->kinds : ~r->kinds) & open))
        return false;
    for (bool own = false; !own; r->kinds >>= 1, r->depth--)
        own = (r->kinds & 1) == brace;
    return true;
}

/* A bracket, or in a list what ends a broken value: is it over? `*to` is then where. */
static bool structure(struct fl_resync *r, const char *p, const char **to)
{
    *to = p;
    switch (*p) {
    case '{':
    case '[':
        if (r->closing)
            return true;
        r->kinds = r->kinds << 1 | (*p == '{');
        r->depth++;
        return false;
    case '}':
    case ']':
        if (!close_bracket(r, *p == '}'))
            return *p == ']' && r->list && r->depth == 0;
        *to = p + 1;
        return r->depth == 0 && !r->value;
    case ',':
        return (r->list || r->closing) && r->value && r->depth == 0;
    default:
        r->closing &= (unsigned char)*p <= ' ';
        return false;
    }
}

/* The quote at p ends a string of [start, p). Its `{`, if that is its last character but for blanks. */
static const char *brace_before(const char *start, const char *p)
{
    while (p > start && (p[-1] == ' ' || p[-1] == '\t'))
        p--;
    return p > start && p[-1] == '{' ? p - 1 : NULL;
}

/* Behind a comma in an object no value may stand. Else, what begins as an element does may be a member's value. */
static bool no_value(const struct fl_resync *r, const char *start, const char *p)
{
    while (p > start && (unsigned char)p[-1] <= ' ')
        p--;
    return r->depth && (r->kinds & 1) && p > start && p[-1] == ',';
}

const char *fl_resync_run(struct fl_resync *r, const char *p, const char *end, const char *torn, enum fl_resync_found *found, const char **on)
{
    const char *start = p, *to = end;
    for (*found = FL_RESYNC_NOTHING; p < end; p++) {
        char c = *p;
        if (c == '\n') { /* no string goes over it */
            r->in_string = r->escaped = false;
            r->fresh = true;
            r->blanks = 0;
        } else if (r->fresh && (c == ' ' || c == '\t')) {
            r->blanks++;
        } else if (r->fresh && begins(r, c)) {
            *found = FL_RESYNC_LINE;
            return p;
        } else if (r->fresh && filler(c)) {
            continue;
        } else if (r->in_string) {
            r->fresh = false;
            if (c == '"' && !r->escaped) {
                r->in_string = false;
                to = torn && p >= torn ? brace_before(start, p) : NULL;
                if (to) {
                    *found = FL_RESYNC_TORN;
                    *on = p + 1;
                    return to;
                }
            }
            r->escaped = c == '\\' && !r->escaped;
            const char *plain = r->escaped || !r->in_string ? p : fl_string_stop(p + 1) - 1;
            p = plain < end ? plain : end - 1;
        } else {
            r->fresh = false;
            r->in_string = c == '"';
            if (c == '{' && torn && p > torn && r->like_n && no_value(r, start, p) && (size_t)(end - p) > r->like_n &&
                memcmp(p, r->like, r->like_n) == 0) {
                const char *object = p;
                structure(r, p, &to);
                *found = FL_RESYNC_TORN;
                *on = p + 1;
                return object;
            }
            if (structure(r, p, &to)) {
                *found = FL_RESYNC_END;
                return to;
            }
        }
    }
    return end;
}
