/*
 * memory.h - the one way to get memory and the one way to end without it.
 *
 * What these functions give is never NULL and is freed with free(). When there is no memory the process ends with
 * status FL_NO_MEMORY: nothing useful can be done where one record, one name or one table is missing, and what was
 * accepted but not written is the same as after any other sudden end. What is said, on stderr or in the log once that is
 * configured, is the part of the program (the source file that asked) and how many bytes it wanted:
 *
 *     flowc: out of memory part=plan/plan bytes=4096
 *     2026-11-30T08:55:02.123Z CRITICAL out of memory part=intake/queue bytes=2097216
 */
#ifndef FL_MEMORY_H
#define FL_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

#define FL_NO_MEMORY 3 /* exit status */

/* One zeroed object; n of them. */
#define fl_new(type) ((type *)fl_zeroed(1, sizeof(type), FL_PART))
#define fl_new_array(type, n) ((type *)fl_zeroed((n), sizeof(type), FL_PART))
/* n bytes, not zeroed; zeroed. n may be 0. */
#define fl_alloc(n) fl_bytes((n), FL_PART)
#define fl_alloc_zero(n) fl_zeroed((n), 1, FL_PART)
/* p with room for n objects of its type: p = fl_resize(p, n). The contents stay, what is new is not set. */
#define fl_resize(p, n) ((__typeof__(p))fl_resized((p), (n), sizeof *(p), FL_PART))
/* Room for a member after the n that a list holds: when n == cap, cap doubles and list moves. cap begins with 0. */
#define fl_grow(list, n, cap)                                                                                \
    do {                                                                                                     \
        if ((n) == (cap)) {                                                                                  \
            size_t cap_ = (cap) ? (size_t)(cap) * 2 : 16;                                                    \
            if (cap_ != (__typeof__(cap))cap_)                                                               \
                fl_no_memory(FL_PART, cap_ * sizeof *(list));                                                \
            (list) = fl_resize((list), cap_);                                                                \
            (cap) = (__typeof__(cap))cap_;                                                                   \
        }                                                                                                    \
    } while (0)
#define fl_strdup(s) fl_copied((s), (size_t)-1, FL_PART)
/* At most n bytes of s, and an end mark. */
#define fl_strndup(s, n) fl_copied((s), (n), FL_PART)
/* The text of an error, or any other: its reader frees it. The format's arguments must not be the result's memory. */
char *fl_said(const char *fmt, ...) __attribute__((format(printf, 1, 2), malloc, returns_nonnull));
char *fl_vsaid(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0), malloc, returns_nonnull));
/* For what a library makes: ends the process if that is NULL. */
#define fl_given(p) ((__typeof__(p))fl_checked((p), FL_PART))

/* The end. `part` is a __FILE__; bytes 0: not known. Allocates nothing. */
void fl_no_memory(const char *part, size_t bytes) __attribute__((noreturn, cold));

/* Behind the macros. */
#define FL_PART __FILE__
void *fl_zeroed(size_t n, size_t size, const char *part) __attribute__((malloc, returns_nonnull));
void *fl_bytes(size_t n, const char *part) __attribute__((malloc, returns_nonnull));
void *fl_resized(void *p, size_t n, size_t size, const char *part) __attribute__((returns_nonnull));
char *fl_copied(const char *s, size_t n, const char *part) __attribute__((malloc, returns_nonnull));
void *fl_checked(void *p, const char *part) __attribute__((returns_nonnull));

#endif
