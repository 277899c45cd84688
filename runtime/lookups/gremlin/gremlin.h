/*
 * gremlin.h - Gremlin queries to Skydive analyzers over HTTP, many at a time.
 *
 * POST /api/topology with {"GremlinQuery": text}; up to FL_GREMLIN_AT_ONCE queries are under way at once on kept-alive
 * connections. The first analyzer of the list that takes connections is used until it no longer does; then the
 * next one is, also for the queries that failed. One that refused a connection is left alone for a second, then two,
 * up to 30. Used by lookups/lookup.c, by one thread at a time; nothing here is thread-safe.
 */
#ifndef FL_GREMLIN_H
#define FL_GREMLIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

enum fl_gremlin_outcome {
    FL_GREMLIN_ANSWERED, /* text: the body of a 200 */
    FL_GREMLIN_REFUSED,  /* text: `<status>: <body>`, or why there was no whole answer */
    FL_GREMLIN_DOWN,     /* no analyzer can be reached; said in the log when that begins and ends */
    FL_GREMLIN_LATE
};

/* The caller's; lives until it is done. */
struct fl_gremlin_query {
    struct fl_gremlin_query *next;
    const char *text;
    uint32_t n;
    int64_t deadline; /* fl_gremlin_now(); late afterwards, sent or not */
    bool sent;
    uint8_t repeats;
    uint64_t tried;   /* analyzers, one bit each */
};

/* CLOCK_MONOTONIC in ns. A real server takes real time, also in tests with a virtual clock. */
int64_t fl_gremlin_now(void);

typedef void fl_gremlin_done(void *arg, struct fl_gremlin_query *q, enum fl_gremlin_outcome outcome, const char *text,
                             size_t n);

/* From then on (fl_gremlin_now()) every query is late, those under way too. The one thing that any thread may call. */
void fl_gremlin_until(struct fl_gremlin *g, int64_t until);

/* Ask all queries of the list; calls done once for each, as answers come. Returns when all are done. */
void fl_gremlin_run(struct fl_gremlin *g, struct fl_gremlin_query *first, fl_gremlin_done *done, void *arg);

#endif
