/*
 * mangle.c - what is done with each record of the batch, and by tick with keys of tables that were absent.
 */
#include "emit/stages/stages.h"

void fce_mangle(struct fc_em *m, int i, const struct fc_stage *s)
{
    fce_stage_begin(m, i, s, ", struct fl_batch *b");
    fce_settle_before(m, s);
    for (const struct fc_absent *a = s->mangles; a; a = a->next)
        if (a->each) {
            fce_line(m, "{");
            m->depth++;
            fce_block(m, a->body);
            m->depth--;
            fce_line(m, "}");
        }
    fce_stage_end(m);
}

void fce_key_local(struct fc_em *m, const struct fc_sym *var)
{
    const struct fc_type *t = var->type;
    const char *name = var->name;
    if (t->kind == FC_K_IP) {
        fce_line(m, "const fl_ip l_%s = fl_ip_of_key(cx, key);", name);
    } else if (t->kind == FC_K_STRING || t->kind == FC_K_CIDR) {
        fce_line(m, "const fl_str text_l_%s = fl_text_copy(cx, (fl_str){key, key_n, FL_PLAIN});", name);
        if (t->kind == FC_K_STRING)
            fce_line(m, "const fl_str l_%s = text_l_%s;", name, name);
        else
            fce_line(m, "const fl_cidr l_%s = fl_cidr_of(text_l_%s.p, text_l_%s.n);", name, name, name);
    } else {
        fce_line(m, "int64_t l_%s;", name);
        fce_line(m, "memcpy(&l_%s, key, sizeof l_%s);", name, name);
    }
}

/* The absences of one stage, in `tick`; n of others stand before them, the answer is how many do now. */
int fce_mangle_tick(struct fc_em *m, int i, const struct fc_stage *s, int n)
{
    for (const struct fc_absent *a = s->mangles; a; a = a->next) {
        if (a->each)
            continue;
        int64_t every = a->every->kind == FC_E_NAME ? a->every->sym->value->i : a->every->i;
        n++;
        fce_line(m, "static int64_t due_%d; /* %s: when absence is asked next */", n, fce_where(m, a->span));
        if (s->when) {
            fce_line(m, "if (mangle_%d_on) {", i + 1);
            m->depth++;
        }
        fce_line(m, "if (!due_%d || due_%d > cx->now + INT64_C(%lld))", n, n, (long long)every);
        fce_line(m, "    due_%d = cx->now + INT64_C(%lld);", n, (long long)every);
        fce_line(m, a->at_end ? "if (cx->now >= due_%d || cx->ending) {" : "if (cx->now >= due_%d) {", n);
        m->depth++;
        fce_line(m, "uint32_t cursor = 0, key_n;");
        fce_line(m, "uint16_t class_;");
        fce_line(m, "const void *key;");
        fce_line(m, "void *value;");
        if (a->at_end)
            fce_line(m, "const int64_t before = cx->ending ? INT64_MAX : cx->now - INT64_C(%lld); /* at the end all of them */", (long long)every);
        else
            fce_line(m, "const int64_t before = cx->now - INT64_C(%lld);", (long long)every);
        fce_line(m, "while (fl_table_absent(&table_%s, &cursor, cx->now, before, &key, &key_n, &class_, &value)) {", a->table_sym->name);
        m->depth++;
        fce_key_local(m, a->var_sym);
        fce_block(m, a->body);
        m->depth--;
        fce_line(m, "}");
        fce_line(m, "due_%d = cx->now + INT64_C(%lld);", n, (long long)every);
        m->depth--;
        fce_line(m, "}");
        fce_line(m, "next = due_%d < next ? due_%d : next;", n, n);
        if (s->when) {
            m->depth--;
            fce_line(m, "}");
        }
    }
    return n;
}
