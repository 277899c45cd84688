/*
 * envelope.c - see envelope.h.
 *
 * The usual message says Namespace and Type before Obj; then the flows are decoded where they stand, in one pass. If
 * not, Obj is only checked at first and decoded when the object's end is known. A message that comes out as refused is
 * still read to its end, since it may be broken there, and in a stream the next one begins there.
 */
#include "decoders/skydive/envelope.h"

#include <stdio.h>
#include <strings.h>

#include "base/log.h"
#include "json/get.h"

enum member { NAMESPACE, TYPE, UUID, STATUS, FORMAT, OBJ, UNKNOWN };

static enum member member_of(fl_str key)
{
    static const struct {
        const char *name;
        uint32_t n;
    } names[UNKNOWN] = {{"namespace", 9}, {"type", 4}, {"uuid", 4}, {"status", 6}, {"format", 6}, {"obj", 3}};
    for (int i = 0; i < UNKNOWN; i++)
        if (names[i].n == key.n && strncasecmp(names[i].name, key.p, key.n) == 0)
            return (enum member)i;
    return UNKNOWN;
}

struct reading {
    struct fl_envelope *e;
    struct fl_decoder *d;
    fl_str space, type;    /* n = 0: absent */
    const char *obj;       /* where it begins */
    const char *bad;       /* member with a wrong type, and what it should be */
    const char *bad_what;
    bool decoded;          /* `flows` has been through obj */
    bool no_list;          /* and found no list */
};

static bool is(fl_str s, const char *text)
{
    size_t n = strlen(text);
    return s.n == n && memcmp(s.p, text, n) == 0;
}

static bool space_asked(const struct reading *r)
{
    if (is(r->space, r->e->asked))
        return true;
    return r->e->any_capture && (is(r->space, "flow") || (r->space.n > 5 && memcmp(r->space.p, "flow/", 5) == 0));
}

/* `flows` over the value at d->p. False: not JSON. */
static bool take_flows(struct reading *r)
{
    r->d->bad_field = NULL;
    int rc = r->e->flows(r->e->arg, r->d);
    r->decoded = true;
    r->no_list = rc == 0;
    return rc >= 0;
}

static bool take_obj(struct reading *r)
{
    r->obj = r->d->p;
    r->decoded = false;
    if (is(r->type, "store") && space_asked(r))
        return take_flows(r);
    return fl_skip_value(r->d);
}

static bool take_text(struct reading *r, fl_str *out, const char *name)
{
    r->d->bad_field = NULL;
    int rc = fl_get_string(r->d, out, name);
    if (rc < 0)
        return false;
    if (rc == 0)
        *out = (fl_str){"", 0, FL_PLAIN};
    return true;
}

static bool take_member(struct reading *r, enum member which)
{
    int64_t number;
    fl_str unused;
    switch (which) {
    case NAMESPACE:
        if (!take_text(r, &r->space, "Namespace"))
            return false;
        break;
    case TYPE:
        if (!take_text(r, &r->type, "Type"))
            return false;
        break;
    case UUID:
        if (!take_text(r, &unused, "UUID"))
            return false;
        break;
    case STATUS:
    case FORMAT:
        r->d->bad_field = NULL;
        if (fl_get_int(r->d, &number, which == STATUS ? "Status" : "Format") < 0)
            return false;
        break;
    case OBJ:
        return take_obj(r);
    case UNKNOWN:
        return fl_skip_value(r->d);
    }
    if (r->d->bad_field && !r->bad) {
        r->bad = r->d->bad_field;
        r->bad_what = r->d->bad_what;
    }
    return true;
}

static enum fl_envelope_result refuse(struct reading *r)
{
    struct fl_envelope *e = r->e;
    if (r->bad)
        snprintf(e->why, sizeof e->why, "member %s: %s", r->bad, r->bad_what);
    else if (!space_asked(r))
        snprintf(e->why, sizeof e->why, "Namespace is %.60s, expected %.60s", fl_log_quoten(r->space.p, r->space.n),
                 e->asked);
    else if (!is(r->type, "store"))
        snprintf(e->why, sizeof e->why, "Type is %.60s, expected store", fl_log_quoten(r->type.p, r->type.n));
    else if (!r->obj)
        snprintf(e->why, sizeof e->why, "there is no member Obj, expected one with a list of flows");
    else
        snprintf(e->why, sizeof e->why, "member Obj: expected a list of flows");
    return FL_ENVELOPE_REFUSED;
}

static enum fl_envelope_result judge(struct reading *r)
{
    if (r->bad || !space_asked(r) || !is(r->type, "store") || !r->obj)
        return refuse(r);
    if (!r->decoded) {
        struct fl_decoder *d = r->d;
        const char *end = d->p;
        bool spaced = d->spaced;
        d->p = r->obj;
        d->depth++; /* inside the message's braces again */
        if (!take_flows(r))
            return FL_ENVELOPE_BROKEN;
        d->depth--;
        d->p = end;
        d->spaced = spaced;
    }
    return r->no_list ? refuse(r) : FL_ENVELOPE_TAKEN;
}

enum fl_envelope_result fl_envelope_read(struct fl_envelope *e, struct fl_decoder *d)
{
    struct reading r = {.e = e, .d = d, .space = {"", 0, FL_PLAIN}, .type = {"", 0, FL_PLAIN}};
    int more = fl_object_begin(d, "message");
    if (more < 0)
        return FL_ENVELOPE_BROKEN;
    while (more == 1) {
        fl_str key;
        if (fl_next_key(d, &key) < 0 || !take_member(&r, member_of(key)))
            return FL_ENVELOPE_BROKEN;
        if ((more = fl_member_end(d)) < 0)
            return FL_ENVELOPE_BROKEN;
    }
    return judge(&r);
}

bool fl_envelope_here(const struct fl_decoder *d)
{
    struct fl_decoder probe = *d;
    if (fl_object_begin(&probe, "message") != 1)
        return false;
    fl_str key;
    do {
        if (fl_next_key(&probe, &key) < 0)
            return false;
        enum member which = member_of(key);
        if (which != UUID)
            return which != UNKNOWN;
        if (!fl_skip_value(&probe))
            return false;
    } while (fl_member_end(&probe) == 1);
    return false;
}
