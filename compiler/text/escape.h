/*
 * escape.h - the escapes of string literals, which are JSON's and \'. Used by the lexer's literals and for the keys that tests give.
 */
#ifndef FC_ESCAPE_H
#define FC_ESCAPE_H

#include <stddef.h>

/*
 * The escape whose backslash is at s, before `end`: its character is put at *out in UTF-8 (at most 4 bytes, never more than the
 * escape has) and *out moved behind it. Returns how many bytes of s it takes, 0: there is no such escape, nothing was put.
 */
size_t fc_unescape(const char *s, const char *end, char **out);

#endif
