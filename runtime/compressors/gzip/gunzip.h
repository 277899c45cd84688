/*
 * gunzip.h - gzip (RFC 1952) as it comes in: any number of members, zero padding behind them. Used by sources/file/file.c.
 */
#ifndef FL_GUNZIP_H
#define FL_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fl_gunzip;

struct fl_gunzip *fl_gunzip_new(void);
void fl_gunzip_free(struct fl_gunzip *z);
/* Where to put further compressed bytes, only when fl_gunzip_take gave 0; then say how many were put there. */
uint8_t *fl_gunzip_space(struct fl_gunzip *z, size_t *n);
void fl_gunzip_filled(struct fl_gunzip *z, size_t n);
/* The same in one step, for a few bytes. */
void fl_gunzip_feed(struct fl_gunzip *z, const void *p, size_t n);
/* Decompresses up to n bytes; 0: give it more, or *why says what is damaged. */
size_t fl_gunzip_take(struct fl_gunzip *z, void *to, size_t n, const char **why);
/* May fl_gunzip_take give something without further input? */
bool fl_gunzip_ready(const struct fl_gunzip *z);
/* Would the end of the input here be too early? */
bool fl_gunzip_inside(const struct fl_gunzip *z);

#endif
