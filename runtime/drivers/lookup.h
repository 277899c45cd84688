/*
 * lookup.h - kinds of lookups: who answers what flows ask of the outside. One is a folder of lookups/ with its row, and a row
 * in program/drivers.def. Waves, cache and answers are lookups/lookup.c's.
 */
#ifndef FL_DRIVER_LOOKUP_H
#define FL_DRIVER_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fl_options;
struct fl_runtime;

/* The caller's; lives until it is answered. */
struct fl_question {
    struct fl_question *next;
    const char *text;
    uint32_t n;
    int64_t deadline; /* fl_clock_monotonic(); late afterwards, sent or not */
    bool sent;
    /* the kind's */
    uint8_t repeats;
    uint64_t tried;
};

enum fl_answered_how {
    FL_ANSWERED, /* text: the answer, JSON */
    FL_REFUSED_ANSWER, /* text: why there is none */
    FL_NOBODY_ANSWERS, /* nobody can be reached; said in the log when that begins and ends */
    FL_ANSWER_LATE
};

typedef void fl_answered(void *arg, struct fl_question *q, enum fl_answered_how how, const char *text, size_t n);

struct fl_lookup_kind {
    const char *name;
    /* `url`: --lookups, or NULL. NULL and *error (to be freed): an option can't be; NULL without: nobody is there to be asked. */
    void *(*open)(struct fl_runtime *rt, const struct fl_options *o, const char *url, char **error);
    /* Ask all questions of the list; calls `done` once for each, as answers come. Returns when all are done. */
    void (*ask)(void *lookup, struct fl_question *first, fl_answered *done, void *arg);
    /* From then on (fl_clock_monotonic()) every question is late, those under way too. Any thread. */
    void (*until)(void *lookup, int64_t until);
    void (*close)(void *lookup);
};

#endif
