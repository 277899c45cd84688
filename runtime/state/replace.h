/*
 * replace.h - bytes of the state directory that are on disk when a function returns 0; else an errno.
 */
#ifndef FL_STATE_REPLACE_H
#define FL_STATE_REPLACE_H

#include <stddef.h>

int fl_write_synced(int fd, const void *p, size_t n);
/* A file with these bytes alone takes the place of `name`; until then it is called `fresh`. *fd: it, open for writing; -1 after an error. */
int fl_replace(int folder, const char *name, const char *fresh, const void *p, size_t n, int *fd);

#endif
