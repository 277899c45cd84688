/*
 * emit.c - the C file as a whole: banner, constants, types, functions, descriptor; C names and constants.
 */
#include "emit/emit.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- text ------------------------------------------------------------------------------------------------ */

void fce_section(struct fc_section *s)
{
    s->f = open_memstream(&s->text, &s->size);
    if (!s->f)
        abort();
}

void fce_line(struct fc_em *m, const char *fmt, ...)
{
    va_list ap;
    if (*fmt)
        fprintf(m->out, "%*s", m->depth * 4, "");
    va_start(ap, fmt);
    vfprintf(m->out, fmt, ap);
    va_end(ap);
    fputc('\n', m->out);
}

const char *fce_text(struct fc_em *m, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *s = fl_arena_vprintf(m->a, fmt, ap);
    va_end(ap);
    return s;
}

void fce_begin(struct fc_em *m, struct fce_capture *k)
{
    fce_section(&k->s);
    k->before = m->out;
    m->out = k->s.f;
}

const char *fce_end(struct fc_em *m, struct fce_capture *k)
{
    fclose(k->s.f);
    const char *text = fl_arena_strndup(m->a, k->s.text, k->s.size);
    free(k->s.text);
    m->out = k->before;
    return text;
}

void fce_paste(struct fc_em *m, const char *text)
{
    fputs(text, m->out);
}

const char *fce_temp(struct fc_em *m)
{
    return fce_text(m, "t%d", ++m->temps);
}

const char *fce_or(struct fc_em *m, const char *a, const char *b)
{
    return !a ? b : !b ? a : strcmp(a, b) == 0 ? a : fce_text(m, "%s || %s", a, b);
}

/* ---- names --------------------------------------------------------------------------------------------------- */

const char *fce_name(struct fc_em *m, const char *name)
{
    static const char *const taken[] = {
        "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float", "for", "goto", "if", "inline",
        "int", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void",
        "volatile", "while", "asm", "typeof", "bool", "true", "false", "NULL", "EOF", "errno", "stdin", "stdout", "stderr", "linux", "unix", "i386", "assert",
        "has", "raw"};
    /* names that flowc itself makes beside the user's, and everything that would become such a name */
    size_t n = strlen(name);
    bool ours = strncmp(name, "has_", 4) == 0 || strncmp(name, "is_", 3) == 0 || strncmp(name, "text_", 5) == 0 || (n > 2 && strcmp(name + n - 2, "_f") == 0);
    for (unsigned i = 0; i < sizeof taken / sizeof *taken; i++)
        ours |= strcmp(taken[i], name) == 0;
    return ours ? fce_text(m, "%s_f", name) : name;
}

/* Anonymous records are numbered by where they are declared. */
const char *fce_rec_name(struct fc_em *m, const struct fc_type *t)
{
    if (t->name)
        return t->name;
    return fce_text(m, "at_%u", t->nmembers ? t->members[0].span.start : 0);
}

/* ---- constants -------------------------------------------------------------------------------------------------- */

const char *fce_quote(struct fc_em *m, const char *s, size_t n)
{
    char *out = fl_arena_get(m->a, n * 4 + 3), *w = out;
    *w++ = '"';
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '"' || c == '\\') {
            *w++ = '\\';
            *w++ = (char)c;
        } else if (c == '\n') {
            *w++ = '\\';
            *w++ = 'n';
        } else if (c < 32 || c >= 127 || (c == '?' && i && s[i - 1] == '?')) {
            w += snprintf(w, 5, "\\%03o", c);
        } else {
            *w++ = (char)c;
        }
    }
    *w++ = '"';
    *w = 0;
    return out;
}

/* May the text stand in JSON as it is? */
static bool clean(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c < 32 || c >= 127 || strchr("\"\\<>&", c))
            return false;
    }
    return true;
}

const char *fce_string(struct fc_em *m, const char *s, size_t n)
{
    return fce_text(m, clean(s, n) ? "FL_STR(%s)" : "FL_ESC(%s)", fce_quote(m, s, n));
}

/* ---- places in the .flow ------------------------------------------------------------------------------------------ */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *fce_where(struct fc_em *m, struct fc_span span)
{
    struct fc_place p = fc_source_place(&m->c->sources, span.file, span.start);
    return fce_text(m, "%s:%u", base_name(m->c->sources.v[span.file].path), p.line);
}

void fce_place(struct fc_em *m, struct fc_span span)
{
    if (!m->options->lines || span.file == 0)
        return;
    struct fc_place p = fc_source_place(&m->c->sources, span.file, span.start);
    fprintf(m->out, "#line %u %s\n", p.line, fce_quote(m, base_name(m->c->sources.v[span.file].path), strlen(base_name(m->c->sources.v[span.file].path))));
}

void fce_reach(struct fc_em *m, struct fc_span span)
{
    if (!m->options->tests)
        return;
    size_t len;
    struct fc_place p = fc_source_place(&m->c->sources, span.file, span.start);
    const char *line = fc_source_line(&m->c->sources, span.file, p.line, &len);
    while (len && (*line == ' ' || *line == '\t'))
        line++, len--;
    const char *file = base_name(m->c->sources.v[span.file].path);
    fprintf(m->places.f, "    {%s, %u, %s},\n", fce_quote(m, file, strlen(file)), p.line, fce_quote(m, line, len));
    fce_line(m, "if (cx->reached)");
    fce_line(m, "    cx->reached[%d]++;", m->nplaces++);
}

/* ---- the file ----------------------------------------------------------------------------------------------------------- */

static void paste_section(struct fc_section *s, FILE *out)
{
    fclose(s->f);
    fwrite(s->text, 1, s->size, out);
    free(s->text);
}

void fc_emit(struct fc_compilation *c, const struct fc_emit_options *options, FILE *out)
{
    struct fc_em m = {.c = c, .a = &c->arena, .p = c->plan, .g = c->program, .options = options, .laying = ""};
    fce_section(&m.consts);
    fce_section(&m.types);
    fce_section(&m.funcs);
    fce_section(&m.places);
    m.out = m.funcs.f;
    fce_statics(&m);
    fce_tables(&m);
    fce_decoder(&m);
    fce_lookups(&m);
    fce_functions(&m);
    fce_lets(&m);
    fce_stages(&m);
    fce_encoders(&m);
    if (m.g->templates)
        fce_template_names(&m);
    if (options->tests)
        fce_tests(&m);
    fce_descriptor(&m);

    fprintf(out, "/*\n * Pipeline %s: %s\n * Compiled by flowc from %s. Do not edit; change the .flow file.\n", m.g->name, m.g->doc,
            base_name(c->sources.v[c->main_source].path));
    fprintf(out, " *\n * Data way: decode_* -> run (classify, filter, update, transform, mangle) -> json. The descriptor is at the end.\n */\n");
    fprintf(out, "#include \"flowrt.h\"\n\n_Static_assert(FL_ABI == 1, \"flowrt.h is of another version than the flowc that made this file\");\n\n");
    paste_section(&m.consts, out);
    fprintf(out, "\n/* ---- records ---- */\n\n");
    paste_section(&m.types, out);
    fclose(m.funcs.f);
    fce_tidy(m.funcs.text, out);
    free(m.funcs.text);
    fclose(m.places.f);
    free(m.places.text);
}
