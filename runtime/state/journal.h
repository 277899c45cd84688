/*
 * journal.h - one file of checked records, to which the newest is appended; each says everything, so the last good one holds.
 *
 *     length u32 | crc32c u32 of what follows | version u16 | kind u16 | the record, `length` bytes        little-endian
 *
 * A record is on disk when fl_journal_write has returned 0. What a crash tore off at the end is cut; a file with anything else that is
 * wrong is set aside as `journal.bad` and a new one begins with the last good record.
 */
#ifndef FL_JOURNAL_H
#define FL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FL_JOURNAL_VERSION 1
#define FL_JOURNAL_RECORD_MAX ((size_t)1 << 20)

struct fl_journal;

/* What a file's bytes hold. */
struct fl_journal_found {
    size_t at, n;      /* the last good record; n is 0 when there is none */
    size_t end;        /* behind it */
    bool torn;         /* what follows is the begin of a record: cut it */
    bool damaged;      /* what follows, or stood before, is none */
    unsigned newer;    /* the version of a record that this program doesn't know; 0: none */
};
struct fl_journal_found fl_journal_look(const uint8_t *p, size_t n);

/*
 * The journal in the folder, which is read to its end and synced before anything is told of it. *record, *n: the last record, to be
 * freed, NULL: there is none. NULL and *error (to be freed) when it can't be read or is newer. `path`: the folder's, for messages.
 */
struct fl_journal *fl_journal_open(int folder, const char *path, uint8_t **record, size_t *n, char **error);
/* Appends a record, at most FL_JOURNAL_RECORD_MAX bytes. 0, or an errno: then the record before still holds, and the next one begins a new file. */
int fl_journal_write(struct fl_journal *j, const void *record, size_t n);
void fl_journal_close(struct fl_journal *j);

#endif
