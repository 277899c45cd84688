/*
 * limits.h - the limits that the system sets this process: said by name where something fails because of them, since
 * "Resource temporarily unavailable" and a SIGSEGV tell nobody which one to raise.
 */
#ifndef FL_LIMITS_H
#define FL_LIMITS_H

#include <stddef.h>

#define FL_STACK_MIN ((size_t)512 << 10)    /* of the main thread */
#define FL_THREAD_STACK ((size_t)1 << 20)   /* of the others: address space, of which only what is used is taken */

/* First thing in main: every thread from here on has FL_THREAD_STACK. What is too low, or NULL. */
const char *fl_limits_begin(void);

/*
 * Why there was no memory or address space, with what to do: `; the address space is limited to 200 MiB (ulimit -v): raise
 * it`, or "" without such a limit. Allocates nothing; the text stays until this thread's next call.
 */
const char *fl_limits_memory(void);

/* The same for a thread that couldn't be started, behind the error's own text. */
const char *fl_limits_thread(int error);

#endif
