/*
 * fills.h - the life of tables that are filled from outside: `table .. from KIND .. reload D`.
 *
 * A thread reads them, each when it is due, into a table of its own; the worker takes that in its turn to run, which is an exchange of two
 * structs. So no reader waits, and a batch sees one state of a table. When a reading fails the rows stay, and it is tried again after a second,
 * then two, and so on up to `reload`. Rows that `keeps` says to keep stay, whatever is read, until they expire.
 *
 * `flowc test` has no such thread: tests say what tables hold.
 */
#ifndef FL_FILLS_H
#define FL_FILLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct fl_cx;
struct fl_fill;
struct fl_fills;
struct fl_runtime;

/*
 * `file_or_url` is --lookups, or NULL: a file {query: answer} or an analyzer. Without one and with --input nothing is read. NULL and *error (to be
 * freed): an option can't be. All other functions take NULL for tables that nobody fills.
 */
struct fl_fills *fl_fills_new(struct fl_runtime *rt, const char *file_or_url, char **error);
void fl_fills_free(struct fl_fills *l);
/* The thread. Params are known, and tables are open. */
void fl_fills_start(struct fl_fills *l);
/* Wait until each table was read once, or for so long (ns); what is missing then is said in the log. */
void fl_fills_await(struct fl_fills *l, int64_t ns);
/* In the turn to run: what was read becomes what the pipeline sees. */
void fl_fills_take(struct fl_fills *l);
/* All tables are due now (SIGHUP); false: there is none. Any thread. */
bool fl_fills_again(struct fl_fills *l);
/* No more readings; one under way is broken off. Any thread. */
void fl_fills_stop(struct fl_fills *l);
/* Lines of /metrics: how long ago each table was read. Any thread. */
void fl_fills_metrics(struct fl_fills *l, struct fl_buf *out);

/* Read what is due at `now` (mono); returns when the next is. For the thread, and for tests instead of it. */
int64_t fl_fills_step(struct fl_fills *l, int64_t now);

/* Tests: the table is read, and this is what was found: a list of objects by the names of the row. An error text to be freed, or NULL. */
char *fl_fill_preset(const struct fl_fill *f, struct fl_cx *cx, const char *json);

#endif
