/* cmdline.c - the command line of every pipeline binary; see cmdline.h and config/help.c. Called by main.c. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/suggest.h"
#include "config/value.h"
#include "core/clock.h"
#include "program/cmdline.h"

enum option {
    INPUT, OUTPUT, SET, LOOKUPS, METRICS, STOP, LEDGER, READY, LEVEL, STATE, WITH_VALUE, CHECK = WITH_VALUE, PRINT, HELP, VERSION, CORE,
    OPTIONS
};

static const char *const names[OPTIONS] = {
    "--input", "--output", "--set", "--lookups", "--metrics-listen", "--stop-timeout", "--ledger-every", "--ready-age", "--log-level", "--state",
    "--check-config", "--print-config", "--help", "--version", "--core-files"
};

static bool usage(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool usage(const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s: ", name);
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, "\n%s --help shows how it is called\n", name);
    va_end(ap);
    return false;
}

static bool unknown(const char *name, const char *arg)
{
    struct fl_suggest s;
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(arg, "="), arg);
    fl_suggest_init(&s, word);
    for (int i = 0; i < OPTIONS; i++)
        fl_suggest_try(&s, names[i]);
    if (!strcmp(word, "--run-flow-tests"))
        return usage(name, "--run-flow-tests has to be the first argument");
    const char *best = fl_suggest_best(&s);
    if (best)
        return usage(name, "unknown option %s; did you mean %s?", word, best);
    return usage(name, "unknown option %s", word);
}

static bool take_level(struct fl_args *a, const char *name, const char *value)
{
    enum fl_level level;
    if (!fl_level_parse(value, &level))
        return usage(name, "--log-level: `%s` is no level; expected CRITICAL, ERROR, WARNING, NOTICE, INFO or DEBUG",
                     value);
    a->log_level = (int)level;
    return true;
}

static bool take_duration(const char *name, enum option o, const char *value, int64_t *ns)
{
    return fl_value_duration(value, ns) || usage(name, "%s: `%s` is no duration; expected one such as 30s or 2m", names[o], value);
}

static bool take_value(struct fl_args *a, const char *name, enum option o, const char *value)
{
    if (!*value)
        return usage(name, "%s needs a value", names[o]);
    switch (o) {
    case INPUT: a->over.input = value; return true;
    case OUTPUT: a->over.output = value; return true;
    case LOOKUPS: a->lookups = value; return true;
    case METRICS: a->metrics_listen = value; return true;
    case STATE: a->state = value; return true;
    case LEVEL: return take_level(a, name, value);
    case STOP: return take_duration(name, o, value, &a->stop_timeout);
    case LEDGER: return take_duration(name, o, value, &a->ledger_every);
    case READY: return take_duration(name, o, value, &a->ready_age);
    default:
        if (*value == '=' || !strchr(value, '='))
            return usage(name, "--set %s: expected KEY=VALUE, as pipeline.write.type=stdout", value);
        a->over.set[a->over.nset++] = value;
        return true;
    }
}

static void take_flag(struct fl_args *a, enum option o)
{
    static const enum fl_verb verbs[] = { FL_CHECK_CONFIG, FL_PRINT_CONFIG, FL_HELP, FL_VERSION };
    if (o == CORE)
        a->core_files = true;
    else if (verbs[o - WITH_VALUE] > a->verb) /* --help beats all but --version */
        a->verb = verbs[o - WITH_VALUE];
}

static bool take_file(struct fl_args *a, const char *name, const char *arg)
{
    if (a->config)
        return usage(name, "one configuration file is read, but there are two: %s and %s", a->config, arg);
    a->config = arg;
    return true;
}

/* argv[*i] begins with `-`; moves *i over the value that is an argument of its own. */
static bool take_option(struct fl_args *a, const char *name, int argc, char **argv, int *i)
{
    const char *arg = argv[*i];
    size_t n = strcspn(arg, "=");
    enum option o = 0;
    if (!strcmp(arg, "-h"))
        arg = "--help", n = strlen(arg);
    while (o < OPTIONS && (strlen(names[o]) != n || strncmp(names[o], arg, n)))
        o++;
    if (o == OPTIONS)
        return unknown(name, arg);
    if (o >= WITH_VALUE) {
        if (arg[n])
            return usage(name, "%s takes no value", names[o]);
        take_flag(a, o);
        return true;
    }
    if (arg[n])
        return take_value(a, name, o, arg + n + 1);
    if (++*i >= argc)
        return usage(name, "%s needs a value", names[o]);
    return take_value(a, name, o, argv[*i]);
}

bool fl_args_parse(struct fl_args *a, const char *name, int argc, char **argv)
{
    bool ok = true, only_files = false;
    *a = (struct fl_args){ .verb = FL_RUN, .stop_timeout = 30 * FL_SECOND, .ledger_every = 300 * FL_SECOND,
                           .ready_age = 300 * FL_SECOND, .log_level = -1 };
    a->over.set = fl_new_array(const char *, (size_t)argc + 1);
    for (int i = 1; ok && i < argc; i++) {
        if (only_files || argv[i][0] != '-' || !argv[i][1])
            ok = take_file(a, name, argv[i]);
        else if (!strcmp(argv[i], "--"))
            only_files = true;
        else
            ok = take_option(a, name, argc, argv, &i);
    }
    if (ok && a->config && a->over.input && !strcmp(a->config, "-") && !strcmp(a->over.input, "-"))
        ok = usage(name, "standard input can't be the configuration and the input at once");
    return ok;
}
