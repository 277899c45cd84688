/*
 * entry.c - main of every pipeline binary. In the library by itself: programs with a main of their own (unit tests,
 * fuzzers) don't pull it in.
 */
#include <string.h>

#include "flowrt.h"
#include "program/program.h"

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--run-flow-tests"))
        return fl_run_tests(&fl_pipeline);
    return fl_main(&fl_pipeline, argc, argv);
}
