/*
 * answer.h - from the JSON answer of a query to a lookup's result struct.
 *
 * A node query answers a list; its first node counts. An element that is itself a list is a
 * path of nodes and is flattened. Paths go through the node's members: `Metadata.K8s.Name`, `Host`,
 * `Metadata.List[0].Kind`, `List[-1]` from its end. Where a path meets a list without an index, the values found in the list's objects are a
 * list again. `List[Type="a"]` is the first object of a list whose member Type is so and where the rest leads to something, `List[-Type="a"]` the last; of paths with `|` between
 * them the first counts that leads to something.
 *
 * Types are those of the JSON: a string field takes only a JSON string, a number that equals an integer is an integer.
 * Times, durations, bytes and packets are integers as they stand in the answer. A value of another type counts as
 * missing, and so does a list member of another type. A cidr may lack its length: `10.0.0.1` is `10.0.0.1/32`.
 *
 * Results are one block: the struct, then its lists and texts, FL_PAD readable bytes last. Given back with free().
 */
#ifndef FL_ANSWER_H
#define FL_ANSWER_H

#include <stddef.h>

#include "flowrt.h"

enum fl_answer {
    FL_ANSWER_RESULT,
    FL_ANSWER_NULL, /* no node, or a required path is missing: a good answer, to be cached */
    FL_ANSWER_BAD   /* not what an analyzer answers; `why` says so */
};

#define FL_ANSWER_WHY 160 /* size of `why` */

/* *result is set for FL_ANSWER_RESULT only, `why` for FL_ANSWER_BAD only. */
enum fl_answer fl_answer_text(const struct fl_lookup *row, const char *text, size_t n, void **result, char *why);
enum fl_answer fl_answer_json(const struct fl_lookup *row, const struct json_t *answer, void **result, char *why);

/*
 * All nodes of the answer: `each` gets the result struct of every one that has what is required, valid during the call; *skipped counts
 * the others. False: the answer is none, `why` says so, and nobody was called.
 */
bool fl_answer_rows(const struct fl_lookup *row, const char *text, size_t n, void (*each)(void *arg, const void *result), void *arg,
                    uint64_t *skipped, char *why);
bool fl_answer_rows_json(const struct fl_lookup *row, const struct json_t *answer, void (*each)(void *arg, const void *result), void *arg,
                         uint64_t *skipped, char *why);
/* Tests: the same from a list of objects by field names; an error text to be freed, or NULL. */
char *fl_answer_rows_preset(const struct fl_lookup *row, const char *json, void (*each)(void *arg, const void *result), void *arg);

/* Tests: `json` is an object by field names, or null (*result = NULL). Returns an error text to be freed, or NULL. */
char *fl_answer_preset(const struct fl_lookup *row, const char *json, void **result);

#endif
