/* dump.c - a tree as indented text, one node a line (--dump-ast). For people and for tests of the parser. */
#include <inttypes.h>
#include <stdarg.h>

#include "tree/make.h"

struct dump {
    FILE *out;
    int depth;
};

static const char *const op_texts[] = {
    [FC_OP_OR] = "or", [FC_OP_AND] = "and", [FC_OP_NOT] = "not", [FC_OP_EQ] = "==", [FC_OP_NE] = "!=", [FC_OP_LT] = "<",
    [FC_OP_LE] = "<=", [FC_OP_GT] = ">", [FC_OP_GE] = ">=", [FC_OP_IN] = "in", [FC_OP_MATCHES] = "matches", [FC_OP_COALESCE] = "??",
    [FC_OP_ADD] = "+", [FC_OP_SUB] = "-", [FC_OP_MUL] = "*", [FC_OP_DIV] = "/", [FC_OP_MOD] = "%", [FC_OP_NEG] = "-", [FC_OP_HAS] = "has",
};
static const char *const step_texts[] = {
    [FC_STEP_STORE] = "store", [FC_STEP_ENCODE] = "encode", [FC_STEP_COMPRESS] = "compress", [FC_STEP_ACCOUNT] = "account",
    [FC_STEP_WRITE] = "write", [FC_STEP_DECODE] = "decode", [FC_STEP_DECOMPRESS] = "decompress", [FC_STEP_QUEUE] = "queue",
};
static const char *const stage_texts[] = {
    [FC_ST_CLASSIFY] = "classify", [FC_ST_FILTER] = "filter", [FC_ST_UPDATE] = "update", [FC_ST_TRANSFORM] = "transform",
    [FC_ST_MANGLE] = "mangle", [FC_ST_JOIN] = "join", [FC_ST_AGGREGATE] = "aggregate", [FC_ST_METRICS] = "metrics",
};
static const char *const item_texts[] = {
    [FC_I_PIPELINE] = "pipeline", [FC_I_USE] = "use", [FC_I_INCLUDE] = "include", [FC_I_ENUM] = "enum", [FC_I_RECORD] = "record",
    [FC_I_SCHEMA] = "schema", [FC_I_CONST] = "const", [FC_I_PARAM] = "param", [FC_I_REJECT] = "reject", [FC_I_REFUSED] = "refused", [FC_I_STATE] = "state", [FC_I_LET] = "let",
    [FC_I_FUNCTION] = "function", [FC_I_TABLE] = "table", [FC_I_LOOKUP] = "lookup", [FC_I_SOURCE] = "source", [FC_I_STAGE] = "stage",
    [FC_I_OUTPUT] = "output", [FC_I_TEST] = "test", [FC_I_SELECT] = "select",
};

const char *fc_op_text(enum fc_op op)
{
    return op_texts[op];
}

const char *fc_step_text(enum fc_step_kind kind)
{
    return step_texts[kind];
}

const char *fc_stage_text(enum fc_stage_kind kind)
{
    return stage_texts[kind];
}

