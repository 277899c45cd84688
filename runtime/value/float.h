/*
 * float.h - floating point numbers as text.
 */
#ifndef FL_FLOAT_H
#define FL_FLOAT_H

#define FL_FLOAT_MAX 32 /* bound of both */

/* The shortest text that reads as the same value, in Go's JSON form; not a number and infinite: null. Written as by base/put.h. */
char *fl_put_float(char *w, double v);
/* The same as Go's %g, and Prometheus, have it: 1.234567e+06; NaN, +Inf, -Inf. */
char *fl_put_float_short(char *w, double v);

#endif
