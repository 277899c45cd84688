/*
 * emit.c - the C file as a whole: banner, constants, types, functions, descriptor. Above all files of emit.
 */
#include "emit/emit.h"

#include <stdlib.h>
#include <string.h>

static void paste_section(struct fc_section *s, FILE *out)
{
    fclose(s->f);
    fwrite(s->text, 1, s->size, out);
    free(s->text);
}

static struct fc_em emitter(struct fc_compilation *c, const struct fc_emit_options *options)
{
    return (struct fc_em){.c = c, .a = &c->arena, .p = c->plan, .g = c->program, .options = options, .laying = {.arena = &c->arena}};
}

/* The variant at hand, without the head. */
static void emit_variant(struct fc_compilation *c, const struct fc_emit_options *options, FILE *out)
{
    struct fc_em m = emitter(c, options);
    fce_section(&m.consts);
    fce_section(&m.types);
    fce_section(&m.funcs);
    fce_section(&m.places);
    m.out = m.funcs.f;
    fce_statics(&m);
    fce_tables(&m);
    fce_decoder(&m);
    fce_lookups(&m);
    fce_fills(&m);
    fce_functions(&m);
    fce_lets(&m);
    fce_stages(&m);
    fce_steps(&m);
    fce_encoders(&m);
    if (m.g->templates)
        fce_template_names(&m);
    if (options->tests)
        fce_tests(&m);
    fce_descriptor(&m);
    paste_section(&m.consts, out);
    fprintf(out, "\n/* ---- records ---- */\n\n");
    paste_section(&m.types, out);
    fclose(m.funcs.f);
    fwrite(m.funcs.text, 1, m.funcs.size, out);
    free(m.funcs.text);
    fclose(m.places.f);
    free(m.places.text);
}

/* ---- several variants ---- */

/* The variants, and the descriptor that has them: at start the one is taken whose params have these values. */
static void emit_variants(struct fc_compilation *c, const struct fc_emit_options *options, FILE *out)
{
    struct fc_section table;
    fce_section(&table);
    for (unsigned i = 0; i < c->nvariants; i++) {
        fc_at_variant(c, i);
        struct fc_em m = emitter(c, options);
        struct fc_section text;
        fce_section(&text);
        emit_variant(c, options, text.f);
        fclose(text.f);
        fprintf(out, "/* ==== variant %u: %s ==== */\n\n", i + 1, fce_comment(&m, fc_variant_text(c)));
        const char *suffix = fce_rename(&m, text.text, fce_text(&m, "_v%u", i + 1), out);
        free(text.text);
        m.out = out;
        int n = fce_when(&m, suffix);
        fputc('\n', out);
        fprintf(table.f, "    {&pipeline%s, when%s, %d},\n", suffix, suffix, n);
    }
    fc_at_variant(c, 0);
    struct fc_em m = emitter(c, options);
    fprintf(out, "/* ==== the variants ==== */\n\nstatic const struct fl_variant variants[] = {\n");
    paste_section(&table, out);
    fprintf(out, "};\n\nconst struct fl_pipeline fl_pipeline = {\n    .magic = FL_MAGIC, .abi = FL_ABI,\n");
    m.out = out;
    m.depth = 1;
    fce_described(&m);
    fprintf(out, "    .variants = variants, .nvariants = %u,\n};\n", c->nvariants);
}

void fc_emit(struct fc_compilation *c, const struct fc_emit_options *options, FILE *out)
{
    /*
     * Not noted where they are: whether a parameter is used, or a value's other half, is known when the body is written, and the head
     * stands above it. What is unused of the user's own, check warns of.
     */
    static const char *const unasked[] = {"parameter", "variable", "but-set-variable"};
    struct fc_em m = emitter(c, options);

    fprintf(out, "/*\n * Pipeline %s: %s\n * Compiled by flowc from %s. Do not edit; change the .flow file.\n", m.g->name,
            fce_comment(&m, m.g->doc), fce_comment(&m, fce_base_name(c->sources.v[c->main_source].path)));
    fprintf(out, " *\n * Data way: decode_* -> run (classify, filter, update, transform, mangle) -> json. The descriptor is at the end.\n */\n");
    fprintf(out, "#include \"flowrt.h\"\n\n_Static_assert(FL_ABI == 4, \"flowrt.h is of another version than the flowc that made this file\");\n\n");
    fprintf(out, "/* Functions of one kind take the same parameters; of some values only one half is asked for. */\n");
    for (size_t i = 0; i < sizeof unasked / sizeof *unasked; i++)
        fprintf(out, "#pragma GCC diagnostic ignored \"-Wunused-%s\"\n", unasked[i]);
    fputc('\n', out);
    (c->nvariants > 1 ? emit_variants : emit_variant)(c, options, out);
}
