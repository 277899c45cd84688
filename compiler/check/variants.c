/*
 * variants.c - what was said of the variants of a file, put together: each thing once, with the alternative if it is only there; what
 * nothing uses and what is always so, only where it holds in all variants that have the text.
 */
#include "check/check.h"

#include <string.h>

static bool inside(struct fc_span at, struct fc_span of)
{
    return at.file == of.file && of.start <= at.start && at.end <= of.end;
}

static const struct fc_case *taken_in(const struct fc_compilation *c, unsigned variant, struct fc_span select)
{
    for (const struct fc_select *s = c->variants[variant].file.selects; s; s = s->next)
        if (!memcmp(&s->span, &select, sizeof select))
            return s->taken;
    return NULL;
}

/* The variants in which this case is taken, a bit each. */
static uint64_t variants_of(const struct fc_compilation *c, const struct fc_select *s, const struct fc_case *x)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < c->nvariants; i++) {
        const struct fc_case *t = taken_in(c, i, s->span);
        if (t && !memcmp(&t->span, &x->span, sizeof x->span))
            all |= UINT64_C(1) << i;
    }
    return all;
}

/* The variants that have the text of this span: those that have its file, and take the alternatives that it lies in. */
static uint64_t variants_with(const struct fc_compilation *c, struct fc_span span)
{
    uint64_t all = c->sources.v[span.file].variants;
    for (unsigned i = 0; i < c->nvariants; i++)
        for (const struct fc_select *s = c->variants[i].file.selects; s; s = s->next)
            for (const struct fc_case *x = s->cases; x; x = x->next)
                if (inside(span, x->span))
                    all &= variants_of(c, s, x);
    return all;
}

/* Said in some of the variants only: the alternatives that all of these share, and others haven't. */
static void say_where(struct fc_compilation *c, struct fc_diag *g, uint64_t all)
{
    unsigned first = 0;
    while (!(g->variants >> first & 1))
        first++;
    for (const struct fc_select *s = c->variants[first].file.selects; s; s = s->next) {
        uint64_t here = variants_of(c, s, s->taken);
        if ((g->variants & ~here) == 0 && (all & ~here) != 0)
            fc_diag_note(&c->diags, g, s->taken->head, "only with this alternative");
    }
}

static bool keep(void *arg, struct fc_diag *g)
{
    struct fc_compilation *c = arg;
    uint64_t all = variants_with(c, g->span);
    bool everywhere = (all & ~g->variants) == 0;
    if (!everywhere && fc_diag_of_all(g))
        return false;
    if (!everywhere && g->variants && !g->located)
        say_where(c, g, all);
    g->located = true;
    return true;
}

void fc_check_taken(struct fc_compilation *c)
{
    for (unsigned i = 0; i < c->nvariants; i++)
        for (const struct fc_select *s = c->variants[i].file.selects; s; s = s->next)
            for (const struct fc_case *x = s->cases; x; x = x->next)
                if (!variants_of(c, s, x))
                    fc_report(&c->diags, FC_SELECT, x->head, fl_arena_printf(&c->arena, "this alternative is never taken: with the other `select`s by `%s` "
                                                                            "its value is refused, or taken by another", s->name.s));
}

bool fc_each_variant(struct fc_compilation *c, void (*pass)(struct fc_compilation *c))
{
    for (unsigned i = 0; i < c->nvariants; i++) {
        fc_at_variant(c, i);
        fc_diags_variant(&c->diags, i);
        pass(c);
        c->variants[i].program = c->program;
        c->variants[i].plan = c->plan;
    }
    fc_diags_together(&c->diags);
    fc_at_variant(c, 0);
    if (c->nvariants > 1)
        fc_diags_sift(&c->diags, keep, c);
    return c->diags.errors == 0;
}
