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
};

static inline void fl_count(struct fl_ledger *l, enum fl_counter c, uint64_t n)
{
    atomic_fetch_add_explicit(&l->n[c], n, memory_order_relaxed);
}

void fl_ledger_init(struct fl_ledger *l, const struct fl_pipeline *p);
void fl_ledger_free(struct fl_ledger *l);
/* received + emitted - written - malformed - overflow - undelivered - dropped. */
uint64_t fl_ledger_pending(const struct fl_ledger *l);
/* One log line (INFO) with every counter that isn't 0, and pending. */
void fl_ledger_log(const struct fl_ledger *l);
/* Prometheus text exposition. */
void fl_ledger_metrics(const struct fl_ledger *l, const struct fl_pipeline *p, struct fl_buf *out);

#endif
