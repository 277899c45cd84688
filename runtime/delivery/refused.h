/*
 * refused.h - objects that the sink will never take, kept in a folder with its answer beside them. Thread-safe; without the
 * output's lock.
 */
#ifndef FL_REFUSED_H
#define FL_REFUSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fl_object;
struct fl_refused;

/* At most `max` bytes in `directory`, those that are there already included. NULL: no directory is given, "" or NULL. */
struct fl_refused *fl_refused_new(const char *directory, int64_t max);
void fl_refused_free(struct fl_refused *r);
/* Can files be made there? NULL, or what is wrong (to be freed). */
char *fl_refused_check(struct fl_refused *r);
/*
 * Object and answer are on disk, as refused-RANDOM.object and .answer. False: they are not, and why (why_size bytes, it held
 * the answer) says why; the folder is full, perhaps. Nothing of them is left there then.
 */
bool fl_refused_keep(struct fl_refused *r, const struct fl_object *o, char *why, size_t why_size);

#endif
