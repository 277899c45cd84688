/*
 * gremlin.h - Gremlin queries to Skydive analyzers over HTTP, many at a time.
 *
 * POST /api/topology with {"GremlinQuery": text}; up to FL_GREMLIN_AT_ONCE queries are under way at once on kept-alive
 * connections. The first analyzer of the list that takes connections is used until it no longer does; then the
 * next one is, also for the queries that failed. One that refused a connection is left alone for a second, then two,
 * up to 30. Used by one thread at a time; nothing here is thread-safe.
 */
#ifndef FL_GREMLIN_H
#define FL_GREMLIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/lookup.h"

#define FL_GREMLIN_AT_ONCE 32
#define FL_GREMLIN_MAX_ANSWER (16u << 20) /* bytes, unpacked; a larger answer is a failure */

struct fl_gremlin;

/* Texts are copied. "" is like NULL. */
struct fl_gremlin_options {
    const char *const *analyzers; /* `host:port`, `port`, `:port`, `[v6]:port`; the port may be a service's name */
    uint32_t nanalyzers;
    const char *url;              /* http(s)://host:port instead of the list */
    const char *username, *password;
    const char *ca_cert, *client_cert, *client_key, *server_cert, *server_key; /* ca_cert with the client's pair, or the
                                     * server's pair: https. The client's pair is shown, ca_cert then the only trust. */
};

/* NULL and *error (to be freed) if an option can't be: a bad address, a certificate that doesn't load. */
struct fl_gremlin *fl_gremlin_new(const struct fl_gremlin_options *o, char **error);
void fl_gremlin_free(struct fl_gremlin *g);

/* An entry of `analyzers` as URL, without the path; to be freed. NULL: *error says why, to be freed. */
char *fl_gremlin_url(const char *entry, bool https, char **error);
/* What is wrong with these PEM files (ca may be NULL), to be freed; NULL: nothing. */
char *fl_gremlin_tls_problem(const char *cert, const char *private_key, const char *ca);

/* From then on (fl_clock_monotonic()) every query is late, those under way too. The one thing that any thread may call. */
void fl_gremlin_until(struct fl_gremlin *g, int64_t until);

/* Ask all queries of the list; calls done once for each, as answers come. Returns when all are done. */
void fl_gremlin_run(struct fl_gremlin *g, struct fl_question *first, fl_answered *done, void *arg);

#endif
