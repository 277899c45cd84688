/* command.h - what main.c read from the command line, and what it shares with verbs.c and build.c. */
#ifndef FC_COMMAND_H
#define FC_COMMAND_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "flowc.h"

enum { STATUS_GOOD = 0, STATUS_ERRORS = 1, STATUS_USAGE = 2, STATUS_BUG = 3 };

struct verb;

struct command {
    const struct verb *verb;
    const char **files;
    int nfiles;
    const char **module_path; /* ended by NULL */
    int nmodules;
    const char *output, *keep_c, *deps_file, *deps_target;
    bool json, color, verbose, help, version;
    bool debug, lines, deps_only, deps, dump_ast, dump_plan, fmt_check, fmt_write, werror;
};

void fc_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void fc_start(struct fc_compilation *c, const struct command *cmd);
/* Load, check and plan. Errors are queued, not printed. */
bool fc_compile(struct fc_compilation *c, const struct command *cmd, const char *path);
/* Print the queue. */
void fc_say(struct fc_compilation *c, const struct command *cmd);
int fc_status(const struct fc_compilation *c);

/* Both complain when they fail. */
bool fc_write_file(const char *path, void (*print)(void *, FILE *), void *what);
bool fc_write_c(struct fc_compilation *c, const struct command *cmd, const char *path, bool tests);

int fc_run_check(const struct command *cmd);
int fc_run_emit(const struct command *cmd);
int fc_run_fmt(const struct command *cmd);
int fc_run_explain(const struct command *cmd);
int fc_run_graph(const struct command *cmd);
int fc_run_build(const struct command *cmd);
int fc_run_test(const struct command *cmd);

#endif
