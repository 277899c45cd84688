/*
 * flowc.h - one compilation, from a path to C text: the passes in order.
 *
 *     fc_load   lex and parse the file and what it uses and includes        syntax/load.c, syntax/lex.l, syntax/parse.y
 *     fc_check  names, types, nulls, where what may be used; folds constants check/check.c and beside it
 *     fc_plan   what is read, raw or parsed; which matcher; which lookups    plan/plan.c
 *     fc_emit   C                                                            emit/emit.c and beside it
 *
 * Each returns false when errors are queued in c->diags; do not call the next one then. No globals: any number of
 * compilations may run in one process.
 */
#ifndef FC_FLOWC_H
#define FC_FLOWC_H

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "tree/ast.h"
#include "text/diag.h"
#include "text/source.h"

struct fc_program; /* check/check.h: the checked file */
struct fc_plan;    /* plan/plan.h */

/*
 * A file with `select` is compiled once per combination of alternatives that may hold together: a variant. Load, check and plan go
 * through all of them, emit writes one C file. Without `select` there is one.
 */
enum { FC_MAX_VARIANTS = 64 };

struct fc_variant {
    struct fc_file file;
    struct fc_program *program;
    struct fc_plan *plan;
};

struct fc_compilation {
    struct fl_arena arena;
    struct fc_sources sources;
    struct fc_diags diags;
    const char **module_path; /* NULL-terminated; tried before the embedded modules */
    uint32_t main_source;
    struct fc_variant *variants;
    unsigned nvariants;
    struct fc_file file; /* these three are those of the variant at hand; behind each pass, of the first one */
    struct fc_program *program;
    struct fc_plan *plan;
    bool tests; /* the test blocks are wanted: plan keeps what they read */
};

struct fc_emit_options {
    bool tests; /* with the test blocks: for `flowc test` */
    bool lines; /* #line directives that point into the .flow */
};

void fc_compilation_init(struct fc_compilation *c);
void fc_compilation_free(struct fc_compilation *c);
/* Variant i is at hand from now on. */
void fc_at_variant(struct fc_compilation *c, unsigned i);
/* Which it is: `version is 2, form is none of the others`. */
const char *fc_variant_text(struct fc_compilation *c);

bool fc_load(struct fc_compilation *c, const char *path);
/* The same for a text in memory (unit tests, fuzzers). */
bool fc_load_text(struct fc_compilation *c, const char *path, const char *text, size_t len);
bool fc_check(struct fc_compilation *c);
bool fc_make_plan(struct fc_compilation *c);
void fc_dump_plan(struct fc_compilation *c, FILE *out);
/* A line per table: how much memory it takes when it is full. Needs fc_check. */
void fc_print_bounds(struct fc_compilation *c, FILE *out);
/* Write the C file. Never fails on a planned program; the caller checks ferror(out). */
void fc_emit(struct fc_compilation *c, const struct fc_emit_options *options, FILE *out);
/* The pipeline as a dot graph (flowc graph). Needs fc_check. */
void fc_graph(struct fc_compilation *c, FILE *out);

#endif
