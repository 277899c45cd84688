/*
 * pack.c - records of a form in compact form, as joins keep them, and back: runtime/lang/hold.h.
 */
#include "emit/emit.h"

/* What becomes of a truth value. */
static const char packs[] = "fl_buf_putc(b, %s);", unpacks[] = "%s = *p++;";

/* The members of `record`, which ends in -> or a dot, each by `value`, and for optional ones whether they are there. */
static void members(struct fc_em *m, const struct fc_type *t, const char *record,
                    void (*value)(struct fc_em *, const struct fc_type *, const char *), const char *truth)
{
    for (int i = 0; i < t->nmembers; i++) {
        const struct fc_member *x = &t->members[i];
        if (x->optional) {
            const char *has = fce_text(m, "%shas_%s", record, x->name);
            fce_line(m, truth, has);
            fce_line(m, "if (%s) {", has);
            m->depth++;
        }
        value(m, x->type, fce_text(m, "%s%s", record, fce_name(m, x->name)));
        if (x->optional) {
            m->depth--;
            fce_line(m, "}");
        }
    }
}

static void pack(struct fc_em *m, const struct fc_type *t, const char *v)
{
    switch (t->kind) {
    case FC_K_BOOL:
        fce_line(m, packs, v);
        break;
    case FC_K_FLOAT:
    case FC_K_CIDR:
        fce_line(m, "fl_buf_put(b, &%s, sizeof %s);", v, v);
        break;
    case FC_K_STRING:
    case FC_K_MAP:
        fce_line(m, "fl_pack_text(b, %s);", v);
        break;
    case FC_K_IP:
        fce_line(m, "fl_pack_ip(b, %s);", v);
        break;
    case FC_K_LIST: {
        const char *i = fce_temp(m);
        fce_line(m, "fl_pack_number(b, %s.n);", v);
        fce_line(m, "for (uint32_t %s = 0; %s < %s.n; %s++) {", i, i, v, i);
        m->depth++;
        pack(m, t->elem, fce_text(m, "((const %s *)%s.v)[%s]", fce_type(m, t->elem), v, i));
        m->depth--;
        fce_line(m, "}");
        break;
    }
    case FC_K_RECORD:
        members(m, t, fce_text(m, "%s.", v), pack, packs);
        break;
    default:
        fce_line(m, "fl_pack_int(b, %s);", v);
    }
}

static void unpack(struct fc_em *m, const struct fc_type *t, const char *v)
{
    switch (t->kind) {
    case FC_K_BOOL:
        fce_line(m, unpacks, v);
        break;
    case FC_K_FLOAT:
    case FC_K_CIDR:
        fce_line(m, "fl_unpack_bytes(&p, &%s, sizeof %s);", v, v);
        break;
    case FC_K_STRING:
    case FC_K_MAP:
        fce_line(m, "%s = fl_unpack_text(&p);", v);
        break;
    case FC_K_IP:
        fce_line(m, "%s = fl_unpack_ip(&p);", v);
        break;
    case FC_K_LIST: {
        const char *i = fce_temp(m), *list = fce_temp(m), *type = fce_type(m, t->elem);
        fce_line(m, "%s.n = (uint32_t)fl_unpack_number(&p);", v);
        fce_line(m, "%s *%s = (void *)fl_scratch(cx, %s.n * sizeof *%s);", type, list, v, list);
        fce_line(m, "for (uint32_t %s = 0; %s < %s.n; %s++) {", i, i, v, i);
        m->depth++;
        unpack(m, t->elem, fce_text(m, "%s[%s]", list, i));
        m->depth--;
        fce_line(m, "}");
        fce_line(m, "%s.v = %s;", v, list);
        break;
    }
    case FC_K_RECORD:
        members(m, t, fce_text(m, "%s.", v), unpack, unpacks);
        break;
    default:
        fce_line(m, "%s = fl_unpack_int(&p);", v);
    }
}

void fce_packers(struct fc_em *m, int n, const struct fc_pairing *j)
{
    const struct fc_type *t = j->form->type;
    const char *type = fce_type(m, t);
    fce_function_begin(m, FC_CX_NONE, NULL);
    fce_line(m, "static void pack_%d(struct fl_buf *b, const %s *v)", n, type);
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "b->n = 0;");
    members(m, t, "v->", pack, packs);
    m->depth--;
    fce_line(m, "}\n");
    fce_function_begin(m, FC_CX_NONE, NULL);
    fce_line(m, "static void unpack_%d(struct fl_cx *cx, const char *p, %s *v)", n, type);
    fce_line(m, "{");
    m->depth++;
    members(m, t, "v->", unpack, unpacks);
    m->depth--;
    fce_line(m, "}\n");
}

/* Of an `emit` of the block at hand: its record, e, is the key's last one. */
void fce_join_emitted(struct fc_em *m, const struct fc_slot *form)
{
    if (!m->join || !m->join->remembers || form != m->p->forms[m->join->form->index])
        return;
    const struct fc_type *t = m->join->form->type;
    fce_line(m, "{");
    m->depth++;
    fce_line(m, "const struct rec *r = e;");
    fce_line(m, "%s made = {0};", fce_type(m, t));
    for (int i = 0; i < t->nmembers; i++) {
        const struct fc_member *x = &t->members[i];
        if (!form->inner[i].emitted)
            continue;
        fce_assign(m, fce_text(m, "made.%s", fce_name(m, x->name)), x->optional ? fce_text(m, "made.has_%s", x->name) : NULL,
                   fce_slot(m, &form->inner[i], true));
    }
    fce_line(m, "pack_%d(&hold_%d.packed, &made);", m->joining, m->joining);
    fce_line(m, "fl_hold_keep(&hold_%d, held, FL_HELD_LAST, cx->now, class_);", m->joining);
    m->depth--;
    fce_line(m, "}");
}
