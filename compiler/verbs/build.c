/*
 * build.c - `flowc build` and `flowc test`: emit into a temporary folder, run the C compiler, run the tests.
 *
 * Compiler, flags and libraries come from configure; CC, FLOWC_CFLAGS and FLOWC_LIBS in the environment replace them.
 * FLOWC_RUNTIME=DIR is for a tree that isn't installed: headers in DIR/runtime, the library is DIR/libflowrt.a.
 * No shell is involved; flags are split at blanks.
 */
#include "verbs/command.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef FLOWC_CC
#define FLOWC_CC "cc"
#endif
#ifndef FLOWC_CFLAGS
#define FLOWC_CFLAGS "-O2"
#endif
#ifndef FLOWC_LIBS
#define FLOWC_LIBS ""
#endif
#ifndef FLOWC_INCLUDEDIR
#define FLOWC_INCLUDEDIR "/usr/local/include/flowc"
#endif
#ifndef FLOWC_LIBDIR
#define FLOWC_LIBDIR "/usr/local/lib"
#endif

extern char **environ;

/* ---- running programs ---- */

struct args {
    struct fl_arena *arena;
    char **v;
    size_t n, cap;
};

static void add(struct args *a, const char *s)
{
    if (a->n + 1 >= a->cap) {
        size_t cap = a->cap ? a->cap * 2 : 32;
        char **v = fl_arena_get(a->arena, cap * sizeof *v);
        if (a->n)
            memcpy(v, a->v, a->n * sizeof *v);
        a->v = v;
        a->cap = cap;
    }
    a->v[a->n++] = fl_arena_strdup(a->arena, s);
    a->v[a->n] = NULL;
}

static void add_words(struct args *a, const char *s)
{
    static const char blank[] = " \t\n";
    for (s += strspn(s, blank); *s; s += strspn(s, blank)) {
        size_t n = strcspn(s, blank);
        add(a, fl_arena_strndup(a->arena, s, n));
        s += n;
    }
}

