/*
 * faults.h - what the system says no to, by script; for unit tests that are linked with $(faults_ldflags).
 *
 *     faults_clear();                          counts begin at 1 again, nothing fails
 *     fault_at(CALL_WRITE, 3, ENOSPC);         the third write gives ENOSPC
 *     fault_from(CALL_FSYNC, 1, EIO);          each fsync gives EIO
 *     fault_short(CALL_WRITE, 1, 5);           the first write takes no more than 5 bytes
 *     fault_clock(FL_SECOND);                  clock_gettime is a second ahead
 *
 * The linker puts these in the place of the libc's functions (--wrap) in all objects of the program, those of libflowrt.a
 * too, so the code under test is the code that is shipped and costs nothing. What libraries call themselves (stdio,
 * cmocka) isn't seen. Calls that aren't scripted go on to libc. Thread-safe, as far as a script is made before.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stddef.h>
#include <stdint.h>

/* TMPFILE: openat with O_TMPFILE, which isn't counted as OPENAT. */
enum fault_call {
    CALL_MALLOC, CALL_CALLOC, CALL_REALLOC, CALL_ALIGNED_ALLOC,
    CALL_OPEN, CALL_OPENAT, CALL_TMPFILE, CALL_READ, CALL_PREAD, CALL_WRITE, CALL_CLOSE, CALL_FSYNC, CALL_FDATASYNC,
    CALL_RENAME, CALL_RENAMEAT2, CALL_LINKAT, CALL_UNLINKAT, CALL_MKDIR, CALL_FSTAT, CALL_POLL,
    CALL_SOCKET, CALL_CONNECT, CALL_SEND, CALL_RECV,
    FAULT_CALLS
};

void faults_clear(void);
/* The n-th call from now fails with errno `error`; 1 is the next one. Up to 8 of these in all. */
void fault_at(enum fault_call call, unsigned n, int error);
/* The same for it and all after it. */
void fault_from(enum fault_call call, unsigned n, int error);
/* The n-th read, pread, write, send or recv is of `most` bytes at most. */
void fault_short(enum fault_call call, unsigned n, size_t most);
void fault_clock(int64_t ahead);
/* Calls since faults_clear. */
unsigned fault_calls(enum fault_call call);

#endif
