/*
 * verbs.c - what each verb of flowc does with its files; build and test, which run other programs, are in build.c.
 */
#include "verbs/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "tree/make.h"
#include "verbs/fmt.h"
#include "syntax/parse_api.h"

void fc_complain(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("flowc: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

/* ---- what all verbs do ---- */

void fc_start(struct fc_compilation *c, const struct command *cmd)
{
    fc_compilation_init(c);
    c->module_path = cmd->module_path;
}

void fc_say(struct fc_compilation *c, const struct command *cmd)
{
    fc_diags_print(&c->diags, stderr, cmd->json, cmd->color);
}

/* Main file unreadable is a matter of usage, not of the input. */
int fc_status(const struct fc_compilation *c)
{
    if (c->diags.errors == 0)
        return STATUS_GOOD;
    const struct fc_diag *g = c->diags.first;
    return g && g->error == FC_CANNOT_READ && g->span.file == 0 ? STATUS_USAGE : STATUS_ERRORS;
}

/* Of a file with `select`, variant by variant, each under a line that says which it is. */
static void print_variants(struct fc_compilation *c, void (*print)(struct fc_compilation *c, FILE *out), const char *mark, FILE *out)
{
    for (unsigned i = 0; i < c->nvariants; i++) {
        fc_at_variant(c, i);
        if (c->nvariants > 1)
            fprintf(out, "%s%svariant %u: %s\n", i ? "\n" : "", mark, i + 1, fc_variant_text(c));
        print(c, out);
    }
    fc_at_variant(c, 0);
}

bool fc_compile(struct fc_compilation *c, const struct command *cmd, const char *path)
{
    if (cmd->verbose)
        fprintf(stderr, "flowc: %s\n", path);
    bool good = fc_load(c, path) && fc_check(c) && fc_make_plan(c);
    if (cmd->werror)
        fc_diags_strict(&c->diags);
    if (!good || c->diags.errors)
        return false;
    if (cmd->verbose)
        print_variants(c, fc_print_bounds, "", stderr);
    return true;
}

/* ---- output files ---- */

/* Write through a temporary file in the same folder, so that the file is never there by halves. */
bool fc_write_file(const char *path, void (*print)(void *, FILE *), void *what)
{
    size_t n = strlen(path);
    char *temp = fl_alloc(n + 8);
    memcpy(temp, path, n);
    memcpy(temp + n, ".XXXXXX", 8);
    struct stat st;
    bool special = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
    int fd = special ? -1 : mkstemp(temp);
    FILE *out = special ? fopen(path, "w") : fd < 0 ? NULL : fdopen(fd, "w");
    bool good = out != NULL;
    if (good) {
        print(what, out);
        mode_t mask = umask(0);
        umask(mask);
        good = !ferror(out);
        if (!special && fchmod(fd, 0666 & ~mask) != 0)
            good = false;
        if (fclose(out) != 0)
            good = false;
        if (good && !special)
            good = rename(temp, path) == 0;
    }
    if (!good) {
        fc_complain("cannot write `%s`: %s", path, strerror(errno));
        if (fd >= 0)
            unlink(temp);
    }
    free(temp);
    return good;
}

struct emission {
    struct fc_compilation *c;
    const struct command *cmd;
    bool tests;
    const char *target;
};

static void print_c(void *what, FILE *out)
{
    const struct emission *e = what;
    fc_emit(e->c, &(struct fc_emit_options){.tests = e->tests, .lines = e->cmd->lines}, out);
}

bool fc_write_c(struct fc_compilation *c, const struct command *cmd, const char *path, bool tests)
{
    return fc_write_file(path, print_c, &(struct emission){c, cmd, tests, NULL});
}

static void make_word(FILE *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '$')
            fputc('$', out);
        if (*s == ' ' || *s == '#' || *s == '\\')
            fputc('\\', out);
        fputc(*s, out);
    }
}

/* `target: files`, and an empty rule for each file but the main one, so that make doesn't miss one that is gone. */
static void print_deps(void *what, FILE *out)
{
    const struct emission *e = what;
    const struct fc_sources *s = &e->c->sources;
    make_word(out, e->target);
    fputc(':', out);
    for (uint32_t i = 1; i < s->n; i++) {
        if (!s->v[i].embedded) {
            fputs(" \\\n ", out);
            make_word(out, s->v[i].path);
        }
    }
    fputc('\n', out);
    for (uint32_t i = 1; i < s->n; i++) {
        if (!s->v[i].embedded && i != e->c->main_source) {
            fputc('\n', out);
            make_word(out, s->v[i].path);
            fputs(":\n", out);
        }
    }
}

/* ---- verbs ---- */