/* The exit status; 128 + the number of a signal; -1 (said) if it could not be started. */
static int run_program(const struct args *a, bool verbose)
{
    pid_t pid;
    int wait_status;
    if (verbose) {
        fputs("flowc:", stderr);
        for (size_t i = 0; i < a->n; i++)
            fprintf(stderr, " %s", a->v[i]);
        fputc('\n', stderr);
    }
    fflush(NULL);
    int error = posix_spawnp(&pid, a->v[0], NULL, NULL, a->v, environ);
    if (error) {
        fc_complain("cannot run `%s`: %s", a->v[0], strerror(error));
        return -1;
    }
    while (waitpid(pid, &wait_status, 0) < 0) {
        if (errno != EINTR) {
            fc_complain("cannot wait for `%s`: %s", a->v[0], strerror(errno));
            return -1;
        }
    }
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

static const char *setting(const char *name, const char *configured)
{
    const char *s = getenv(name);
    return s && *s ? s : configured;
}

/* ---- C to a program ---- */

/* Neither the temporary folder nor that in which flowc runs may make a difference. A debugger needs to know them. */
static void hide_paths(struct args *a, const char *c_file)
{
    const char *slash = strrchr(c_file, '/');
    char *here = getcwd(NULL, 0);
    if (here)
        add(a, fl_arena_printf(a->arena, "-ffile-prefix-map=%s=.", here));
    if (slash) /* behind the other, which may be a part of it: the last one that fits holds */
        add(a, fl_arena_printf(a->arena, "-ffile-prefix-map=%.*s=.", (int)(slash - c_file), c_file));
    free(here);
}

static int compile_c(struct fl_arena *arena, const struct command *cmd, const char *c_file, const char *binary)
{
    struct args a = {.arena = arena};
    const char *runtime = getenv("FLOWC_RUNTIME");
    bool installed = !(runtime && *runtime);
    add_words(&a, setting("CC", FLOWC_CC));
    if (a.n == 0)
        add(&a, "cc");
    add_words(&a, setting("FLOWC_CFLAGS", FLOWC_CFLAGS));
    if (cmd->debug)
        add(&a, "-g");
    else
        hide_paths(&a, c_file);
    add(&a, "-I");
    add(&a, installed ? FLOWC_INCLUDEDIR : fl_arena_printf(arena, "%s/runtime", runtime));
    add(&a, "-o");
    add(&a, binary);
    add(&a, c_file);
    if (installed) {
        add(&a, "-L" FLOWC_LIBDIR);
        add(&a, "-lflowrt");
    } else {
        add(&a, fl_arena_printf(arena, "%s/libflowrt.a", runtime));
    }
    add_words(&a, setting("FLOWC_LIBS", FLOWC_LIBS));
    return run_program(&a, cmd->verbose);
}

/* ---- temporary folder ---- */

struct work {
    const char *dir, *c_file, *binary;
};

static bool make_work(struct fl_arena *arena, struct work *w, const char *name)
{
    const char *base = setting("TMPDIR", "/tmp");
    char *dir = fl_arena_printf(arena, "%s/flowc.XXXXXX", base);
    if (!mkdtemp(dir)) {
        fc_complain("cannot make a folder in `%s`: %s", base, strerror(errno));
        return false;
    }
    w->dir = dir;
    w->c_file = fl_arena_printf(arena, "%s/%s.c", dir, name);
    w->binary = fl_arena_printf(arena, "%s/%s", dir, name);
    return true;
}

static void remove_work(const struct work *w, bool keep_c)
{
    unlink(w->binary);
    if (keep_c)
        return;
    unlink(w->c_file);
    rmdir(w->dir);
}

/* The pipeline's name, else the file's without folder and suffix. */
static const char *program_name(struct fc_compilation *c, const char *path)
{
    for (const struct fc_item *i = c->file.items; i; i = i->next)
        if (i->kind == FC_I_PIPELINE)
            return i->name.s;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t n = strcspn(name, ".");
    return n ? fl_arena_strndup(&c->arena, name, n) : "pipeline";
}

/* Emit and compile to `binary` (NULL: into the folder). STATUS_GOOD leaves the folder to the caller. */
static int build(struct fc_compilation *c, const struct command *cmd, const char *name, const char *binary, bool tests, struct work *w)
{
    if (!make_work(&c->arena, w, name))
        return STATUS_USAGE;
    if (!fc_write_c(c, cmd, w->c_file, tests) || (cmd->keep_c && !fc_write_c(c, cmd, cmd->keep_c, tests))) {
        remove_work(w, false);
        return STATUS_USAGE;
    }
    int status = compile_c(&c->arena, cmd, cmd->keep_c ? cmd->keep_c : w->c_file, binary ? binary : w->binary);
    if (status == 0)
        return STATUS_GOOD;
    if (status < 0 || status == 127) {
        remove_work(w, false);
        return STATUS_USAGE;
    }
    fc_complain("the C compiler refused what flowc wrote (status %d): a bug of flowc, or of its set-up; the C text is kept in %s", status,
                cmd->keep_c ? cmd->keep_c : w->c_file);
    remove_work(w, !cmd->keep_c);
    return STATUS_BUG;
}

/* Said before the C compiler says it, whose failures are taken for bugs. */
static bool can_write(struct fl_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dir = slash ? fl_arena_strndup(arena, path, (size_t)(slash - path) + 1) : ".";
    if (access(dir, W_OK) == 0)
        return true;
    fc_complain("cannot write `%s`: %s", path, strerror(errno));
    return false;
}

int fc_run_build(const struct command *cmd)
{
    struct fc_compilation c;
    fc_start(&c, cmd);
    bool good = fc_compile(&c, cmd, cmd->files[0]);
    fc_say(&c, cmd);
    int status = fc_status(&c);
    if (good) {
        struct work w;
        const char *name = program_name(&c, cmd->files[0]);
        const char *binary = cmd->output ? cmd->output : name;
        status = can_write(&c.arena, binary) ? build(&c, cmd, name, binary, false, &w) : STATUS_USAGE;
        if (status == STATUS_GOOD)
            remove_work(&w, false);
    }
    fc_compilation_free(&c);
    return status;
}

/* Run the program, and remove it. */
static int run_tests(struct fc_compilation *c, const struct command *cmd, const struct work *w)
{
    struct args a = {.arena = &c->arena};
    add(&a, w->binary);
    add(&a, "--run-flow-tests");
    int status = run_program(&a, cmd->verbose);
    remove_work(w, false);
    return status < 0 ? STATUS_USAGE : status;
}

static int one_test(const struct command *cmd, const char *path)
{
    struct fc_compilation c;
    fc_start(&c, cmd);
    c.tests = true;
    bool good = fc_compile(&c, cmd, path);
    fc_say(&c, cmd);
    int status = fc_status(&c);
    if (good) {
        struct work w;
        status = build(&c, cmd, program_name(&c, path), NULL, true, &w);
        if (status == STATUS_GOOD)
            status = run_tests(&c, cmd, &w);
    }
    fc_compilation_free(&c);
    return status;
}

int fc_run_test(const struct command *cmd)
{
    int status = STATUS_GOOD;
    for (int i = 0; i < cmd->nfiles; i++) {
        int one = one_test(cmd, cmd->files[i]);
        if (one > status)
            status = one;
    }
    return status;
}
