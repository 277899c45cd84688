/* habits.h - what other languages write, said as help. Private to syntax/. */
#ifndef FC_HABITS_H
#define FC_HABITS_H

#include "syntax/lexer.h"

enum fc_habit_place {
    FC_AT_OPERATOR,  /* behind a value, where an operator could have come */
    FC_AT_OPERAND,   /* where a value has to come */
    FC_AT_PATTERN,   /* in an arm of match, before its `=>` */
    FC_AT_WHEN,      /* behind a rule's name */
    FC_AT_STATEMENT, /* in a block, at or behind the begin of a statement, field or rule */
    FC_AT_TOP        /* between the items of a file */
};

/* What to write instead of what was found at `span`, or NULL. `*before`: the word before it is what is wrong. */
const char *fc_habit(struct fc_parser *ps, enum fc_habit_place where, struct fc_span span, bool *before);

/* Report a character, the first one of `text`, that has no meaning outside strings. True: go on as if it were a blank. */
bool fc_bad_character(struct fc_parser *ps, const char *text, struct fc_span span);

#endif
