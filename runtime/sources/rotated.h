/*
 * rotated.h - where the rest of a followed file is, and what came after it: its rotated siblings PATH.1, PATH.2 .. or
 * PATH-20261130 .., by inode and content. Used by documents.c.
 */
#ifndef FL_ROTATED_H
#define FL_ROTATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define FL_BEFORE 256 /* so many bytes in front of a position say whether it is the same file still */

/* An open file. */
struct fl_rotated {
    int fd;
    struct stat st;
    uint64_t rank;     /* rotated siblings: the older the smaller; the same: by suffix */
    char suffix[64];   /* its begin */
};

struct fl_rotated_list {
    struct fl_rotated *file;
    uint32_t n, cap;
};

/*
 * The files that came after the one of `st`, oldest first, which ends with what `path` names, if that is there: to be closed by the
 * caller. False: the file itself has no name any more, so there may have been more in between.
 */
bool fl_rotated_after(const char *path, const struct stat *st, struct fl_rotated_list *list);
/*
 * `path` was truncated when `at` of its bytes had been read, the last n of them are `before`: a copy of what it was then
 * (copytruncate), at least so long. Its descriptor, or -1.
 */
int fl_rotated_copy(const char *path, uint64_t at, const uint8_t *before, size_t n, struct stat *st);
/* The sibling that is this file, whatever it is called now. Its descriptor, or -1. */
int fl_rotated_find(const char *path, uint64_t device, uint64_t inode, struct stat *st);
/* Do these bytes stand in front of `at`? */
bool fl_rotated_same(int fd, uint64_t at, const uint8_t *before, size_t n);

#endif
