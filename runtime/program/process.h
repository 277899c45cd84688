/*
 * process.h - what Prometheus' client libraries say of a process, under their names.
 */
#ifndef FL_PROCESS_H
#define FL_PROCESS_H

struct fl_buf;

/* What the system doesn't tell (no /proc, a hardened unit's ProcSubset) is left out. Any thread. */
void fl_process_metrics(struct fl_buf *out);

#endif