static int one_check(const struct command *cmd, const char *path)
{
    struct fc_compilation c;
    fc_start(&c, cmd);
    if (cmd->dump_ast) {
        if (fc_load(&c, path))
            fc_ast_dump(&c.file, stdout);
    } else if (cmd->dump_plan) {
        if (fc_compile(&c, cmd, path))
            print_variants(&c, fc_dump_plan, "", stdout);
    } else {
        fc_compile(&c, cmd, path);
    }
    fc_say(&c, cmd);
    int status = fc_status(&c);
    fc_compilation_free(&c);
    return status;
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

int fc_run_check(const struct command *cmd)
{
    int status = STATUS_GOOD;
    for (int i = 0; i < cmd->nfiles; i++)
        status = worse(status, one_check(cmd, cmd->files[i]));
    return status;
}

static int emit(const struct command *cmd, struct fc_compilation *c)
{
    const char *target = cmd->deps_target ? cmd->deps_target : cmd->output;
    const char *deps = cmd->deps_file;
    if (!deps && cmd->deps && cmd->output) {
        size_t n = strlen(cmd->output);
        if (n > 2 && strcmp(cmd->output + n - 2, ".c") == 0)
            n -= 2;
        deps = fl_arena_printf(&c->arena, "%.*s.d", (int)n, cmd->output);
    }
    struct emission e = {c, cmd, false, target};
    if (cmd->deps_only && !deps) {
        print_deps(&e, stdout);
        return STATUS_GOOD;
    }
    if (deps && !fc_write_file(deps, print_deps, &e))
        return STATUS_USAGE;
    if (cmd->deps_only)
        return STATUS_GOOD;
    if (cmd->output && strcmp(cmd->output, "-") != 0)
        return fc_write_c(c, cmd, cmd->output, false) ? STATUS_GOOD : STATUS_USAGE;
    print_c(&e, stdout);
    return STATUS_GOOD;
}

int fc_run_emit(const struct command *cmd)
{
    struct fc_compilation c;
    if (cmd->dump_ast || cmd->dump_plan)
        return fc_run_check(cmd);
    if ((cmd->deps || cmd->deps_only || cmd->deps_file) && !cmd->deps_target && !cmd->output) {
        fc_complain("a make rule needs a target: give -o or -MT");
        return STATUS_USAGE;
    }
    if (cmd->deps && !cmd->deps_file && !cmd->output) {
        fc_complain("-MD needs -o or -MF to know where the rule goes");
        return STATUS_USAGE;
    }
    fc_start(&c, cmd);
    bool good = cmd->deps_only ? fc_load(&c, cmd->files[0]) : fc_compile(&c, cmd, cmd->files[0]);
    fc_say(&c, cmd);
    int status = good ? emit(cmd, &c) : fc_status(&c);
    fc_compilation_free(&c);
    return status;
}

int fc_run_graph(const struct command *cmd)
{
    struct fc_compilation c;
    fc_start(&c, cmd);
    if (fc_load(&c, cmd->files[0]) && fc_check(&c))
        print_variants(&c, fc_graph, "// ", stdout);
    fc_say(&c, cmd);
    int status = fc_status(&c);
    fc_compilation_free(&c);
    return status;
}

struct text {
    const char *s;
    size_t len;
};

static void print_text(void *what, FILE *out)
{
    const struct text *t = what;
    fwrite(t->s, 1, t->len, out);
}

static int one_fmt(const struct command *cmd, const char *path)
{
    struct fc_compilation c;
    struct fc_span none = {0, 0, 0};
    int status = STATUS_GOOD;
    fc_start(&c, cmd);
    uint32_t file = fc_source_open(&c.sources, path, none);
    if (!file)
        fc_report(&c.diags, FC_CANNOT_READ, none, path, strerror(errno));
    else
        fc_parse_source(&(struct fc_parse){&c.arena, &c.sources, &c.diags}, file);
    if (c.diags.errors == 0) {
        struct text t;
        t.s = fc_format(&c, file, &t.len);
        bool same = t.s && t.len == c.sources.v[file].len && memcmp(t.s, c.sources.v[file].text, t.len) == 0;
        if (!t.s) {
            fc_complain("%s: a bug of flowc: the layout would change more than blanks; nothing is written", path);
            status = STATUS_BUG;
        } else if (cmd->fmt_check) {
            if (!same)
                printf("%s\n", path);
            status = same ? STATUS_GOOD : STATUS_ERRORS;
        } else if (cmd->fmt_write && strcmp(path, "-") != 0) {
            if (!same && !fc_write_file(path, print_text, &t))
                status = STATUS_USAGE;
        } else {
            print_text(&t, stdout);
        }
    }
    fc_say(&c, cmd);
    status = worse(status, fc_status(&c));
    fc_compilation_free(&c);
    return status;
}

int fc_run_fmt(const struct command *cmd)
{
    int status = STATUS_GOOD;
    for (int i = 0; i < cmd->nfiles; i++)
        status = worse(status, one_fmt(cmd, cmd->files[i]));
    return status;
}

static const char *const ids[] = {
#define E(id, name, severity, format, explanation) #id,
#include "dsl/errors.def"
#undef E
};

/* What varies in a message is shown as `..`. */
static void print_format(const char *format)
{
    for (; *format; format++) {
        if (format[0] == '%' && format[1]) {
            fputs("..", stdout);
            format++;
        } else {
            putchar(*format);
        }
    }
}

/* Lines of at most 80 characters; line ends in the text are blanks. */
static void print_wrapped(const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t n = strcspn(text, " \n");
        if (column && column + 1 + n > 80) {
            putchar('\n');
            column = 0;
        }
        column += (size_t)printf("%s%.*s", column ? " " : "", (int)n, text);
        text += n;
        text += strspn(text, " \n");
    }
    putchar('\n');
}

int fc_run_explain(const struct command *cmd)
{
    const char *format, *explanation;
    if (cmd->nfiles == 0) {
        for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
            if (fc_explain(ids[i], &format, &explanation)) {
                printf("%s  ", ids[i]);
                print_format(format);
                putchar('\n');
            }
        return STATUS_GOOD;
    }
    if (!fc_explain(cmd->files[0], &format, &explanation)) {
        fc_complain("there is no error `%s`; `flowc explain` lists all", cmd->files[0]);
        return STATUS_USAGE;
    }
    print_format(format);
    printf("\n\n");
    print_wrapped(explanation);
    return STATUS_GOOD;
}
