/* values.h - what a program says that can't be meant; see values.c. */
#ifndef FC_VALUES_H
#define FC_VALUES_H

#include "check/checker.h"

void fck_values(struct fc_checker *k, const struct fc_item *items);

#endif
