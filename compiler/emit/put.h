/*
 * put.h - what the encoders of records share: encode.c, csv.c and, above both, encoders.c. Private to emit/.
 */
#ifndef FC_PUT_H
#define FC_PUT_H

#include "emit/emit.h"

enum fce_encoding { FCE_JSON, FCE_PRETTY, FCE_CSV };

/* Terms with `+` between them, on lines of some 100 characters. */
struct fce_sum {
    struct fc_join text;
    size_t line;         /* characters of the last line */
};

struct fce_enc {
    struct fc_em *m;
    enum fce_encoding form;
    bool emitted;        /* records made by `emit` are written */
    unsigned depth;      /* objects and lists that are open, the record itself included */
    struct fc_join literal; /* waits to be written; a new line in it is followed by its TABs */
    size_t fixed;        /* bytes of literals and of scalars with a constant bound */
    size_t missing;      /* cells that may be null */
    size_t lines;        /* each is `level` longer than counted in fixed */
    struct fce_sum need;     /* of bounds that vary */
    struct fce_sum texts;    /* of the lengths of texts that may need escapes: 6 bytes for one */
    bool separates;      /* there are several cells */
    bool lays;           /* something is laid out at run time: `room` has to be known */
};

/* Text that is known now; it is joined with what is before and behind it until fce_flush writes it. */
void fce_literal(struct fce_enc *k, const char *text);
void fce_flush(struct fce_enc *k);
/* C for so many bytes more that a record may need. */
void fce_varying(struct fce_enc *k, const char *bound);
/* C that writes v, which is there. */
void fce_put_value(struct fce_enc *k, struct fc_cv v);
void fce_put_string(struct fce_enc *k, const char *v);
/* C that writes a value that is kept as its JSON; most likely it has the type. */
void fce_put_passed(struct fce_enc *k, const struct fc_type *t, const char *v);
/* A field, whose value is v. */
void fce_put_slot(struct fce_enc *k, const struct fc_slot *s, struct fc_cv v);
/* A field's value, as it is when the record is written. */
struct fc_cv fce_slot_now(struct fc_em *m, const struct fc_slot *s);
/* Where a field's value is. */
static inline const struct fc_slot *fce_origin(const struct fc_slot *s)
{
    return s->kind == FC_SLOT_SAME ? s->same : s;
}

/* The members of an object, between its brackets. */
struct fce_members {
    bool some;   /* one is surely there */
    bool comma;  /* the last one surely is: its comma is still in the literal */
    bool unsure; /* one may be absent */
};

void fce_members_open(struct fce_enc *k, const char *bracket);
/* The bracket's own line, and the comma before it away. */
void fce_members_close(struct fce_enc *k, const struct fce_members *o, const char *bracket);
struct fce_members fce_put_slots(struct fce_enc *k, const struct fc_slot *object);

/* When a field is left out; v is its value now. NULL: never. */
const struct fc_cond *fce_slot_absent(struct fc_em *m, const struct fc_slot *s, struct fc_cv v);
/* C for the bytes that what was put needs at most. */
const char *fce_room(struct fce_enc *k);

/* splice.c: the function of this name that makes the text of a record that is whole. */
void fce_splice(struct fc_em *m, const char *name, const struct fc_slot *form);

/* csv.c: the leaves of a record, or of the fields that v has; `first`: none is written yet. */
void fce_csv_leaves(struct fce_enc *k, struct fc_cv v, bool *first);

#endif
