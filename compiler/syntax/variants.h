/*
 * variants.h - which alternative of each `select` stands in a variant; private to syntax/. load.c reads the file once per variant and
 * asks at each select that it comes to.
 */
#ifndef FC_VARIANTS_H
#define FC_VARIANTS_H

#include "flowc.h"

struct fc_decision {
    unsigned taken, of; /* among the cases that go with what was decided before */
};

struct fc_choices {
    struct fc_compilation *c;
    struct fc_decision *v;
    unsigned n, cap, at;
};

/* The case that is taken this time; the select is put behind c->file.selects. NULL after a message: none goes with those above. */
const struct fc_case *fc_choose_case(struct fc_choices *x, struct fc_select *s);
/* The file was read: is there another variant? */
bool fc_next_variant(struct fc_choices *x);

#endif
