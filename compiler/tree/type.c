/* type.c - see type.h. */
#include "tree/type.h"

#include <string.h>

#include "base/arena.h"

#define T(NAME, text) const struct fc_type FC_##NAME##_T = {.kind = FC_K_##NAME, .name = text}
T(ERROR, "?");
T(NULL, "null");
T(BOOL, "bool");
T(INT, "int");
T(FLOAT, "float");
T(STRING, "string");
T(IP, "ip");
T(CIDR, "cidr");
T(TIME, "time");
T(DURATION, "duration");
T(BYTES, "bytes");
T(PACKETS, "packets");
T(CLASS, "class");

static const struct fc_type *const scalars[] = {&FC_BOOL_T, &FC_INT_T, &FC_FLOAT_T, &FC_STRING_T, &FC_IP_T, &FC_CIDR_T,
                                                &FC_TIME_T,
                                                &FC_DURATION_T, &FC_BYTES_T, &FC_PACKETS_T, &FC_CLASS_T};
enum { NSCALARS = sizeof scalars / sizeof *scalars };

/* Types with several forms: a declaration says plain, the singletons of the same name say nothing of it. */
static const struct fc_type declared[] = {{.kind = FC_K_INT, .name = "int"}, {.kind = FC_K_TIME, .name = "time"},
                                          {.kind = FC_K_DURATION, .name = "duration"}};

static bool says_form(const struct fc_type *t)
{
    return t->kind == FC_K_LIST ? says_form(t->elem) : t != &FC_INT_T && t != &FC_TIME_T && t != &FC_DURATION_T;
}

const struct fc_type *fc_type_either(const struct fc_type *a, const struct fc_type *b)
{
    return !says_form(a) && a->kind == b->kind && says_form(b) ? b : a;
}

const struct fc_type *fc_type_named(const char *name)
{
    for (unsigned i = 0; i < sizeof declared / sizeof *declared; i++)
        if (strcmp(declared[i].name, name) == 0)
            return &declared[i];
    for (unsigned i = 0; i < NSCALARS; i++)
        if (strcmp(scalars[i]->name, name) == 0)
            return scalars[i];
    return NULL;
}

void fc_type_names(void (*each)(void *arg, const char *name), void *arg)
{
    for (unsigned i = 0; i < NSCALARS; i++)
        each(arg, scalars[i]->name);
}

bool fc_type_same(const struct fc_type *a, const struct fc_type *b)
{
    if (a == b || a->kind == FC_K_ERROR || b->kind == FC_K_ERROR)
        return true;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case FC_K_LIST:
    case FC_K_MAP:
        return fc_type_same(a->elem, b->elem);
    case FC_K_ENUM:
        return a->en == b->en;
    case FC_K_RECORD:
        return a->members == b->members;
    default:
        return true; /* the wire form does not matter inside */
    }
}

const char *fc_type_text(struct fl_arena *arena, const struct fc_type *t, bool optional)
{
    static const char *const forms[] = {"", "(ns)", "(us)", "(ms)", "(s)", "(rfc3339)", "(text)"};
    const char *q = optional && t->kind != FC_K_NULL ? "?" : "";
    switch (t->kind) {
    case FC_K_LIST:
        return fl_arena_printf(arena, "[%s]%s", fc_type_text(arena, t->elem, false), q);
    case FC_K_MAP:
        return fl_arena_printf(arena, "map<%s>%s", fc_type_text(arena, t->elem, false), q);
    case FC_K_RECORD:
        return fl_arena_printf(arena, "%s%s", t->name ? t->name : "{ .. }", q);
    default:
        return fl_arena_printf(arena, "%s%s%s", t->name, forms[t->form], q);
    }
}

const struct fc_member *fc_member_find(const struct fc_type *record, const char *name)
{
    return fc_index_find(&record->names, name, strlen(name));
}

const struct fc_type *fc_type_list(struct fl_arena *a, const struct fc_type *elem)
{
    struct fc_type *t = fl_arena_zero(a, sizeof *t);
    t->kind = FC_K_LIST;
    t->elem = elem;
    return t;
}

bool fc_type_integral(const struct fc_type *t)
{
    return t->kind == FC_K_INT || t->kind == FC_K_TIME || t->kind == FC_K_DURATION || t->kind == FC_K_BYTES ||
        t->kind == FC_K_PACKETS;
}

bool fc_type_number(const struct fc_type *t)
{
    return t->kind == FC_K_FLOAT || (fc_type_integral(t) && t->kind != FC_K_TIME);
}

const struct fc_operator *fc_operator_find(enum fc_op op, const struct fc_type *left, const struct fc_type *right)
{
    static const struct fc_operator rows[] = {
#define O(op_, l, r, res, nullable_, c_) {FC_OP_##op_, FC_K_##l, FC_K_##r, FC_K_##res, nullable_, c_},
#include "dsl/ops.def"
#undef O
    };
    if (left->kind == FC_K_ENUM && right->kind == FC_K_ENUM && left->en != right->en)
        return NULL;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].op == op && rows[i].left == left->kind && rows[i].right == right->kind)
            return &rows[i];
    return NULL;
}
