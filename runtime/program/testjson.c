/* testjson.c - `expect record.Context == {...}`: a part of the encoded record against JSON; see testrun.h. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/runtime.h"
#include "program/testrun.h"

#define DUMP (JSON_ENCODE_ANY | JSON_COMPACT)

/* One part of a path such as `record.List[0].Name`, `.` and `[` included; moves *path behind it. */
static json_t *follow(json_t *at, const char **path)
{
    const char *p = *path;
    if (*p == '[') {
        char *end;
        unsigned long i = strtoul(p + 1, &end, 10);
        *path = *end == ']' ? end + 1 : end;
        return json_array_get(at, i);
    }
    if (*p == '.')
        p++;
    size_t n = strcspn(p, ".[");
    *path = p + n;
    return json_object_getn(at, p, n);
}

static void differs(struct fl_testrun *t, const struct fl_test_step *step, json_t *want, json_t *got)
{
    char *w = json_dumps(want, DUMP), *g = json_dumps(got, DUMP);
    fl_test_fail(t, step, "expected %s\n#   found    %s", w ? w : "?", g ? g : "?");
    free(w);
    free(g);
}

void fl_test_json(struct fl_testrun *t, const struct fl_test_step *step)
{
    json_error_t e;
    t->text.n = 0;
    t->rt.pipeline->json(&t->w->cx, t->last, &t->text);
    json_t *record = json_loadb(t->text.p, t->text.n, JSON_DECODE_ANY, &e);
    if (!record) {
        fl_test_fail(t, step, "the encoded record is no JSON, which is an error of flowc: %s: %.*s", e.text,
                     (int)t->text.n, t->text.p);
        return;
    }
    json_t *want = json_loads(step->text, JSON_DECODE_ANY, &e);
    const char *path = step->path ? step->path : "record";
    if (strncmp(path, "record", 6) == 0 && (path[6] == 0 || path[6] == '.' || path[6] == '['))
        path += 6;
    json_t *got = record;
    while (got && *path)
        got = follow(got, &path);
    if (!want)
        fl_test_fail(t, step, "what is expected is no JSON: %s (column %d)", e.text, e.column);
    else if (!got)
        fl_test_fail(t, step, "it isn't there; the record is %.*s", (int)t->text.n, t->text.p);
    else if (!json_equal(want, got))
        differs(t, step, want, got);
    json_decref(want);
    json_decref(record);
}
