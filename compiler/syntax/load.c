/*
 * load.c - a file with all that `use` and `include` bring in, as one list of items.
 *
 * `use NAME` finds NAME.flow on the module path, else among the modules embedded in flowc; a module that was used
 * already adds nothing. `include` pastes a file at its place: found beside the including file, else on the module
 * path; a second time is an error. Each source knows what brought it in (source.from), so a cycle is found by
 * going up, and the notes can show the way.
 *
 * Check writes into the tree, so each variant gets one of its own: the files are parsed again, from the texts that are in memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/embedded.h"
#include "flowc.h"
#include "syntax/lexer.h"
#include "syntax/parse_api.h"
#include "syntax/variants.h"
#include "base/suggest.h"

enum { MAX_DEPTH = 64, CHUNK = 1 << 16 };

/* A source that was brought in: as a module of that name, or as a file. */
struct seen {
    const char *key;  /* the real path, or "<name>" of an embedded module */
    bool module;
    bool open;        /* its items are being read */
    uint32_t file;
    struct seen *next;
};

/* A text that is in memory; another variant may bring it in elsewhere. */
struct read {
    const char *key;
    uint32_t file;
    struct read *next;
};

/* A test that an earlier variant has. */
struct placed {
    struct fc_span span;
    struct placed *next;
};

struct loader {
    struct fc_compilation *c;
    struct fc_choices choices;
    struct read *read;
    struct placed *placed;
    struct seen *seen;
    struct fc_items items;
    int depth;
};

void fc_compilation_init(struct fc_compilation *c)
{
    memset(c, 0, sizeof *c);
    fl_arena_init(&c->arena, CHUNK);
    fc_sources_init(&c->sources, &c->arena);
    fc_diags_init(&c->diags, &c->arena, &c->sources);
}

void fc_compilation_free(struct fc_compilation *c)
{
    fl_arena_free(&c->arena);
    memset(c, 0, sizeof *c);
}

void fc_at_variant(struct fc_compilation *c, unsigned i)
{
    c->file = c->variants[i].file;
    c->program = c->variants[i].program;
    c->plan = c->variants[i].plan;
}

static const char *real_path(struct fl_arena *a, const char *path)
{
    char *real = realpath(path, NULL);
    const char *copy = fl_arena_strdup(a, real ? real : path);
    free(real);
    return copy;
}

static struct seen *find_seen(struct loader *l, const char *key)
{
    for (struct seen *s = l->seen; s; s = s->next)
        if (strcmp(s->key, key) == 0)
            return s;
    return NULL;
}

static struct seen *add_seen(struct loader *l, const char *key, bool module, uint32_t file)
{
    struct seen *s = fl_arena_zero(&l->c->arena, sizeof *s);
    s->key = key;
    s->module = module;
    s->file = file;
    s->next = l->seen;
    l->seen = s;
    return s;
}

static uint32_t read_before(const struct loader *l, const char *key)
{
    for (const struct read *r = l->read; r; r = r->next)
        if (strcmp(r->key, key) == 0)
            return r->file;
    return 0;
}

static void note_read(struct loader *l, const char *key, uint32_t file)
{
    if (!read_before(l, key)) {
        struct read *r = fl_arena_zero(&l->c->arena, sizeof *r);
        *r = (struct read){key, file, l->read};
        l->read = r;
    }
    l->c->sources.v[file].variants |= UINT64_C(1) << l->c->nvariants;
}

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* The first of the module path's folders that has `file`; NULL if none. */
static const char *on_module_path(struct loader *l, const char *file)
{
    for (const char **dir = l->c->module_path; dir && *dir; dir++) {
        const char *path = fl_arena_printf(&l->c->arena, "%s/%s", *dir, file);
        if (is_file(path))
            return path;
    }
    return NULL;
}

