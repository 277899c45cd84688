/* help.c - --help and --version, from the pipeline's params and dsl/stages.def. Called by program/main.c. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <errno.h>
#include <string.h>

#include "config/help.h"
#include "config/parts.h"
#include "config/print.h"
#include "base/rows.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

#define TEXT_AT 30 /* column at which explanations begin */

static void row(FILE *out, const char *left, const char *text)
{
    int n = fprintf(out, "  %s", left);
    if (n >= TEXT_AT)
        n = fprintf(out, "\n") - 1;
    fprintf(out, "%*s%s\n", TEXT_AT - n, "", text);
}

static void usage(const struct fl_pipeline *p, FILE *out)
{
    fprintf(out, "%s: ", p->name);
    fl_print_words(out, p->doc ? p->doc : "a flow exporter");
    fprintf(out, "\n\nusage: %s [OPTIONS] [CONFIG.yml]\n\n", program_invocation_short_name); /* installed under a longer name */
    fprintf(out, "Without CONFIG.yml, and without --input or --output, " FL_SYSCONFDIR "/skydive/%s.yml is read%s; - "
            "is standard input.\n\nOptions:\n", p->name, strcmp(FL_SYSCONFDIR, "/etc") ? ", or else the one in /etc" : "");
    row(out, "--input FILE|-", "read recorded messages or flows from FILE instead of the source");
    row(out, "--output DIR|-", "write objects as DIR/bucket/key, or to standard output, instead of the sink");
    row(out, "--set KEY=VALUE", "set a YAML key (pipeline.write.type=stdout) or a param; may be repeated");
    row(out, "--lookups URL|FILE", "answer lookups from this analyzer or recording");
    row(out, "--check-config", "say whether the configuration is good, and exit");
    row(out, "--print-config", "print the configuration that would hold, with comments, as YAML, and exit");
    row(out, "--metrics-listen ADDRESS", "serve /metrics, /healthz and /readyz at host:port or :port; port 0 is any free one");
    row(out, "--ready-age DURATION", "/readyz is 503 when an object has waited for so long to be written (5m)");
    row(out, "--ledger-every DURATION", "log the ledger so often (5m; 0: only at the end)");
    row(out, "--state DIR", "remember there how far input was stored (pipeline.state.directory)");
    row(out, "--stop-timeout DURATION", "time to write what is left when stopping (30s)");
    row(out, "--log-level LEVEL", "CRITICAL, ERROR, WARNING, NOTICE, INFO or DEBUG");
    row(out, "--core-files", "leave a core file after a crash; it holds passwords and keys");
    row(out, "--run-flow-tests", "run the tests of the .flow, and exit");
    row(out, "--help", "print this, and exit");
    row(out, "--version", "print names and versions, and exit");
}

static void words(FILE *out, const char *before, const char *s)
{
    fputs(before, out);
    fl_print_words(out, s);
}

static void masked_words(FILE *out, const char *before, const char *s)
{
    struct fl_buf b = { 0 };
    fl_put_masked(&b, s);
    fl_buf_putc(&b, 0);
    words(out, before, b.p);
    fl_buf_free(&b);
}

/* Has a variant before number v a param of this name? */
static bool shown(const struct fl_pipeline *p, uint32_t v, const char *name)
{
    for (uint32_t w = 0; w < v; w++)
        if (fl_conf_param_named(fl_conf_variant_at(p, w), name, strlen(name)))
            return true;
    return false;
}

static void params_of(const struct fl_pipeline *whole, uint32_t v, FILE *out)
{
    const struct fl_pipeline *p = fl_conf_variant_at(whole, v);
    for (uint32_t i = 0; i < p->nparams; i++) {
        const struct fl_param *q = &p->params[i];
        if (shown(whole, v, q->name))
            continue;
        char type[64];
        const char *t = fl_value_type_name(q->type);
        snprintf(type, sizeof type, "%s%s%s", q->shape == FL_LIST_OF ? "[" : q->shape == FL_MAP_OF ? "map<" : "", t,
                 q->shape == FL_LIST_OF ? "]" : q->shape == FL_MAP_OF ? ">" : "");
        fprintf(out, "  %s : %s%s", q->name, type, q->secret ? ", secret" : "");
        if (q->dflt && !q->secret)
            masked_words(out, " = ", *q->dflt ? q->dflt : "\"\"");
        if (q->yaml)
            words(out, "\n      key ", q->yaml);
        if (q->secret_file)
            words(out, "\n      file ", q->secret_file);
        for (const char *const *o = q->one_of; o && *o; o++)
            words(out, o == q->one_of ? "\n      one of " : ", ", **o ? *o : "\"\"");
        if (q->doc && *q->doc)
            words(out, "\n      ", q->doc);
        fprintf(out, "\n");
    }
}

static void params(const struct fl_pipeline *p, FILE *out)
{
    bool any = false;
    for (uint32_t v = 0; fl_conf_variant_at(p, v); v++)
        any |= fl_conf_variant_at(p, v)->nparams != 0;
    if (any)
        fprintf(out, "\nParams of %s (--set NAME=VALUE, or their keys):\n", p->name);
    for (uint32_t v = 0; fl_conf_variant_at(p, v); v++)
        params_of(p, v, out);
}

