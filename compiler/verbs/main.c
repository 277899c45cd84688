/*
 * main.c - flowc's command line: which verb, which options, which files. What the verbs do is in verbs.c and
 * build.c.
 *
 * Exit status: 0 good, 1 errors in the input (or tests that failed), 2 wrong usage or no input/output, 3 out of memory
 * (base/memory.h); anything else is a bug of flowc.
 */
#include "verbs/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/suggest.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1"
#endif

/* Verbs as bits, for the options' table. */
enum { BUILD = 1, EMIT = 2, CHECK = 4, TEST = 8, FMT = 16, EXPLAIN = 32, GRAPH = 64, COMPILES = BUILD | EMIT | CHECK | TEST | GRAPH };

enum option_id {
    O_OUTPUT, O_MODULE, O_DIAGNOSTICS, O_COLOR, O_KEEP, O_DEBUG, O_LINES, O_DEPS_ONLY, O_DEPS, O_DEPS_FILE, O_DEPS_TARGET,
    O_DUMP_AST, O_DUMP_PLAN, O_FMT_CHECK, O_FMT_WRITE, O_VERBOSE, O_WERROR, O_HELP, O_VERSION
};

static const struct option {
    const char *name;
    const char *arg; /* NULL: takes none */
    enum option_id id;
    unsigned verbs;
    const char *help;
} options[] = {
    {"-o", "FILE", O_OUTPUT, BUILD | EMIT, "where to write; build: the pipeline's name, emit: standard output"},
    {"-I", "DIR", O_MODULE, COMPILES, "look there for modules and included files; may be repeated"},
    {"--keep-c", "FILE", O_KEEP, BUILD, "keep the C text in FILE"},
    {"-g", NULL, O_DEBUG, BUILD, "compile with debugging information"},
    {"--line", NULL, O_LINES, BUILD | EMIT, "debuggers, profilers and gcov see the .flow file, not the C"},
    {"-M", NULL, O_DEPS_ONLY, EMIT, "write which files were read, as a make rule, and no C"},
    {"-MD", NULL, O_DEPS, EMIT, "write that rule beside the C"},
    {"-MF", "FILE", O_DEPS_FILE, EMIT, "write that rule to FILE"},
    {"-MT", "TARGET", O_DEPS_TARGET, EMIT, "the rule's target; else the file of -o"},
    {"--dump-ast", NULL, O_DUMP_AST, CHECK | EMIT, "print the syntax tree and stop"},
    {"--dump-plan", NULL, O_DUMP_PLAN, CHECK | EMIT, "print what is going to be generated and stop"},
    {"--check", NULL, O_FMT_CHECK, FMT, "only name the files that are laid out otherwise; status 1 if any"},
    {"--write", NULL, O_FMT_WRITE, FMT, "replace the files; without it the text goes to standard output"},
    {"-v", NULL, O_VERBOSE, COMPILES, "say what is done"},
    {"--werror", NULL, O_WERROR, BUILD | EMIT | CHECK | TEST, "warnings are errors"},
    {"--diagnostics", "text|json", O_DIAGNOSTICS, COMPILES | FMT, "how errors are printed"},
    {"--color", "auto|always|never", O_COLOR, COMPILES | FMT, "colors in errors"},
    {"--help", NULL, O_HELP, ~0u, "this text"},
    {"-h", NULL, O_HELP, ~0u, NULL},
    {"--version", NULL, O_VERSION, ~0u, "the version of flowc"},
};

struct verb {
    const char *name;
    unsigned bit;
    const char *usage;
    const char *help;
    int (*run)(const struct command *);
};

enum { NOPTIONS = sizeof options / sizeof *options };

static const struct verb verbs[] = {
    {"build", BUILD, "build FILE [-o BINARY]", "compile a pipeline to a program", fc_run_build},
    {"emit", EMIT, "emit FILE [-o FILE.c]", "compile a pipeline to C", fc_run_emit},
    {"check", CHECK, "check FILE...", "look for errors only; says nothing when there are none", fc_run_check},
    {"test", TEST, "test FILE...", "run the tests that stand in the files", fc_run_test},
    {"fmt", FMT, "fmt [--check|--write] FILE...", "lay out files in the canonical way; `-` is standard input", fc_run_fmt},
    {"explain", EXPLAIN, "explain [ID]", "what an error means and what to do; without ID: all errors", fc_run_explain},
    {"graph", GRAPH, "graph FILE", "draw the pipeline, for Graphviz", fc_run_graph},
    {NULL, 0, NULL, NULL, NULL},
};

