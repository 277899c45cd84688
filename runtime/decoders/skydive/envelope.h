/*
 * envelope.h - Skydive's StructMessage around a list of flows:
 *
 *     {"Namespace":"flow","Type":"store","UUID":"...","Status":200,"Obj":[...]}
 *
 * Members in any order, names without regard to case (ASCII), unknown ones skipped, the last of two equal ones holds.
 * Called by skydive.c.
 */
#ifndef FL_ENVELOPE_H
#define FL_ENVELOPE_H

#include "json/scan.h"

struct fl_envelope {
    /* Given. */
    const char *asked;       /* the namespace that was asked for: `flow` or `flow/<capture id>` */
    bool any_capture;        /* `flow/<any>` is taken too: a recording */
    /*
     * Obj's value, p at its first byte, to be taken to its end: 1, 0: it is not a list (fl_bad was called), -1: not
     * JSON. When it is called a second time (two members Obj), what it did the first time doesn't count.
     */
    int (*flows)(void *arg, struct fl_decoder *d);
    void *arg;
    /* Result. */
    char why[200];           /* when refused: what is wrong with it, in words */
};

enum fl_envelope_result { FL_ENVELOPE_BROKEN = -1, FL_ENVELOPE_REFUSED = 0, FL_ENVELOPE_TAKEN = 1 };

/*
 * d->p at the object's `{`; afterwards behind its `}` unless BROKEN (not JSON: the decoder says why). REFUSED: it is
 * JSON, but not a message with flows of the namespace; whatever `flows` did doesn't count.
 */
enum fl_envelope_result fl_envelope_read(struct fl_envelope *e, struct fl_decoder *d);

/*
 * Is the object at d->p an envelope rather than a flow? It is if one of the envelope's own members (UUID, which flows
 * have too, apart) comes before any other. The decoder isn't moved. For what is broken: false.
 */
bool fl_envelope_here(const struct fl_decoder *d);

#endif
