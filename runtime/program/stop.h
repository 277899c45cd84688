/*
 * stop.h - from the first signal, or the end of the input, to the exit status.
 */
#ifndef FL_STOP_H
#define FL_STOP_H

#include <stdint.h>

struct fl_runtime;

/*
 * Before any thread: signals that stop are blocked (they are waited for), those that would only kill by accident
 * ignored.
 */
void fl_signals_block(void);
/*
 * Wait for SIGTERM, SIGINT or the end of the input, and end everything in order, with `timeout` ns for what is left.
 * Until then the ledger is logged every `ledger_every` ns (0: only at the end), and at SIGHUP the log file is opened and
 * credentials are read anew.
 * Returns the exit status: 0, or 1 if records were not delivered or the input broke off. A second signal ends the
 * process.
 */
int fl_run_to_end(struct fl_runtime *rt, int64_t timeout, int64_t ledger_every);

#endif
