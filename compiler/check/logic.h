/*
 * logic.h - what a condition says about the values it asks for.
 *
 * A condition is true for a few alternatives, each a set of values for some keys: `a == 1 and b in [2, 3] or c` has two. A key is what
 * the condition looks at: a field, a let, the class, or any other expression by its text. What isn't understood is a key too, true or not,
 * so nothing that is said here is guessed. Where a condition is false is kept beside it: logic is three-valued.
 */
#ifndef FC_LOGIC_H
#define FC_LOGIC_H

#include "check/checker.h"
#include "check/range.h"
#include "text/index.h"

/* The sets that rules have taken, without gaps where they touch. */
struct fc_taken {
    struct fc_piece {
        fc_point lo, hi;
        const struct fc_rule *rule;
    } *v;
    uint32_t n, cap;
    const struct fc_rule *null; /* the one that took null */
};

struct fc_key {
    const char *path;
    uint32_t number;
    fc_point last;           /* points go from 0 to this one */
    bool stable;             /* the same for a record from the source to the output */
    struct fc_span span;     /* where it was met first */
    unsigned stage;          /* `taken` is of this one */
    struct fc_taken taken, gone;
};

struct fc_term { struct fc_key *key; struct fc_range set; };
struct fc_all { struct fc_term *v; uint32_t n; };  /* all terms hold; sorted by the key's number */
struct fc_any { struct fc_all *v; uint32_t n; bool unknown; }; /* n 0: never */
struct fc_logic { struct fc_any yes, no; };

struct fc_values {
    struct fc_checker *k;
    struct fc_index keys;    /* by path */
    struct fc_index texts;   /* a text's point is its number */
    unsigned numbers;        /* given to stages and to chains of `else if` */
    const struct fc_key *clash; /* for which the last conjunction had nothing left; NULL: none by itself */
    void (*visit)(struct fc_values *x, const struct fc_expr *e); /* what stands below a condition's leaves */
};

/* Reports, below e and for e itself, what is never or always true. */
struct fc_logic fc_logic_of(struct fc_values *x, const struct fc_expr *e);
/* A constant's interval as a value of this type: an address's prefix has more than a point. False if e isn't one. */
bool fc_point_of(struct fc_values *x, const struct fc_expr *e, const struct fc_type *t, struct fc_interval *p);

#endif
