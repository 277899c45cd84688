/*
 * files.h - bytes into descriptors.
 */
#ifndef FL_FILES_H
#define FL_FILES_H

#include <stddef.h>

/* All n bytes, however the system takes them: signals are gone on after, what would block is waited for. 0, or errno. */
int fl_write_all(int fd, const void *p, size_t n);

#endif
