/*
 * reject.h - a folder for what could not be taken: messages that are no messages, and malformed flows.
 *
 * Files are called rejected-<UTC>-<number>.jsonl and hold one JSON object per line:
 *
 *     {"time":"...","message":12,"error":"expected `,` or `}`","text":"what was received, as a string"}
 *     {"time":"...","message":12,"field":"Start","error":"expected an integer","flow":{...as received...}}
 *
 * so that `jq -c .flow` makes input again of what has been mended. When the folder holds more than `max` bytes, the
 * oldest files go. A folder that can't be written to is said once, and once again when it can; work goes on.
 * Used by one thread at a time: the worker thread that has the turn to take.
 */
#ifndef FL_REJECT_H
#define FL_REJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fl_reject;

struct fl_rejected {
    uint64_t message;   /* its number */
    const char *error;
    const char *field;  /* of a malformed flow; NULL: a message */
    const char *text;   /* as received; valid JSON if `field` is set */
    size_t n;
};

/* NULL if `directory` is "": nothing is kept then. The folder is made when it is first needed. */
struct fl_reject *fl_reject_new(const char *directory, int64_t max);
/*
 * `wall`: ns since 1970. Does nothing for a NULL folder. What is longer than a quarter of `max` is cut (a flow then
 * becomes text).
 */
void fl_reject_put(struct fl_reject *r, int64_t wall, const struct fl_rejected *what);
/* Hand what was put to the kernel. */
void fl_reject_flush(struct fl_reject *r);
void fl_reject_free(struct fl_reject *r);

#endif
