/*
 * ledger.h - the books of a pipeline: every record that came in is in exactly one counter, or pending. Any thread.
 */
#ifndef FL_LEDGER_H
#define FL_LEDGER_H

#include <stdatomic.h>
#include <stdint.h>

struct fl_buf;
struct fl_pipeline;

enum fl_counter {
#define C(name, unit, doc) FL_C_##name,
#include "dsl/counters.def"
#undef C
    FL_COUNTERS
};

struct fl_ledger {
    _Atomic uint64_t n[FL_COUNTERS];
    _Atomic uint64_t *dropped; /* by reason */
    uint32_t nreasons;
    const char *const *reasons;
    /* Several outputs: each has books of its own for what becomes of records there; NULL: all is in these. */
    struct fl_ledger *of;
    uint32_t noutputs;
    const struct fl_ledger *common; /* an output's: where what came in stands, and what all outputs don't get */
    const char *output;             /* an output's: its name */
};

/* The books of output number i, which may be l itself. */
static inline struct fl_ledger *fl_ledger_of(struct fl_ledger *l, uint32_t i)
{
    return l->of ? &l->of[i] : l;
}

static inline void fl_count(struct fl_ledger *l, enum fl_counter c, uint64_t n)
{
    atomic_fetch_add_explicit(&l->n[c], n, memory_order_relaxed);
}

void fl_ledger_init(struct fl_ledger *l, const struct fl_pipeline *p);
void fl_ledger_free(struct fl_ledger *l);
/* For a next test. */
void fl_ledger_clear(struct fl_ledger *l);
/* The counter, all outputs together. */
uint64_t fl_ledger_sum(const struct fl_ledger *l, enum fl_counter c);
/* received + emitted - written - malformed - overflow - refused - undelivered - dropped; of several outputs all together. */
uint64_t fl_ledger_pending(const struct fl_ledger *l);
/*
 * One log line (INFO) with every counter that isn't 0, and pending. Where there are several outputs each has a line, with its name and
 * `waits` (of output number i; NULL or "": nothing).
 */
void fl_ledger_log(const struct fl_ledger *l, const char *const *waits);
/* Prometheus text exposition. */
void fl_ledger_metrics(const struct fl_ledger *l, const struct fl_pipeline *p, struct fl_buf *out);

#endif
