/*
 * scan_int.h - what the files of the JSON scanner (scan.c, get.c, text.c) share. For no one else.
 */
#ifndef FL_JSON_SCAN_INT_H
#define FL_JSON_SCAN_INT_H

#include "json/scan.h"

/* Set the error; truncated if `at` is the end of the data. Returns NULL. */
const char *fl_json_fail(struct fl_decoder *d, const char *at, const char *what);
/* q at a byte where fl_string_stop stopped; returns the closing quote, or NULL. Sets *escapes if there are any. */
const char *fl_json_string_rest(struct fl_decoder *d, const char *q, bool *escapes);
/* p at `-` or a digit; returns the byte behind the number, or NULL. *integer: neither fraction nor exponent. */
const char *fl_json_number(struct fl_decoder *d, const char *p, bool *integer);
/* p at a value of another type than wanted: skips it, records it unless it is null. 0, or -1: not JSON. */
int fl_json_wrong(struct fl_decoder *d, const char *field, const char *what);

#endif
