/*
 * print.h - print-config: every value that holds, as YAML that can be read again, and where it came from.
 */
#ifndef FL_PRINT_CONFIG_H
#define FL_PRINT_CONFIG_H

#include <stdio.h>

struct fl_config;

void fl_print_config(struct fl_config *c, FILE *out);

/* Words of the .flow on one line, whatever they hold: what ends a line or controls a terminal is a blank. */
void fl_print_words(FILE *out, const char *words);

#endif
