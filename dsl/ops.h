/*
 * ops.h - arithmetic of the language, for generated code and for the compiler's constant folding.
 *
 * Total functions: no undefined behaviour for any operands. Integers are 64-bit signed; what goes over is held at the
 * limit and counted in *overflows. Division by zero has no value: the function returns false and leaves *out alone
 * (null in the language). Integer division rounds toward zero, % has the sign of the left operand, as in C.
 */
#ifndef FL_OPS_H
#define FL_OPS_H

#include <stdbool.h>
#include <stdint.h>

static inline int64_t fl_add(int64_t a, int64_t b, uint64_t *overflows)
{
    int64_t r;
    if (__builtin_expect(__builtin_add_overflow(a, b, &r), 0)) {
        ++*overflows;
        return b < 0 ? INT64_MIN : INT64_MAX;
    }
    return r;
}

static inline int64_t fl_sub(int64_t a, int64_t b, uint64_t *overflows)
{
    int64_t r;
    if (__builtin_expect(__builtin_sub_overflow(a, b, &r), 0)) {
        ++*overflows;
        return b < 0 ? INT64_MAX : INT64_MIN;
    }
    return r;
}

static inline int64_t fl_mul(int64_t a, int64_t b, uint64_t *overflows)
{
    int64_t r;
    if (__builtin_expect(__builtin_mul_overflow(a, b, &r), 0)) {
        ++*overflows;
        return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
    }
    return r;
}

static inline int64_t fl_neg(int64_t a, uint64_t *overflows)
{
    return fl_sub(0, a, overflows);
}

static inline int64_t fl_abs(int64_t a, uint64_t *overflows)
{
    return a < 0 ? fl_neg(a, overflows) : a;
}

/* INT64_MIN / -1 goes over. */
static inline bool fl_div(int64_t a, int64_t b, int64_t *out, uint64_t *overflows)
{
    if (b == 0)
        return false;
    *out = b == -1 ? fl_neg(a, overflows) : a / b;
    return true;
}

static inline bool fl_mod(int64_t a, int64_t b, int64_t *out)
{
    if (b == 0)
        return false;
    *out = b == -1 ? 0 : a % b;
    return true;
}

static inline bool fl_fdiv(double a, double b, double *out)
{
    if (b == 0)
        return false;
    *out = a / b;
    return true;
}

/* bytes (or packets) / duration: per second. */
static inline bool fl_rate(int64_t bytes, int64_t ns, double *out)
{
    return fl_fdiv((double)bytes * 1e9, (double)ns, out);
}

/* A float as an integer: cut off toward zero, held at the limits; not a number is 0. The two latter are counted. */
static inline int64_t fl_trunc(double v, uint64_t *overflows)
{
    if (v >= -0x1p63 && v < 0x1p63)
        return (int64_t)v;
    ++*overflows;
    return v != v ? 0 : v < 0 ? INT64_MIN : INT64_MAX;
}

static inline int64_t fl_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t fl_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
