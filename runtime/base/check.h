/*
 * check.h - what must be true, in three grades, and the marks of long-lived parts.
 *
 *     FL_CHECK(x)    always: cheap, and going on would spoil what others rely on (records, the books, memory)
 *     FL_EXPECT(x)   in builds with FL_CHECKED (--enable-sanitizers gives it): dear, or on a record's path
 *     FL_ASSUME(x)   the same there; elsewhere the compiler is told that x is true, so it must be
 *
 * x has no side effect: in other builds it isn't evaluated. One that isn't true is a bug of this program, not of its
 * input or its surroundings, and ends it by abort(), so that there is a core to look at. FL_BUG says one in words.
 *
 * A mark is a member of a part that others hold on to for long: `uint32_t magic`. It is set when the part is made,
 * cleared before its memory goes, and asked for where a call comes in from outside, though not per record:
 *
 *     #define MAGIC FL_MARK('q', 'u', 'e', 'u')
 *     fl_mark(q, MAGIC);  FL_ALIVE(q, MAGIC);  fl_unmark(q);
 *
 * so that a part that was freed, or taken for another one, is found at the border and not by what it leads to.
 */
#ifndef FL_CHECK_H
#define FL_CHECK_H

#include <stdint.h>

#define FL_CHECK(x) (__builtin_expect(!!(x), 1) ? (void)0 : fl_bug(__FILE__, __LINE__, "not true: %s", #x))
#ifdef FL_CHECKED
#define FL_EXPECT(x) FL_CHECK(x)
#define FL_ASSUME(x) FL_CHECK(x)
#else
#define FL_EXPECT(x) ((void)sizeof(!!(x)))
#define FL_ASSUME(x) ((x) ? (void)0 : __builtin_unreachable())
#endif
#define FL_BUG(...) fl_bug(__FILE__, __LINE__, __VA_ARGS__)

#define FL_MARK(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define fl_mark(part, number) ((void)((part)->magic = (number)))
/* Volatile: nobody reads it before free(), so it would be left out. */
#define fl_unmark(part) ((void)(*(volatile uint32_t *)&(part)->magic = 0))
#define FL_ALIVE(part, number)                                                                               \
    fl_alive((part), __builtin_offsetof(__typeof__(*(part)), magic), (number), __FILE__, __LINE__, #part)

void fl_bug(const char *file, int line, const char *fmt, ...) __attribute__((noreturn, cold, format(printf, 3, 4)));
/* found: the mark that is there; 0: freed, 1: there is no part at all. */
void fl_not_alive(const char *file, int line, const char *name, uint32_t wanted, uint32_t found)
    __attribute__((noreturn, cold));
static inline void fl_alive(const void *part, unsigned long at, uint32_t number, const char *file, int line,
                            const char *name)
{
    uint32_t found = part ? *(const uint32_t *)(const void *)((const char *)part + at) : 1;
    if (__builtin_expect(found != number, 0))
        fl_not_alive(file, line, name, number, found);
}

/* The world doesn't give what can't be done without (a thread): said, and the end with status 1. */
void fl_give_up(const char *fmt, ...) __attribute__((noreturn, cold, format(printf, 1, 2)));

/* What says last words from now on, instead of a line on stderr; the log does this for itself. pairs: as fl_log's. */
void fl_last_words_go_to(void (*say)(const char *what, const char *pairs));
void fl_last_words(const char *what, const char *pairs);
/* ../runtime/intake/queue.c is intake/queue to those who read it. */
void fl_part_of(const char *file, char *name, unsigned long size);

#endif
