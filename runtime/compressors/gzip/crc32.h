/*
 * crc32.h - the check sum of gzip (RFC 1952) over the bytes of an object, for gzip.c. Its own, because processors that
 * multiply 64 bytes without carry at once do four times what libdeflate 1.14 does with 16.
 */
#ifndef FL_CRC32_H
#define FL_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The check sum of what `crc` is that of, 0 for nothing, and n bytes more. */
uint32_t fl_crc32(uint32_t crc, const void *p, size_t n);

#endif
