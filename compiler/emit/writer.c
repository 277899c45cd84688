/*
 * writer.c - what all files of emit write with: sections, lines, texts, names, constants, places. Below all of emit: it knows no
 * expression.
 */
#include "emit/emit.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#include "base/memory.h"

/* ---- text ------------------------------------------------------------------------------------------------ */

void fce_section(struct fc_section *s)
{
    s->f = fl_given(open_memstream(&s->text, &s->size));
}

const char *fce_taken(struct fc_em *m, struct fc_section *s)
{
    fclose(s->f);
    const char *text = fl_arena_strndup(m->a, s->text, s->size);
    free(s->text);
    return text;
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
    m->out = k->before;
    return fce_taken(m, &k->s);
}

void fce_paste(struct fc_em *m, const char *text)
{
    fputs(text, m->out);
}

void fce_items_begin(struct fc_em *m, struct fce_items *l)
{
    *l = (struct fce_items){.indent = (size_t)m->depth * 4 + 8, .column = (size_t)m->depth * 4 + 8};
    fce_section(&l->s);
}

void fce_item(struct fce_items *l, const char *text)
{
    if (l->n++ && l->column > FCE_WIDE) {
        fprintf(l->s.f, ",\n%*s", (int)l->indent, "");
        l->column = l->indent;
    } else if (l->n > 1) {
        fputs(", ", l->s.f);
        l->column += 2;
    }
    fputs(text, l->s.f);
    l->column += strlen(text);
}

const char *fce_items_end(struct fc_em *m, struct fce_items *l)
{
    return fce_taken(m, &l->s);
}

const char *fce_temp(struct fc_em *m)
{
    return fce_text(m, "t%d", ++m->temps);
}

/* ---- functions ---------------------------------------------------------------------------------------------- */

void fce_function_begin(struct fc_em *m, enum fc_context cx, const char *unwind)
{
    m->temps = m->nsettled = m->nfrom = 0;
    m->cx = cx;
    m->known = unwind == NULL;
    m->unwind = unwind;
}

void fce_pending(struct fc_em *m)
{
    if (m->known)
        return;
    fce_line(m, "if (cx->pending)");
    fce_line(m, "    %s", m->unwind);
}

/* ---- names --------------------------------------------------------------------------------------------------- */

static bool ends(const char *name, size_t n, const char *with)
{
    size_t k = strlen(with);
    return n > k && strcmp(name + n - k, with) == 0;
}

const char *fce_name(struct fc_em *m, const char *name)
{
    static const char *const taken[] = {
        "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float", "for", "goto", "if", "inline",
        "int", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void",
        "volatile", "while", "asm", "typeof", "bool", "true", "false", "NULL", "EOF", "errno", "stdin", "stdout", "stderr", "linux", "unix", "i386", "assert",
        "has", "raw", "flags_end", "FLOWRT_H", "alloca", "offsetof", "BYTE_ORDER", "EXIT_FAILURE", "EXIT_SUCCESS", "FD_SETSIZE", "NFDBITS", "WCONTINUED", "WEXITED",
        "WNOHANG", "WNOWAIT", "WSTOPPED", "WUNTRACED"};
    /* names that flowc itself makes beside the user's, and everything that would become such a name */
    size_t n = strlen(name);
    bool macro = strncasecmp(name, "fl_", 3) == 0 || (name[0] == '_' && (name[1] == '_' || (name[1] >= 'A' && name[1] <= 'Z'))) || ends(name, n, "_MAX") ||
                 ends(name, n, "_MIN") || ends(name, n, "_ENDIAN");
    bool ours = macro || strncmp(name, "has_", 4) == 0 || strncmp(name, "is_", 3) == 0 || strncmp(name, "text_", 5) == 0 || ends(name, n, "_f");
    for (unsigned i = 0; i < sizeof taken / sizeof *taken; i++)
        ours |= strcmp(taken[i], name) == 0;
    return ours ? fce_text(m, "%s_f", name) : name;
}

/* With the length of the function's name, so that no two functions and lets meet: f_h with x, f with h_x. */
const char *fce_let_function(struct fc_em *m, const struct fc_sym *l)
{
    if (l->kind == FC_SYM_FLET)
        return fce_text(m, "let_%zu_%s_%s", strlen(l->owner->name), l->owner->name, l->name);
    return fce_text(m, "let_%s", l->name);
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

/* Nothing that ends the comment or the line, begins another comment, is a trigraph, or joins the next line. */
const char *fce_comment(struct fc_em *m, const char *text)
{
    char *out = fl_arena_get(m->a, strlen(text) * 2 + 2), *w = out;
    size_t n;
    for (const char *s = text; *s; s += n ? n : 1) {
        char before = w > out ? w[-1] : 0;
        if ((n = fl_control(s))) {
            *w++ = ' ';
            continue;
        }
        if ((before == '*' && *s == '/') || (before == '/' && *s == '*') || (before == '?' && *s == '?'))
            *w++ = ' ';
        *w++ = *s;
    }
    if (w > out && w[-1] == '\\')
        *w++ = '.';
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

const char *fce_escaped(struct fc_em *m, const char *s)
{
    struct fc_join out = {.arena = m->a};
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        char letter = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c == '"' || c == '\\' ? (char)c : 0;
        if (letter)
            fc_join(&out, "\\%c", letter);
        else if (c < 32 || strchr("<>&", c))
            fc_join(&out, "\\u%04x", c);
        else
            fc_join(&out, "%c", c);
    }
    return fc_joined(&out);
}

/* ---- places in the .flow ------------------------------------------------------------------------------------------ */

const char *fce_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *fce_where(struct fc_em *m, struct fc_span span)
{
    struct fc_place p = fc_source_place(&m->c->sources, span.file, span.start);
    return fce_text(m, "%s:%u", fce_comment(m, fce_base_name(m->c->sources.v[span.file].path)), p.line);
}

void fce_place(struct fc_em *m, struct fc_span span)
{
    if (!m->options->lines || span.file == 0)
        return;
    struct fc_place p = fc_source_place(&m->c->sources, span.file, span.start);
    const char *file = fce_base_name(m->c->sources.v[span.file].path);
    fprintf(m->out, "#line %u %s\n", p.line, fce_quote(m, file, strlen(file)));
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
    const char *file = fce_base_name(m->c->sources.v[span.file].path);
    fprintf(m->places.f, "    {%s, %u, %s},\n", fce_quote(m, file, strlen(file)), p.line, fce_quote(m, line, len));
    fce_line(m, "if (cx->reached)");
    fce_line(m, "    cx->reached[%d]++;", m->nplaces++);
}

const char *fce_of_output(struct fc_em *m, const char *name, const struct fc_output *o)
{
    return o && m->g->noutputs > 1 ? fce_text(m, "%s_%d", name, o->index + 1) : name;
}
