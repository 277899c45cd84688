/*
 * program.h - the two things a pipeline binary can do; entry.c chooses.
 */
#ifndef FL_PROGRAM_H
#define FL_PROGRAM_H

struct fl_pipeline;

/* main.c: the whole life of the process; its exit status. */
int fl_main(const struct fl_pipeline *p, int argc, char **argv);
/* testrun.c: the tests in the .flow file, for `flowc test`. */
int fl_run_tests(const struct fl_pipeline *p);

#endif
