/*
 * rules.c - the rules of a filter or classify: the first that holds says what becomes of the record.
 *
 * Where they are many they become functions of FCE_RULES each, one after the other: a C compiler takes more than twice the time for
 * a function that is twice as long. In these, rules that compare one field with numbers are a switch.
 */
#include "emit/stages/stages.h"

#define SWITCH_LEAST 8 /* rules */

static void rule_begin(struct fc_em *m, const struct fc_rule *rule)
{
    const char *kind = rule->kind == FC_R_DROP ? "drop " : rule->kind == FC_R_KEEP ? "keep " : "";
    fce_line(m, "/* %s %s%s */", fce_where(m, rule->span), kind, rule->name.s ? rule->name.s : "");
    fce_place(m, rule->span);
}

static void rule_held(struct fc_em *m, const struct fc_rule *rule)
{
    fce_reach(m, rule->span);
    if (rule->kind == FC_R_CLASS)
        fce_line(m, "r->h.class_ = %lld;", (long long)rule->sym->index);
    else if (rule->kind == FC_R_DROP)
        fce_line(m, "fl_drop(cx, &r->h, %lld);", (long long)rule->sym->index);
}

static void one_rule(struct fc_em *m, const struct fc_rule *rule, const char *leave)
{
    rule_begin(m, rule);
    if (rule->when) {
        fce_line(m, "if (%s) {", fce_bare(m, fce_true(m, rule->when)));
        m->depth++;
    }
    rule_held(m, rule);
    if (!rule->when)
        return;
    fce_line(m, "%s", leave);
    m->depth--;
    fce_line(m, "}");
}

/* The field of the input that the rule compares with a number that is known now; NULL: it does something else. */
static const struct fc_in *compared(struct fc_em *m, const struct fc_rule *rule, int64_t *with)
{
    const struct fc_expr *e = rule->when;
    if (!e || e->kind != FC_E_BINARY || e->op != FC_OP_EQ || e->a->type->kind == FC_K_FLOAT || e->b->type->kind == FC_K_FLOAT)
        return NULL;
    const struct fc_expr *b = e->b;
    while (b->kind == FC_E_NAME && b->sym->kind == FC_SYM_CONST)
        b = b->sym->value;
    if (b->kind == FC_E_INT || b->kind == FC_E_DURATION || b->kind == FC_E_SIZE)
        *with = b->i;
    else if (b->kind == FC_E_NAME && b->sym->kind == FC_SYM_ENUMERATOR)
        *with = b->sym->index;
    else
        return NULL;
    return fc_plan_input(m->p, e->a);
}

/* How many rules from this one on compare one field with numbers, each another. */
static int comparing(struct fc_em *m, const struct fc_rule *first, const struct fc_rule *end)
{
    int64_t with[FCE_RULES];
    int n = 0;
    const struct fc_in *field = compared(m, first, &with[0]);
    if (!field)
        return 0;
    for (const struct fc_rule *r = first; r != end && compared(m, r, &with[n]) == field; r = r->next) {
        for (int i = 0; i < n; i++)
            if (with[i] == with[n])
                return n;
        n++;
    }
    return n;
}

static const struct fc_rule *rules_switch(struct fc_em *m, const struct fc_rule *rule, int n)
{
    struct fc_cv field = fce_expr(m, rule->when->a);
    const struct fc_cond *is = field.n ? fce_not(m, field.n) : NULL;
    if (is) {
        fce_line(m, "if (%s) {", fce_bare(m, is));
        m->depth++;
    }
    fce_line(m, "switch (%s) {", field.v);
    for (; n; n--, rule = rule->next) {
        rule_begin(m, rule);
        fce_line(m, "case %s:", fce_expr(m, rule->when->b).v);
        m->depth++;
        rule_held(m, rule);
        fce_line(m, "return true;");
        m->depth--;
    }
    fce_line(m, "}");
    if (is) {
        m->depth--;
        fce_line(m, "}");
    }
    return rule;
}

static void rules_part(struct fc_em *m, const struct fc_rule *rule, const struct fc_rule *end)
{
    bool all = false;
    while (rule != end) {
        int n = comparing(m, rule, end);
        all = !rule->when;
        if (n >= SWITCH_LEAST) {
            rule = rules_switch(m, rule, n);
        } else {
            one_rule(m, rule, "return true;");
            rule = rule->next;
        }
    }
    fce_line(m, all ? "return true;" : "return false;");
}

void fce_rules(struct fc_em *m, int i, const struct fc_stage *s)
{
    const char *name = fc_stage_text(s->kind);
    int parts = 0;
    if (fce_rules_end(s->rules))
        for (const struct fc_rule *r = s->rules, *end; r; r = end) {
            end = fce_rules_end(r);
            fce_function_begin(m, FC_CX_RECORD, NULL);
            m->class_ = "r->h.class_";
            fce_line(m, "FL_APART static bool %s_%d_%d(struct fl_cx *cx, struct rec *r)", name, i + 1, ++parts);
            fce_line(m, "{");
            m->depth++;
            rules_part(m, r, end);
            fce_stage_end(m);
        }
    fce_stage_begin(m, i, s, "");
    for (const struct fc_rule *r = s->rules; r && !parts; r = r->next)
        one_rule(m, r, "return;");
    for (int n = 1; n <= parts; n++) {
        fce_line(m, "if (%s_%d_%d(cx, r))", name, i + 1, n);
        fce_line(m, "    return;");
    }
    fce_stage_end(m);
}
