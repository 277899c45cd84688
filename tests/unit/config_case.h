/*
 * config_case.h - a pipeline descriptor without code and a way to load texts as its configuration; for config/test_config.c
 * and
 * config/test_params.c.
 */
#ifndef CONFIG_CASE_H
#define CONFIG_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "flowrt.h"

static const char *const case_classes[] = { "internal", "egress", "ingress", "other", NULL };
static const char *const case_reasons[] = { "excluded_class", NULL };

/* What a load gave; texts live until case_end. */
struct config_case {
    struct fl_config *c;
    char *problems; /* all of them, NULL: none */
    char file[32];
};

/* `text` NULL: no file. `sets` NULL-terminated, or NULL. */
static inline struct config_case case_load(const struct fl_pipeline *p, const char *text, const char *const *sets,
                                           struct fl_overrides *with)
{
    struct config_case k = { .file = "/tmp/test_config.XXXXXX" };
    struct fl_overrides over = { 0 };
    if (with)
        over = *with;
    over.set = calloc(16, sizeof *over.set);
    for (; sets && sets[over.nset]; over.nset++)
        over.set[over.nset] = sets[over.nset];
    if (text) {
        int fd = mkstemp(k.file);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        close(fd);
    }
    k.c = fl_config_load(p, &over, text ? k.file : NULL);
    k.problems = fl_problems_text(&k.c->problems);
    if (text)
        unlink(k.file);
    free(over.set);
    return k;
}

static inline void case_end(struct config_case *k)
{
    free(k->problems);
    fl_config_free(k->c);
}

/* The load failed, and what it said holds all of these (NULL-terminated); `:LINE:COL: ` pins the place. */
static inline void case_expect_problem(struct config_case *k, ...)
{
    va_list ap;
    va_start(ap, k);
    for (const char *want; (want = va_arg(ap, const char *));) {
        if (!k->problems || !strstr(k->problems, want))
            fail_msg("expected `%s` in the problems:\n%s", want, k->problems ? k->problems : "(none)");
    }
    va_end(ap);
}

static inline void case_expect_fine(struct config_case *k)
{
    if (k->problems)
        fail_msg("expected no problem, got:\n%s", k->problems);
}

static inline bool case_noted(const struct fl_config *c, const char *text)
{
    for (uint32_t i = 0; i < c->nnotes; i++)
        if (strstr(c->note[i].text, text))
            return true;
    return false;
}

#endif