static const struct fc_embedded *find_embedded(const char *name)
{
    for (const struct fc_embedded *m = fc_embedded_modules; m->name; m++)
        if (strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

static void add_source(struct loader *l, struct seen *s);

/* May `s` (found by the item at `span`) be read? Says what is wrong otherwise. */
static bool may_read(struct loader *l, struct seen *s, bool module, const char *name, struct fc_span span)
{
    struct fc_compilation *c = l->c;
    if (!s)
        return true;
    if (s->open) {
        struct fc_diag *g = fc_report(&c->diags, FC_CYCLE, span, name);
        for (uint32_t f = span.file; f && f != s->file; f = c->sources.v[f].from.file)
            if (c->sources.v[f].from.file)
                fc_diag_note(&c->diags, g, c->sources.v[f].from, "by way of this");
        return false;
    }
    if (module && s->module)
        return false;
    struct fc_diag *g = fc_report(&c->diags, FC_TWICE, span, name);
    fc_diag_note(&c->diags, g, c->sources.v[s->file].from, "here");
    return false;
}

static void open_file(struct loader *l, const char *path, bool module, const char *name, struct fc_span span)
{
    struct fc_compilation *c = l->c;
    const char *key = real_path(&c->arena, path);
    if (!may_read(l, find_seen(l, key), module, name, span))
        return;
    uint32_t file = read_before(l, key);
    if (!file && (file = fc_source_open(&c->sources, path, span)) == 0) {
        fc_report(&c->diags, FC_CANNOT_READ, span, path, strerror(errno));
        return;
    }
    note_read(l, key, file);
    add_source(l, add_seen(l, key, module, file));
}

static void follow_use(struct loader *l, const struct fc_item *item)
{
    struct fc_compilation *c = l->c;
    const char *name = item->name.s;
    const char *path = on_module_path(l, fl_arena_printf(&c->arena, "%s.flow", name));
    if (path) {
        open_file(l, path, true, name, item->name.span);
        return;
    }
    const struct fc_embedded *m = find_embedded(name);
    if (m) {
        const char *key = fl_arena_printf(&c->arena, "<%s>", name);
        if (!may_read(l, find_seen(l, key), true, name, item->name.span))
            return;
        uint32_t file = read_before(l, key);
        if (!file)
            file = fc_source_text(&c->sources, fl_arena_printf(&c->arena, "<flowc>/%s.flow", name), m->text, m->len, item->name.span);
        c->sources.v[file].embedded = true;
        note_read(l, key, file);
        add_source(l, add_seen(l, key, true, file));
        return;
    }
    struct fc_diag *g = fc_report(&c->diags, FC_NO_MODULE, item->name.span, name);
    struct fl_suggest s;
    fl_suggest_init(&s, name);
    for (m = fc_embedded_modules; m->name; m++)
        fl_suggest_try(&s, m->name);
    if (fl_suggest_best(&s))
        fc_diag_help(&c->diags, g, "did you mean `%s`?", fl_suggest_best(&s));
}

static void follow_include(struct loader *l, const struct fc_item *item)
{
    struct fc_compilation *c = l->c;
    const char *from = c->sources.v[item->span.file].path;
    const char *slash = strrchr(from, '/');
    const char *path = item->text;
    if (*path != '/' && slash && !c->sources.v[item->span.file].embedded)
        path = fl_arena_printf(&c->arena, "%.*s%s", (int)(slash + 1 - from), from, path);
    if (*item->text != '/' && !is_file(path)) {
        const char *other = on_module_path(l, item->text);
        if (other)
            path = other;
    }
    open_file(l, path, false, item->text, item->text_span);
}

/* A test runs once: in the first variant that has it. */
static bool is_placed(struct loader *l, const struct fc_item *test)
{
    for (const struct placed *p = l->placed; p; p = p->next)
        if (!memcmp(&p->span, &test->span, sizeof p->span))
            return true;
    struct placed *p = fl_arena_zero(&l->c->arena, sizeof *p);
    *p = (struct placed){test->span, l->placed};
    l->placed = p;
    return false;
}

/* Each select in an output gives way to the parts of the alternative that is taken. */
static struct fc_output_part *expanded(struct loader *l, struct fc_output_part *parts)
{
    struct fc_output_part *first = NULL, **end = &first;
    for (struct fc_output_part *p = parts, *next; p; p = next) {
        next = p->next;
        if (p->kind == FC_OUT_SELECT) {
            const struct fc_case *x = fc_choose_case(&l->choices, p->select);
            *end = expanded(l, x ? x->parts : NULL);
        } else {
            *end = p;
            p->next = NULL;
        }
        while (*end)
            end = &(*end)->next;
    }
    return first;
}

static void add_items(struct loader *l, struct fc_item *items)
{
    for (struct fc_item *i = items, *next; i; i = next) {
        const struct fc_case *x;
        next = i->next;
        i->next = NULL;
        switch (i->kind) {
        case FC_I_USE:
            follow_use(l, i);
            break;
        case FC_I_INCLUDE:
            follow_include(l, i);
            break;
        case FC_I_SELECT:
            if ((x = fc_choose_case(&l->choices, i->select)) != NULL)
                add_items(l, x->items);
            break;
        case FC_I_OUTPUT:
            i->outputs = expanded(l, i->outputs);
            FC_APPEND(l->items, i);
            break;
        default:
            if (i->kind != FC_I_TEST || !is_placed(l, i))
                FC_APPEND(l->items, i);
        }
    }
}

/* Parse a source and add its items, what it brings in at its place. */
static void add_source(struct loader *l, struct seen *s)
{
    struct fc_compilation *c = l->c;
    struct fc_parse p = {&c->arena, &c->sources, &c->diags};
    if (l->depth == MAX_DEPTH) {
        fc_report(&c->diags, FC_TOO_DEEP, c->sources.v[s->file].from, MAX_DEPTH);
        return;
    }
    l->depth++;
    s->open = true;
    add_items(l, fc_parse_source(&p, s->file));
    s->open = false;
    l->depth--;
}

/* Said where the last of those selects stands that make the product too large. */
static bool may_go_on(struct fc_compilation *c)
{
    const struct fc_select *s = c->file.selects;
    if (c->nvariants < FC_MAX_VARIANTS)
        return true;
    while (s->next)
        s = s->next;
    fc_diag_help(&c->diags, fc_report(&c->diags, FC_SELECT, s->span, fl_arena_printf(&c->arena, "with this `select` the file has more than %d variants", FC_MAX_VARIANTS)),
                 "each combination of alternatives is compiled in; put what belongs together into one `select`");
    return false;
}

static bool load(struct fc_compilation *c, const char *path, uint32_t file)
{
    struct loader l = {.c = c, .choices = {.c = c}};
    c->main_source = file;
    c->variants = fl_arena_zero(&c->arena, sizeof *c->variants * FC_MAX_VARIANTS);
    do {
        fc_diags_variant(&c->diags, c->nvariants);
        l.seen = NULL;
        l.items = (struct fc_items){NULL, NULL};
        c->file = (struct fc_file){NULL, NULL};
        c->sources.v[file].variants |= UINT64_C(1) << c->nvariants;
        add_source(&l, add_seen(&l, real_path(&c->arena, path), false, file));
        c->file.items = l.items.first;
        c->variants[c->nvariants++].file = c->file;
    } while (c->diags.errors == 0 && fc_next_variant(&l.choices) && may_go_on(c));
    fc_diags_together(&c->diags);
    fc_at_variant(c, 0);
    return c->diags.errors == 0;
}

bool fc_load(struct fc_compilation *c, const char *path)
{
    struct fc_span none = {0, 0, 0};
    uint32_t file = fc_source_open(&c->sources, path, none);
    if (!file) {
        fc_report(&c->diags, FC_CANNOT_READ, none, path, strerror(errno));
        return false;
    }
    return load(c, path, file);
}

bool fc_load_text(struct fc_compilation *c, const char *path, const char *text, size_t len)
{
    return load(c, path, fc_source_text(&c->sources, path, text, len, (struct fc_span){0, 0, 0}));
}