static bool same_values(const char *const *a, const char *const *b)
{
    while (a && b && *a && *b && !strcmp(*a, *b))
        a++, b++;
    return a == b || (a && b && !*a && !*b);
}

/* Does another select before number i say the same of the same param? */
static bool said(const struct fl_variant *v, uint32_t i)
{
    const struct fl_when *w = &v->when[i];
    for (uint32_t k = 0; k < i; k++)
        if (!strcmp(v->when[k].param, w->param) && same_values(v->when[k].values, w->values) && same_values(v->when[k].others, w->others))
            return true;
    return false;
}

/* What `select` goes by, and what it has alternatives for. */
static void alternatives(const struct fl_pipeline *p, FILE *out)
{
    if (!p->nvariants)
        return;
    fprintf(out, "\nAlternatives, of which one is chosen at start:\n");
    for (uint32_t v = 0; v < p->nvariants; v++) {
        for (uint32_t i = 0; i < p->variants[v].nwhen; i++) {
            const struct fl_when *w = &p->variants[v].when[i];
            if (said(&p->variants[v], i))
                continue;
            fprintf(out, "%s%s is ", i ? ", " : "  ", w->param);
            for (const char *const *s = w->values; *s; s++)
                words(out, s == w->values ? "" : " or ", **s ? *s : "\"\"");
            fputs(!w->others ? "" : *w->values ? " or none of the others" : "none of the others", out);
        }
        fputc('\n', out);
    }
}

static bool selectable(const struct fl_pipeline *p, const struct fl_kind_row *k)
{
    const struct fl_phase_row *phase = fl_phase_row(k->phase);
    bool in = false;
    for (uint32_t i = 0; i < p->noutputs; i++)
        in |= fl_conf_compiled_in(p, i, k);
    if (!in || !fl_conf_in_build(k))
        return false;
    if ((phase && phase->yaml) || !strcmp(k->kind, FL_ONLY))
        return true;
    const struct fl_stage_choice *s;
    for (uint32_t o = 0; o < p->noutputs; o++)
        for (uint32_t i = 0; (s = fl_conf_choice_at(p, o, i)); i++)
            if (!strcmp(s->phase, k->phase) && !strcmp(s->kind, k->kind))
                return true;
    return false;
}

static void stage(const struct fl_kind_row *k, FILE *out)
{
    fprintf(out, "  %s%s%s: %s\n", k->phase, strcmp(k->kind, FL_ONLY) ? " " : "", strcmp(k->kind, FL_ONLY) ? k->kind : "",
            k->doc);
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_option_row *r = &fl_option_rows[i];
        if (strcmp(r->phase, k->phase) || strcmp(r->kind, k->kind) || !r->yaml)
            continue;
        fprintf(out, "      %s%s%s\n          %s\n", r->yaml, r->dflt ? " = " : " (has to be given)",
                r->dflt ? (*r->dflt ? r->dflt : "\"\"") : "", r->doc);
    }
}

/* Several outputs, or one that has a name: its keys are below that. */
static void outputs(const struct fl_pipeline *p, FILE *out)
{
    if (!p->outputs[0].name)
        return;
    fprintf(out, "\nEach output has keys of its own, outputs.NAME.write.type for pipeline.write.type, outputs.NAME.queue.max_bytes for\n"
                 "pipeline.output.queue.max_bytes and so on for its queue, store, encoding, compression and sink; those below pipeline are the\n"
                 "first one's. The outputs:");
    for (uint32_t i = 0; i < p->noutputs; i++)
        words(out, i ? ", " : " ", p->outputs[i].name);
    fputc('\n', out);
}

void fl_help(const struct fl_pipeline *p, FILE *out)
{
    usage(p, out);
    params(p, out);
    alternatives(p, out);
    fprintf(out, "\nStages and their keys, with defaults that hold where the .flow says nothing else\n"
            "(pipeline.store.type, .encode.type, .compress.type and .write.type choose among the kinds):\n");
    for (uint32_t i = 0; i < fl_kind_nrows; i++) {
        bool any = false;
        for (uint32_t v = 0; fl_conf_variant_at(p, v); v++)
            any |= selectable(fl_conf_variant_at(p, v), &fl_kind_rows[i]);
        if (any)
            stage(&fl_kind_rows[i], out);
    }
    outputs(fl_conf_variant_at(p, 0), out);
    fprintf(out, "\nAny key may be given in the environment: SKYDIVE_ and the key in upper case with _ for . and -, "
            "as\n"
            "SKYDIVE_PIPELINE_WRITE_S3_SECRET_KEY. --set beats the environment, the environment beats the file.\n\n"
            "Exit status: 0 all was delivered, 1 a bad configuration or records that could not be delivered,\n"
            "2 a bad command line, 128 + N ended at once by a second signal N.\n");
}

void fl_version(const struct fl_pipeline *p, FILE *out)
{
    bool own = p->version && *p->version;
    fprintf(out, "%s%s%s (flowc %s)\n", p->name, own ? " " : "", own ? p->version : "", PACKAGE_VERSION);
}
