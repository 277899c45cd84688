/* rows.c - see rows.h. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/rows.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct fl_phase_row fl_phase_rows[] = {
#define PHASE(phase, dflt, yaml) {#phase, #dflt, yaml},
#include "dsl/stages.def"
};
const struct fl_kind_row fl_kind_rows[] = {
#define STAGE(phase, kind, needs, doc) {#phase, #kind, needs, doc},
#include "dsl/stages.def"
};
const struct fl_option_row fl_option_rows[] = {
#define OPTION(phase, kind, name, type, dflt, yaml, doc) {#phase, #kind, #name, FL_OF_##type, dflt, yaml, doc},
#include "dsl/stages.def"
};
const struct fl_argument_row fl_argument_rows[] = {
#define ARGUMENT(phase, kind, option) {#phase, #kind, option},
#include "dsl/stages.def"
};
const struct fl_implied_row fl_implied_rows[] = {
#define IMPLIES(phase, kind, other, its) {#phase, #kind, #other, #its},
#include "dsl/stages.def"
};
const struct fl_clash_row fl_clash_rows[] = {
#define CLASHES(phase, kind, other, its, option, why) {#phase, #kind, #other, #its, #option, why},
#include "dsl/stages.def"
};
static const char *const of_output[] = {
#define OF_OUTPUT(phase) #phase,
#include "dsl/stages.def"
};
static const struct { const char *phase, *kind; } later[] = {
#define LATER(phase, kind) {#phase, #kind},
#include "dsl/stages.def"
};
#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
const uint32_t fl_phase_nrows = COUNT(fl_phase_rows), fl_kind_nrows = COUNT(fl_kind_rows),
               fl_option_nrows = COUNT(fl_option_rows), fl_argument_nrows = COUNT(fl_argument_rows),
               fl_implied_nrows = COUNT(fl_implied_rows), fl_clash_nrows = COUNT(fl_clash_rows);

bool fl_phase_of_output(const char *phase)
{
    for (size_t i = 0; i < COUNT(of_output); i++)
        if (strcmp(of_output[i], phase) == 0)
            return true;
    return false;
}

const struct fl_phase_row *fl_phase_row(const char *phase)
{
    for (uint32_t i = 0; i < fl_phase_nrows; i++)
        if (strcmp(fl_phase_rows[i].phase, phase) == 0)
            return &fl_phase_rows[i];
    return NULL;
}

const struct fl_kind_row *fl_kind_row(const char *phase, const char *kind)
{
    for (uint32_t i = 0; i < fl_kind_nrows; i++)
        if (strcmp(fl_kind_rows[i].phase, phase) == 0 && strcmp(fl_kind_rows[i].kind, kind) == 0)
            return &fl_kind_rows[i];
    return NULL;
}

const struct fl_option_row *fl_option_row(const char *phase, const char *kind, const char *name)
{
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_option_row *r = &fl_option_rows[i];
        if (strcmp(r->phase, phase) == 0 && strcmp(r->kind, kind) == 0 && strcmp(r->name, name) == 0)
            return r;
    }
    return NULL;
}

bool fl_kind_is_later(const char *phase, const char *kind)
{
    for (size_t i = 0; i < COUNT(later); i++)
        if (strcmp(later[i].phase, phase) == 0 && strcmp(later[i].kind, kind) == 0)
            return true;
    return false;
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

/* The next word of *s, which moves behind it; NULL: there is none. */
static const char *next_word(const char **s, size_t *n, bool *built)
{
    *s += strspn(*s, " ");
    *built = **s != '-';
    const char *word = *s + !*built;
    *n = strcspn(word, " ");
    *s = word + *n;
    return *n ? word : NULL;
}

const char *fl_word_at(const char *words, uint32_t i, size_t *n, bool *built)
{
    for (const char *w; (w = next_word(&words, n, built)) != NULL;)
        if (i-- == 0)
            return w;
    return NULL;
}

int fl_word_find(const char *words, const char *text)
{
    size_t n;
    bool built;
    int i = 0;
    for (const char *w; (w = next_word(&words, &n, &built)) != NULL; i++)
        if (strlen(text) == n && strncasecmp(w, text, n) == 0)
            return built ? i : -1;
    return -1;
}

struct text {
    char *p;
    size_t size, n;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->p + t->n, t->size - t->n, fmt, ap);
    va_end(ap);
    t->n += (size_t)n < t->size - t->n ? (size_t)n : t->size - t->n - 1;
}

/* "a, b or c (d is not in this build)". */
static void add_words(struct text *t, const char *words)
{
    size_t n;
    bool built;
    unsigned all = 0, i = 0;
    const char *w, *s = words;
    while (next_word(&s, &n, &built))
        all += built;
    for (s = words; (w = next_word(&s, &n, &built)) != NULL;)
        if (built) {
            add(t, "%s%.*s", i == 0 ? "" : i + 1 < all ? ", " : " or ", (int)n, w);
            i++;
        }
    for (s = words; (w = next_word(&s, &n, &built)) != NULL;)
        if (!built)
            add(t, " (%.*s is not in this build)", (int)n, w);
}

/* "a comma, a semicolon or a tab". */
static void add_characters(struct text *t, const char *all)
{
    for (const char *c = all; *c; c++) {
        const char *between = c == all ? "" : c[1] ? ", " : " or ";
        const char *name = *c == ',' ? "comma" : *c == ';' ? "semicolon" : *c == '|' ? "bar" : *c == '\t' ? "tab" : "blank";
        add(t, "%sa %s", between, name);
    }
}

bool fl_option_spells(const struct fl_option_row *r, const char *text)
{
    size_t n = strlen(text);
    if (r->of.type == FL_OPT_CHAR)
        return n == 1 && strchr(r->of.words, *text);
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~' || strchr("\",;|", *p))
            return false;
    return n <= (size_t)r->of.most;
}

static void add_limits(struct text *t, const struct fl_option_of *of)
{
    int64_t unit = of->type == FL_OPT_DURATION ? 1000000000 : 1;
    const char *s = unit > 1 ? "s" : "";
    if (of->most != FL_ANY)
        add(t, "from %" PRId64 "%s to %" PRId64 "%s", of->least / unit, s, of->most / unit, s);
    else if (of->least > 0)
        add(t, "at least %" PRId64 "%s", of->least / unit, s);
    else
        add(t, "not negative");
}

void fl_option_allows(const struct fl_option_row *r, char *out, size_t size)
{
    struct text t = {out, size, 0};
    *out = 0;
    switch (r->of.type) {
    case FL_OPT_WORD: add_words(&t, r->of.words); break;
    case FL_OPT_LEVEL:
        add(&t, "fast, default, best or a number from %" PRId64 " to %" PRId64, r->of.least, r->of.most);
        break;
    case FL_OPT_INT:
    case FL_OPT_BYTES:
    case FL_OPT_DURATION: add_limits(&t, &r->of); break;
    case FL_OPT_URL: add(&t, "%s", r->of.hint); break;
    case FL_OPT_CHAR: add_characters(&t, r->of.words); break;
    case FL_OPT_CELL:
        add(&t, "at most %" PRId64 " printable characters, none of them a blank, a quote or one of , ; |", r->of.most);
        break;
    default: break;
    }
}
