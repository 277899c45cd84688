/*
 * metrics.h - the HTTP server of --metrics-listen.
 */
#ifndef FL_METRICS_H
#define FL_METRICS_H

#include <stdbool.h>
#include <stdint.h>

struct fl_metrics;
struct fl_runtime;

/*
 * Serve /metrics, /healthz (the process lives) and /readyz at `address` (host:port, :port); NULL and *error (to be freed)
 * when that isn't possible. /readyz is 503 while an object has waited for `ready_age` ns or more to be written, or there is
 * no connection to the source.
 */
struct fl_metrics *fl_metrics_start(struct fl_runtime *rt, const char *address, int64_t ready_age, char **error);
/* The port that is really listened at. */
int fl_metrics_port(const struct fl_metrics *m);
/* /readyz may answer 200 from now on. */
void fl_metrics_ready(struct fl_metrics *m, bool ready);
void fl_metrics_stop(struct fl_metrics *m);

#endif
