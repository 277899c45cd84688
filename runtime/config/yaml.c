/* yaml.c - see yaml.h. libyaml does the parsing; this walks its document. */
#include "config/yaml.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/hash.h"
#include "base/text.h"

#define MAX_DEPTH 32          /* an alias may point to a parent */
#define MAX_VALUES 100000     /* aliases of aliases of ...; a list of networks may be long */
#define MAX_ANCHORS 1000      /* libyaml compares each with all others */

/* A path that was seen: as an entry (map NULL), or as a key of one mapping. */
struct seen {
    const char *path; /* NULL: free */
    const yaml_node_t *map;
    uint32_t line;    /* where it was first */
};

/* Open addressing, at most half full: 50,000 keys cost 50,000 looks. */
struct seen_set {
    struct seen *v;
    uint32_t n, cap;
    uint64_t seed;
};

struct walk {
    struct fl_arena *arena;
    const char *source;
    yaml_document_t *doc;
    struct fl_problems *problems;
    struct fl_yaml_entry *entry;
    uint32_t n, cap, values;
    struct seen_set seen;
    bool lines;               /* the source has lines */
    bool ok;
};

char *fl_lower(struct fl_arena *a, const char *s)
{
    char *copy = fl_arena_strdup(a, s);
    for (char *p = copy; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

static struct fl_place_of place(const struct walk *w, yaml_mark_t m)
{
    struct fl_place_of at = { w->source, 0, 0 };
    if (w->lines) {
        at.line = (uint32_t)m.line + 1;
        at.col = (uint32_t)m.column + 1;
    }
    return at;
}

static struct seen *seen_place(const struct seen_set *set, const char *path, const yaml_node_t *map)
{
    uint64_t i = fl_hash(set->seed ^ (uintptr_t)map, path, (uint32_t)strlen(path));
    for (;; i++) {
        struct seen *e = &set->v[i & (set->cap - 1)];
        if (!e->path || (e->map == map && !strcmp(e->path, path)))
            return e;
    }
}

/* The place of the path in the set; new, its line is UINT32_MAX. */
static struct seen *see(struct walk *w, const char *path, const yaml_node_t *map)
{
    struct seen_set *set = &w->seen;
    if (2 * set->n >= set->cap) {
        struct seen_set old = *set;
        set->cap = old.cap ? 2 * old.cap : 64;
        set->v = fl_arena_zero(w->arena, set->cap * sizeof *set->v);
        if (!old.cap)
            set->seed = fl_hash_seed(set);
        for (uint32_t i = 0; i < old.cap; i++)
            if (old.v[i].path)
                *seen_place(set, old.v[i].path, old.v[i].map) = old.v[i];
    }
    struct seen *e = seen_place(set, path, map);
    if (!e->path) {
        *e = (struct seen){ path, map, UINT32_MAX };
        set->n++;
    }
    return e;
}

static void too_much(struct walk *w, yaml_mark_t m)
{
    if (w->ok)
        fl_problem(w->problems, place(w, m), "too much nesting or too many aliases");
    w->ok = false;
}

static void add(struct walk *w, const char *written, struct fl_place_of at, struct fl_yaml_value value, bool merged)
{
    char *path = fl_lower(w->arena, written);
    struct seen *old = see(w, path, NULL);
    if (old->line != UINT32_MAX) {
        if (!merged && old->line)
            fl_problem(w->problems, at, "%s is given twice; the first is in line %u. Remove one of them", path,
                       old->line);
        else if (!merged)
            fl_problem(w->problems, at, "%s is given twice; remove one of them", path);
        return;
    }
    old->line = at.line;
    fl_arena_grow(w->arena, w->entry, w->n, w->cap);
    w->entry[w->n++] = (struct fl_yaml_entry){ path, written, at, value };
}

static bool is_null(const yaml_node_t *node)
{
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    const char *s = (const char *)node->data.scalar.value;
    return !*s || !strcmp(s, "~") || !strcmp(s, "null") || !strcmp(s, "Null") || !strcmp(s, "NULL");
}

static struct fl_yaml_value value_of(struct walk *w, yaml_node_t *node, unsigned depth)
{
    struct fl_yaml_value v = { .kind = FL_YAML_NULL, .at = place(w, node->start_mark) };
    if (++w->values > MAX_VALUES || depth > MAX_DEPTH) {
        too_much(w, node->start_mark);
    } else if (node->type == YAML_SCALAR_NODE) {
        v.quoted = node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        v.kind = is_null(node) ? FL_YAML_NULL : FL_YAML_TEXT;
        v.text = fl_arena_strndup(w->arena, (const char *)node->data.scalar.value, node->data.scalar.length);
        if (strlen(v.text) != node->data.scalar.length)
            fl_problem(w->problems, v.at, "the value holds a zero byte, which no key takes");
    } else if (node->type == YAML_SEQUENCE_NODE) {
        size_t n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
        struct fl_yaml_value *item = fl_arena_get(w->arena, (n + 1) * sizeof *item);
        for (size_t i = 0; i < n && w->ok; i++)
            item[i] = value_of(w, yaml_document_get_node(w->doc, node->data.sequence.items.start[i]), depth + 1);
        v.kind = FL_YAML_LIST;
        v.item = item;
        v.n = (uint32_t)n;
    } else {
        v.kind = FL_YAML_MAP;
    }
    return v;
}

static void walk_map(struct walk *w, const char *prefix, yaml_node_t *map, unsigned depth, bool merged);

/* `<<: *base`: the members of base that are not given otherwise. */
static void walk_merge(struct walk *w, const char *prefix, yaml_node_t *base, unsigned depth)
{
    if (base->type == YAML_MAPPING_NODE) {
        walk_map(w, prefix, base, depth + 1, true);
    } else if (base->type == YAML_SEQUENCE_NODE && (depth > MAX_DEPTH || ++w->values > MAX_VALUES)) {
        too_much(w, base->start_mark);
    } else if (base->type == YAML_SEQUENCE_NODE) {
        yaml_node_item_t *top = base->data.sequence.items.top;
        for (yaml_node_item_t *i = base->data.sequence.items.start; i < top && w->ok; i++)
            walk_merge(w, prefix, yaml_document_get_node(w->doc, *i), depth + 1);
    }
}

static bool is_merge(const yaml_node_t *key)
{
    return key->type == YAML_SCALAR_NODE && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           !strcmp((const char *)key->data.scalar.value, "<<");
}

/* A section given twice with disjoint members would pass as separate paths, so look at the keys of this mapping too. */
static void check_section_twice(struct walk *w, yaml_node_t *map, yaml_node_t *key, const char *path, bool section)
{
    struct seen *first = see(w, fl_lower(w->arena, path), map);
    if (first->line == UINT32_MAX)
        first->line = (uint32_t)key->start_mark.line + 1;
    else if (section)
        fl_problem(w->problems, place(w, key->start_mark),
                   "section %s is given twice; the first is in line %u. Put both into one", path, first->line);
}

static void walk_pair(struct walk *w, const char *prefix, yaml_node_t *map, yaml_node_pair_t *p, unsigned depth,
                      bool merged)
{
    yaml_node_t *key = yaml_document_get_node(w->doc, p->key), *node = yaml_document_get_node(w->doc, p->value);
    struct fl_place_of at = place(w, key->start_mark);
    if (key->type != YAML_SCALAR_NODE || key->data.scalar.length == 0) {
        fl_problem(w->problems, at, "a key has to be a name");
        return;
    }
    char *path = *prefix ? fl_arena_printf(w->arena, "%s.%s", prefix, (char *)key->data.scalar.value)
                         : fl_arena_strdup(w->arena, (char *)key->data.scalar.value);
    if (!merged)
        check_section_twice(w, map, key, path, node->type == YAML_MAPPING_NODE);
    if (node->type != YAML_MAPPING_NODE) {
        add(w, path, at, value_of(w, node, depth), merged);
        return;
    }
    if (node->data.mapping.pairs.start == node->data.mapping.pairs.top)
        add(w, path, at, value_of(w, node, depth), merged);
    walk_map(w, path, node, depth + 1, merged);
}

static void walk_map(struct walk *w, const char *prefix, yaml_node_t *map, unsigned depth, bool merged)
{
    if (depth > MAX_DEPTH || ++w->values > MAX_VALUES) {
        too_much(w, map->start_mark);
        return;
    }
    yaml_node_pair_t *start = map->data.mapping.pairs.start, *top = map->data.mapping.pairs.top;
    for (yaml_node_pair_t *p = start; p < top && w->ok; p++)
        if (!is_merge(yaml_document_get_node(w->doc, p->key)))
            walk_pair(w, prefix, map, p, depth, merged);
    for (yaml_node_pair_t *p = start; p < top && w->ok; p++)
        if (is_merge(yaml_document_get_node(w->doc, p->key)))
            walk_merge(w, prefix, yaml_document_get_node(w->doc, p->value), depth);
}

static void report(struct walk *w, const yaml_parser_t *parser)
{
    const char *why = parser->problem ? parser->problem : "it cannot be read";
    if (parser->context)
        fl_problem(w->problems, place(w, parser->problem_mark), "not valid YAML: %s %s", parser->context, why);
    else
        fl_problem(w->problems, place(w, parser->problem_mark), "not valid YAML: %s", why);
    w->ok = false;
}

/* What isn't YAML at all is left to the loader to say. */
static bool too_many_anchors(struct walk *w, const char *text, size_t n)
{
    yaml_parser_t parser;
    yaml_event_t event;
    uint32_t anchors = 0;
    bool end = !yaml_parser_initialize(&parser);
    if (end)
        return false;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    while (!end && anchors <= MAX_ANCHORS && yaml_parser_parse(&parser, &event)) {
        bool anchor = (event.type == YAML_SCALAR_EVENT && event.data.scalar.anchor) ||
            (event.type == YAML_SEQUENCE_START_EVENT && event.data.sequence_start.anchor) ||
            (event.type == YAML_MAPPING_START_EVENT && event.data.mapping_start.anchor);
        if (anchor && ++anchors > MAX_ANCHORS) {
            fl_problem(w->problems, place(w, event.start_mark), "more than %d anchors", MAX_ANCHORS);
            w->ok = false;
        }
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return !w->ok;
}

/* `path` NULL: the document has to be a mapping. */
static bool parse(struct walk *w, const char *path, const char *text, size_t n)
{
    yaml_parser_t parser;
    yaml_document_t doc;
    if ((memchr(text, '&', n) && too_many_anchors(w, text, n)) || !yaml_parser_initialize(&parser))
        return false;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    if (!yaml_parser_load(&parser, &doc)) {
        report(w, &parser);
        yaml_parser_delete(&parser);
        return false;
    }
    w->doc = &doc;
    yaml_node_t *root = yaml_document_get_root_node(&doc);
    bool mapping = root && root->type == YAML_MAPPING_NODE &&
        root->data.mapping.pairs.start < root->data.mapping.pairs.top;
    if (mapping)
        walk_map(w, path ? path : "", root, 0, false);
    else if (root && path)
        add(w, path, place(w, root->start_mark), value_of(w, root, 0), false);
    else if (path)
        add(w, path, (struct fl_place_of){ w->source, 0, 0 }, (struct fl_yaml_value){ .at = { w->source, 0, 0 } },
            false);
    else if (root && root->type != YAML_MAPPING_NODE && !(root->type == YAML_SCALAR_NODE && is_null(root))) {
        fl_problem(w->problems, place(w, root->start_mark), "a configuration is a list of `key: value`; this is "
                   "something else");
        w->ok = false;
    }
    yaml_document_delete(&doc);
    w->doc = NULL; /* nothing of it is asked for any more */
    if (w->ok && !yaml_parser_load(&parser, &doc)) {
        report(w, &parser);
    } else if (w->ok) {
        root = yaml_document_get_root_node(&doc);
        if (root)
            fl_problem(w->problems, place(w, root->start_mark), "a second document; only one is read");
        yaml_document_delete(&doc);
    }
    yaml_parser_delete(&parser);
    return w->ok;
}

bool fl_yaml_parse(struct fl_arena *a, const char *source, const char *text, size_t n, struct fl_yaml *out,
                   struct fl_problems *problems)
{
    struct walk w = { .arena = a, .source = source, .problems = problems, .lines = true, .ok = true };
    bool ok = parse(&w, NULL, text, n);
    *out = (struct fl_yaml){ w.entry, w.n };
    return ok;
}

bool fl_yaml_parse_value(struct fl_arena *a, const char *source, const char *path, const char *text,
                         struct fl_yaml *out, struct fl_problems *problems)
{
    struct walk w = { .arena = a, .source = source, .problems = problems, .ok = true };
    bool ok = parse(&w, path, text, strlen(text));
    *out = (struct fl_yaml){ w.entry, w.n };
    return ok;
}

const struct fl_yaml_entry *fl_yaml_find(const struct fl_yaml *y, const char *path)
{
    for (uint32_t i = 0; i < y->n; i++)
        if (!strcmp(y->entry[i].path, path))
            return &y->entry[i];
    return NULL;
}

/* Would the text be read back as the same text without quotes, in a list too? */
static bool plain(const char *s)
{
    if (!*s || strchr("-?:,[]{}#&*!|>'\"%@` ~", *s) || !strcasecmp(s, "null"))
        return false;
    for (const char *p = s; *p; p++)
        if (fl_control(p) || strchr(",[]{}\"\\", *p) || (*p == ':' && (p[1] == ' ' || !p[1])) ||
            (*p == '#' && p[-1] == ' ') || (*p == ' ' && !p[1]))
            return false;
    return true;
}

static void show(struct fl_buf *b, const struct fl_yaml_value *v)
{
    if (v->kind == FL_YAML_NULL || v->kind == FL_YAML_MAP) {
        fl_buf_puts(b, v->kind == FL_YAML_MAP ? "{}" : "");
    } else if (v->kind == FL_YAML_LIST) {
        fl_buf_puts(b, "[");
        for (uint32_t i = 0; i < v->n; i++) {
            fl_buf_puts(b, i ? ", " : "");
            show(b, &v->item[i]);
        }
        fl_buf_puts(b, "]");
    } else if (plain(v->text)) {
        fl_buf_puts(b, v->text);
    } else {
        fl_buf_puts(b, "\"");
        for (const char *p = v->text; *p;)
            fl_put_yaml(b, &p);
        fl_buf_puts(b, "\"");
    }
}

const char *fl_yaml_show(struct fl_arena *a, const struct fl_yaml_value *v)
{
    struct fl_buf b = { 0 };
    show(&b, v);
    const char *text = fl_arena_strndup(a, b.p ? b.p : "", b.n);
    fl_buf_free(&b);
    return text;
}
