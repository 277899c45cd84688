/*
 * cmdline.h - the command line of a pipeline binary.
 */
#ifndef FL_CMDLINE_H
#define FL_CMDLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

enum fl_verb { FL_RUN, FL_CHECK_CONFIG, FL_PRINT_CONFIG, FL_HELP, FL_VERSION };

struct fl_args {
    enum fl_verb verb;
    const char *config;          /* NULL: the default file; "-": standard input */
    struct fl_overrides over;    /* --input, --output, --set */
    const char *lookups, *metrics_listen;
    const char *state;           /* NULL: what the configuration says */
    int64_t stop_timeout, ledger_every, ready_age; /* ns */
    bool core_files;             /* the process may leave one when it crashes; it holds secrets */
    int log_level;               /* enum fl_level, or -1 */
};

/* False: usage error, already said on stderr. Free args->over.set. */
bool fl_args_parse(struct fl_args *args, const char *name, int argc, char **argv);

#endif