/* ---- the command line ---- */

static const struct verb *find_verb(const char *name)
{
    for (const struct verb *v = verbs; v->name; v++)
        if (strcmp(v->name, name) == 0)
            return v;
    return NULL;
}

static void help(void)
{
    printf("usage: flowc VERB [OPTION...] FILE...\n\nCompiles pipelines of network flows to C and to programs.\n\n");
    for (const struct verb *v = verbs; v->name; v++)
        printf("  %-9s %s\n", v->name, v->help);
    printf("\n`flowc help VERB` has the options. Status: 0 good, 1 errors in the input, 2 wrong usage or unreadable files.\n");
}

static void help_verb(const struct verb *v)
{
    printf("usage: flowc %s\n\n%s\n\n", v->usage, v->help);
    for (int i = 0; i < NOPTIONS; i++) {
        const struct option *o = &options[i];
        char left[64];
        if (!(o->verbs & v->bit) || !o->help)
            continue;
        snprintf(left, sizeof left, "%s%s%s", o->name, !o->arg ? "" : o->name[1] == '-' ? "=" : " ", o->arg ? o->arg : "");
        printf("  %-30s %s\n", left, o->help);
    }
    if (v->bit & (BUILD | TEST))
        printf("\nEnvironment: CC, FLOWC_CFLAGS, FLOWC_LIBS, and FLOWC_RUNTIME=DIR for a runtime that isn't installed.\n");
}

static int usage_error(struct command *cmd)
{
    if (cmd->verb)
        fc_complain("usage: flowc %s", cmd->verb->usage);
    else
        fc_complain("usage: flowc VERB [OPTION...] FILE...; `flowc help` lists the verbs");
    return STATUS_USAGE;
}

/* Two values an option can have. Returns the index, -1 if it is neither. */
static int one_of(const char *option, const char *value, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], value) == 0)
            return i;
    fc_complain("%s can't be `%s`", option, value);
    return -1;
}

static bool set_option(struct command *cmd, const struct option *o, const char *value)
{
    int n;
    switch (o->id) {
    case O_OUTPUT: cmd->output = value; break;
    case O_MODULE: cmd->module_path[cmd->nmodules++] = value; break;
    case O_KEEP: cmd->keep_c = value; break;
    case O_DEBUG: cmd->debug = true; break;
    case O_LINES: cmd->lines = true; break;
    case O_DEPS_ONLY: cmd->deps_only = true; break;
    case O_DEPS: cmd->deps = true; break;
    case O_DEPS_FILE: cmd->deps_file = value; break;
    case O_DEPS_TARGET: cmd->deps_target = value; break;
    case O_DUMP_AST: cmd->dump_ast = true; break;
    case O_DUMP_PLAN: cmd->dump_plan = true; break;
    case O_FMT_CHECK: cmd->fmt_check = true; break;
    case O_FMT_WRITE: cmd->fmt_write = true; break;
    case O_VERBOSE: cmd->verbose = true; break;
    case O_WERROR: cmd->werror = true; break;
    case O_HELP: cmd->help = true; break;
    case O_VERSION: cmd->version = true; break;
    case O_DIAGNOSTICS:
        n = one_of(o->name, value, (const char *const[]){"text", "json", NULL});
        cmd->json = n == 1;
        return n >= 0;
    case O_COLOR:
        n = one_of(o->name, value, (const char *const[]){"auto", "always", "never", NULL});
        if (n == 1 || n == 2)
            cmd->color = n == 1;
        return n >= 0;
    }
    return true;
}