static void line(struct dump *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void line(struct dump *d, const char *fmt, ...)
{
    va_list ap;
    fprintf(d->out, "%*s", d->depth * 2, "");
    va_start(ap, fmt);
    vfprintf(d->out, fmt, ap);
    va_end(ap);
    fputc('\n', d->out);
}

static const char *text(const char *s)
{
    return s ? s : "";
}

static void quoted(FILE *out, const char *s, size_t len)
{
    fputc('"', out);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputs("\"\n", out);
}

static void dump_decls(struct dump *d, const struct fc_decl *decl);
static void dump_fields(struct dump *d, const struct fc_field *f);

static void dump_type(struct dump *d, const char *label, const struct fc_texpr *t)
{
    const char *opt = t->optional ? "?" : "";
    switch (t->kind) {
    case FC_T_NAME:
        line(d, "%s%s%s%s%s%s", label, t->name.s, t->arg.s ? "(" : "", text(t->arg.s), t->arg.s ? ")" : "", opt);
        return;
    case FC_T_MAP:
    case FC_T_LIST:
        line(d, "%s%s%s", label, t->kind == FC_T_MAP ? "map" : "list", opt);
        d->depth++;
        if (t->elem)
            dump_type(d, "", t->elem);
        d->depth--;
        return;
    case FC_T_RECORD:
        line(d, "%srecord%s", label, opt);
        d->depth++;
        dump_decls(d, t->decls);
        d->depth--;
        return;
    }
}

static void dump_expr(struct dump *d, const char *label, const struct fc_expr *e)
{
    static const char *const kinds[] = {
        "int", "float", "duration", "size", "address", "string", "bool", "null", "name", "field", "index", "call", "any", "list",
        "match", "new", "template", "cond", "binary", "unary"};
    if (!e)
        return;
    fprintf(d->out, "%*s%s%s", d->depth * 2, "", label, kinds[e->kind]);
    switch (e->kind) {
    case FC_E_INT: case FC_E_DURATION: case FC_E_SIZE: case FC_E_BOOL:
        fprintf(d->out, " %" PRId64 "\n", e->i);
        break;
    case FC_E_FLOAT:
        fprintf(d->out, " %g\n", e->f);
        break;
    case FC_E_ADDRESS: case FC_E_STRING:
        fputc(' ', d->out);
        quoted(d->out, e->s, e->len);
        break;
    case FC_E_BINARY: case FC_E_UNARY:
        fprintf(d->out, " %s\n", op_texts[e->op]);
        break;
    default:
        fprintf(d->out, "%s%s\n", e->name.s ? " " : "", text(e->name.s));
        break;
    }
    d->depth++;
    dump_expr(d, "", e->a);
    dump_expr(d, "", e->b);
    dump_expr(d, "", e->c);
    for (const struct fc_expr *x = e->args; x; x = x->next)
        dump_expr(d, "- ", x);
    for (const struct fc_arm *m = e->arms; m; m = m->next) {
        for (const struct fc_pattern *q = m->patterns; q; q = q->next) {
            if (q->kind == FC_P_LITERAL)
                dump_expr(d, "pattern ", q->value);
            else
                line(d, "pattern %s", q->kind == FC_P_ANY ? "_" : q->name.s);
        }
        dump_expr(d, "=> ", m->value);
    }
    dump_fields(d, e->fields);
    d->depth--;
}

static void dump_decls(struct dump *d, const struct fc_decl *decl)
{
    for (; decl; decl = decl->next) {
        line(d, "member %s%s%s%s", decl->name.s, decl->optional ? "?" : "", decl->as ? " as " : "", text(decl->as));
        d->depth++;
        if (decl->type)
            dump_type(d, "", decl->type);
        dump_expr(d, "default ", decl->dflt);
        d->depth--;
    }
}

static void dump_fields(struct dump *d, const struct fc_field *f)
{
    static const char *const kinds[] = {"same", "set", "declared", "object", "from", "spread"};
    for (; f; f = f->next) {
        line(d, "field %s %s%s%s%s", kinds[f->kind], text(f->name.s), f->optional ? "?" : "", f->as ? " as " : "", text(f->as));
        d->depth++;
        dump_expr(d, "", f->value);
        if (f->type)
            dump_type(d, "type ", f->type);
        for (const struct fc_expr *x = f->without; x; x = x->next)
            dump_expr(d, "without ", x);
        dump_fields(d, f->fields);
        d->depth--;
    }
}

static void dump_stmts(struct dump *d, const struct fc_stmt *s)
{
    static const char *const kinds[] = {"let", "assign", "forget", "if", "drop", "emit"};
    for (; s; s = s->next) {
        line(d, "%s %s", kinds[s->kind], text(s->name.s));
        d->depth++;
        dump_expr(d, "target ", s->target);
        dump_expr(d, "", s->value);
        dump_expr(d, "expire ", s->expire);
        for (const struct fc_expr *x = s->keys; x; x = x->next)
            dump_expr(d, "key ", x);
        dump_fields(d, s->fields);
        dump_stmts(d, s->body);
        if (s->other) {
            line(d, "else");
            dump_stmts(d, s->other);
        }
        d->depth--;
    }
}

static void dump_options(struct dump *d, const struct fc_option *o)
{
    for (; o; o = o->next) {
        if (o->kind == FC_O_STEP)
            line(d, "step %s %s", step_texts[o->step], o->name.s);
        else
            line(d, "%s %s", o->kind == FC_O_VALUE ? "option" : "partition", text(o->name.s));
        d->depth++;
        dump_expr(d, "", o->value);
        for (const struct fc_part *p = o->parts; p; p = p->next) {
            line(d, "part %s", p->name.s);
            dump_expr(d, "= ", p->value);
        }
        dump_options(d, o->options);
        d->depth--;
    }
}

static const char *const rule_texts[] = {[FC_R_CLASS] = "class", [FC_R_DROP] = "drop", [FC_R_KEEP] = "keep", [FC_R_LEG] = "leg", [FC_R_BOTH] = "both", [FC_R_ALONE] = "alone"};

static void dump_join(struct dump *d, const struct fc_pairing *j)
{
    dump_expr(d, "by ", j->key);
    dump_expr(d, "within ", j->within);
    dump_expr(d, "expire ", j->expire);
    dump_expr(d, "late ", j->late);
    dump_expr(d, "max ", j->max);
    for (const struct fc_rule *r = j->bodies; r; r = r->next) {
        line(d, "%s %s", rule_texts[r->kind], text(r->name.s));
        d->depth++;
        dump_stmts(d, r->body);
        d->depth--;
    }
}

static void dump_labels(struct dump *d, const struct fc_part *l)
{
    for (; l; l = l->next) {
        line(d, "label %s", l->name.s);
        d->depth++;
        if (l->value)
            dump_expr(d, "", l->value);
        d->depth--;
    }
}

static void dump_metrics(struct dump *d, const struct fc_metrics *m)
{
    static const char *const kinds[] = {[FC_M_COUNTER] = "counter", [FC_M_GAUGE] = "gauge", [FC_M_HISTOGRAM] = "histogram"};
    if (m->rows)
        line(d, "each %s%s%s in %s", m->rows->key.s, m->rows->row ? ", " : "", m->rows->row ? m->rows->row->name.s : "", m->rows->table.s);
    dump_labels(d, m->labels);
    dump_expr(d, "expire ", m->expire);
    dump_expr(d, "max ", m->max);
    for (const struct fc_meter *x = m->meters; x; x = x->next) {
        line(d, "%s %s", kinds[x->kind], x->name.s);
        d->depth++;
        dump_expr(d, "buckets ", x->buckets);
        for (const struct fc_serie *s = x->series; s; s = s->next) {
            dump_labels(d, s->labels);
            dump_expr(d, "", s->value);
        }
        d->depth--;
    }
}

static void dump_stage(struct dump *d, const struct fc_stage *s)
{
    line(d, "%s %s", stage_texts[s->kind], text(s->name.s));
    d->depth++;
    for (const struct fc_rule *r = s->rules; r; r = r->next) {
        line(d, "%s %s%s", rule_texts[r->kind], text(r->name.s), r->when ? "" : " otherwise");
        d->depth++;
        dump_expr(d, "when ", r->when);
        d->depth--;
    }
    if (s->join)
        dump_join(d, s->join);
    dump_stmts(d, s->body);
    dump_fields(d, s->fields);
    dump_expr(d, "when ", s->when);
    if (s->metrics)
        dump_metrics(d, s->metrics);
    for (const struct fc_absent *m = s->mangles; m; m = m->next) {
        line(d, "%s %s %s%s", m->each ? "each" : "absent", text(m->var.s), text(m->table.s), m->at_end ? " or at end" : "");
        d->depth++;
        dump_expr(d, "every ", m->every);
        dump_stmts(d, m->body);
        d->depth--;
    }
    d->depth--;
}

static void dump_outputs(struct dump *d, const struct fc_output_part *o)
{
    for (; o; o = o->next) {
        switch (o->kind) {
        case FC_OUT_STAGE: dump_stage(d, o->stage); continue;
        case FC_OUT_STEP: line(d, "step %s %s", step_texts[o->step], o->name.s); break;
        case FC_OUT_QUEUE: line(d, "queue"); break;
        case FC_OUT_STOREHEADER: line(d, "storeheader"); break;
        case FC_OUT_SELECT: break; /* load leaves none */
        }
        d->depth++;
        dump_options(d, o->options);
        dump_fields(d, o->fields);
        d->depth--;
    }
}

static void dump_checks(struct dump *d, const struct fc_check *c)
{
    static const char *const kinds[] = {"given", "lookup", "at", "expect", "expect json", "expect dropped", "expect object"};
    for (; c; c = c->next) {
        line(d, "%s %s%s%s", kinds[c->kind], text(c->name.s), text(c->pattern), c->raw ? "raw" : "");
        d->depth++;
        if (c->json)
            line(d, "json %s", c->json);
        dump_expr(d, "", c->expr);
        for (const struct fc_expr *x = c->args; x; x = x->next)
            dump_expr(d, "- ", x);
        d->depth--;
    }
}

static void dump_item(struct dump *d, const struct fc_item *i)
{
    line(d, "%s %s%s%s%s", item_texts[i->kind], text(i->name.s), i->text ? " " : "", text(i->text), i->secret.s ? " secret" : "");
    d->depth++;
    if (i->version)
        line(d, "version %s", i->version);
    for (const struct fc_enumerator *e = i->enumerators; e; e = e->next) {
        if (e->has_value)
            line(d, "%s = %" PRId64, e->name.s, e->value);
        else
            line(d, "%s%s%s", e->name.s, e->as ? " as " : "", text(e->as));
    }
    dump_decls(d, i->decls);
    for (const struct fc_texpr *t = i->keys; t; t = t->next)
        dump_type(d, "key ", t);
    if (i->type)
        dump_type(d, "type ", i->type);
    dump_stmts(d, i->lets);
    dump_expr(d, "= ", i->value);
    if (i->json)
        line(d, "json %s", i->json);
    if (i->yaml)
        line(d, "yaml %s", i->yaml);
    dump_expr(d, "one of ", i->one_of);
    dump_expr(d, "expire ", i->expire);
    dump_expr(d, "cache ", i->cache);
    dump_expr(d, "max ", i->max);
    dump_expr(d, "timeout ", i->timeout);
    if (i->from.s)
        line(d, "from %s", i->from.s);
    dump_expr(d, "query ", i->query);
    dump_expr(d, "reload ", i->reload);
    dump_fields(d, i->fields);
    dump_options(d, i->options);
    if (i->stage)
        dump_stage(d, i->stage);
    dump_outputs(d, i->outputs);
    dump_checks(d, i->checks);
    d->depth--;
}

void fc_ast_dump(const struct fc_file *file, FILE *out)
{
    struct dump d = {out, 0};
    for (const struct fc_item *i = file->items; i; i = i->next)
        dump_item(&d, i);
}
