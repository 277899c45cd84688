/*
 * testrun.h - what testrun.c (steps, clock, report) and testjson.c (records compared as JSON) share. Private to them.
 */
#ifndef FL_TESTRUN_H
#define FL_TESTRUN_H

#include "intake/intake.h"
#include "core/runtime.h"

struct fl_testrun {
    struct fl_runtime rt;
    struct fl_worker *w;
    const struct fl_test *test;
    unsigned number;
    bool failing;               /* the test has failed and said so */
    unsigned passed, failed;
    const struct fl_rec *last;  /* what expectations are about; NULL: there is none */
    const char *nothing;        /* why not */
    char why[512];
    struct fl_buf given;        /* what was given last */
    struct fl_buf text;         /* for whatever is printed or compared */
};

/* Count the test as failed and say why, with the step's place and text. */
void fl_test_fail(struct fl_testrun *t, const struct fl_test_step *step, const char *fmt,
                  ...) __attribute__((format(printf, 3, 4)));
/* FL_STEP_EXPECT_JSON for a live record. */
void fl_test_json(struct fl_testrun *t, const struct fl_test_step *step);

#endif
