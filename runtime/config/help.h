/*
 * help.h - what --help and --version print.
 */
#ifndef FL_HELP_H
#define FL_HELP_H

#include <stdio.h>

struct fl_pipeline;

void fl_help(const struct fl_pipeline *p, FILE *out);
void fl_version(const struct fl_pipeline *p, FILE *out);

#endif