static void unknown_option(const char *arg, unsigned verb)
{
    struct fl_suggest s;
    fl_suggest_init(&s, arg);
    for (int i = 0; i < NOPTIONS; i++)
        if (options[i].verbs & verb)
            fl_suggest_try(&s, options[i].name);
    const char *near = strlen(arg) > 2 ? fl_suggest_best(&s) : NULL;
    fc_complain("there is no option `%s`%s%s%s", arg, near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
}

/* `-o FILE`, `-oFILE`, `--color=always`, `--color always`. Advances *i over a value of its own. */
static bool read_option(struct command *cmd, int argc, char **argv, int *i)
{
    const char *arg = argv[*i], *equals = strncmp(arg, "--", 2) == 0 ? strchr(arg, '=') : NULL;
    size_t n = equals ? (size_t)(equals - arg) : strlen(arg);
    const struct option *found = NULL;
    const char *value = equals ? equals + 1 : NULL;
    for (int k = 0; k < NOPTIONS && !found; k++)
        if (strlen(options[k].name) == n && strncmp(options[k].name, arg, n) == 0)
            found = &options[k];
    for (int k = 0; k < NOPTIONS && !found; k++) {
        if (options[k].arg && options[k].name[1] != '-' && strlen(options[k].name) == 2 && strncmp(arg, options[k].name, 2) == 0) {
            found = &options[k];
            value = arg + 2;
        }
    }
    unsigned verb = cmd->verb ? cmd->verb->bit : ~0u;
    if (!found || (found->verbs & verb) == 0) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)n, arg);
        if (found)
            fc_complain("`flowc %s` has no option `%s`", cmd->verb->name, name);
        else
            unknown_option(name, verb);
        return false;
    }
    if (!found->arg && value) {
        fc_complain("`%s` takes no value", found->name);
        return false;
    }
    if (found->arg && !value) {
        if (*i + 1 >= argc) {
            fc_complain("`%s` needs a value: %s", found->name, found->arg);
            return false;
        }
        value = argv[++*i];
    }
    return set_option(cmd, found, value);
}

static bool read_command(struct command *cmd, int argc, char **argv)
{
    /* The verb may stand behind options, but options are known only with it: look for it first. */
    int at = 0;
    for (int i = 1; i < argc && !at; i++)
        if (argv[i][0] != '-')
            at = i;
    if (at && strcmp(argv[at], "help") == 0) {
        cmd->help = true;
        at = at + 1 < argc ? at + 1 : 0;
    }
    if (at) {
        cmd->verb = find_verb(argv[at]);
        if (!cmd->verb) {
            struct fl_suggest s;
            fl_suggest_init(&s, argv[at]);
            for (const struct verb *v = verbs; v->name; v++)
                fl_suggest_try(&s, v->name);
            const char *near = fl_suggest_best(&s);
            fc_complain("there is no verb `%s`%s%s%s", argv[at], near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
            return false;
        }
    }
    bool only_files = false;
    for (int i = 1; i < argc; i++) {
        if (i == at || (cmd->help && i < at))
            continue;
        if (!only_files && strcmp(argv[i], "--") == 0)
            only_files = true;
        else if (!only_files && argv[i][0] == '-' && argv[i][1]) {
            if (!read_option(cmd, argc, argv, &i))
                return false;
        } else
            cmd->files[cmd->nfiles++] = argv[i];
    }
    return true;
}

static bool want_color(void)
{
    const char *term = getenv("TERM"), *no = getenv("NO_COLOR");
    return isatty(STDERR_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

static int run(struct command *cmd)
{
    if (cmd->version) {
        printf("flowc %s\n", PACKAGE_VERSION);
        return STATUS_GOOD;
    }
    if (cmd->help) {
        if (cmd->verb)
            help_verb(cmd->verb);
        else
            help();
        return STATUS_GOOD;
    }
    if (!cmd->verb)
        return usage_error(cmd);
    bool many = cmd->verb->bit & (CHECK | TEST | FMT), none = cmd->verb->bit & EXPLAIN;
    if ((cmd->nfiles == 0 && !none) || (cmd->nfiles > 1 && !many))
        return usage_error(cmd);
    if (cmd->fmt_check && cmd->fmt_write) {
        fc_complain("--check and --write exclude each other");
        return STATUS_USAGE;
    }
    return cmd->verb->run(cmd);
}

int main(int argc, char **argv)
{
    struct command cmd = {.color = want_color()};
    cmd.files = fl_new_array(const char *, (size_t)argc + 1);
    cmd.module_path = fl_new_array(const char *, (size_t)argc + 2);
    int status = STATUS_USAGE;
    if (read_command(&cmd, argc, argv)) {
#ifdef FLOWC_MODULEDIR
        cmd.module_path[cmd.nmodules++] = FLOWC_MODULEDIR;
#endif
        status = run(&cmd);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fc_complain("cannot write to standard output: %s", strerror(errno));
        status = STATUS_USAGE;
    }
    free(cmd.files);
    free(cmd.module_path);
    return status;
}
