/*
 * yaml.h - a YAML document as a flat list of dotted paths, each with its place.
 *
 *     pipeline:                     pipeline.write.s3.region -> us-south   at 4:7
 *       Write.s3:
 *         region: us-south
 *
 * Nested sections and dotted keys are the same; keys are lower-cased, since the original's may be written in
 * any case.
 * A key given twice is a problem. Read by config.c for the file, for `--set` values and for defaults.
 */
#ifndef FL_YAMLTREE_H
#define FL_YAMLTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "config/problems.h"

enum fl_yaml_kind {
    FL_YAML_NULL,  /* empty, ~ or null: as if not given */
    FL_YAML_TEXT,
    FL_YAML_LIST,
    FL_YAML_MAP    /* in an entry: an empty section; in a list: not taken by any key */
};

struct fl_yaml_value {
    enum fl_yaml_kind kind;
    bool quoted;                      /* written in quotes or as a block: never null */
    const char *text;                 /* of TEXT */
    const struct fl_yaml_value *item; /* of LIST */
    uint32_t n;
    struct fl_place_of at;
};

struct fl_yaml_entry {
    const char *path;         /* lower case, dotted */
    const char *written;      /* the same as it was written */
    struct fl_place_of at;    /* of the key */
    struct fl_yaml_value value;
};

struct fl_yaml {
    const struct fl_yaml_entry *entry;
    uint32_t n;
};

/*
 * Parse a whole file. `source` is its name for problems. False: not YAML, or not a mapping; some entries may be there.
 * All memory is the arena's.
 */
bool fl_yaml_parse(struct fl_arena *a, const char *source, const char *text, size_t n, struct fl_yaml *out,
                   struct fl_problems *problems);

/* Parse one value, as `[10.0.0.0/8]` or `60s`, that stands at `path`; a mapping becomes several entries below it. */
bool fl_yaml_parse_value(struct fl_arena *a, const char *source, const char *path, const char *text,
                         struct fl_yaml *out, struct fl_problems *problems);

/* The entry of a path (lower case), or NULL. */
const struct fl_yaml_entry *fl_yaml_find(const struct fl_yaml *y, const char *path);

/* The value as YAML that reads back the same, in the arena: quoted where it has to be, lists as [a, b]. */
const char *fl_yaml_show(struct fl_arena *a, const struct fl_yaml_value *v);

char *fl_lower(struct fl_arena *a, const char *s);

#endif
