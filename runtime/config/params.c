/*
 * params.c - fills fl_param.value with typed values from --set, environment, file, a secret's own file, or the
 * .flow's default.
 * Part of config.c; the generated code reads the values from fl_pipeline.init on.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/suggest.h"
#include "config/parts.h"
#include "config/value.h"

/* A value of any type on its way to where it belongs; `size` bytes of it count. */
union value {
    bool b;
    int64_t i;
    double d;
    fl_str s;
    fl_ip ip;
    fl_cidr cidr;
};

static const struct { const char *name, *expected; size_t size; } types[] = {
    [FL_T_BOOL] = { "bool", "true or false", sizeof(bool) },
    [FL_T_INT] = { "int", "a whole number such as 6000", sizeof(int64_t) },
    [FL_T_FLOAT] = { "float", "a number such as 0.5", sizeof(double) },
    [FL_T_STRING] = { "string", "a text", sizeof(fl_str) },
    [FL_T_IP] = { "ip", "an address such as 10.0.0.1 or 2001:db8::1", sizeof(fl_ip) },
    [FL_T_CIDR] = { "cidr", "a prefix such as 10.0.0.0/8 or 2001:db8::/32", sizeof(fl_cidr) },
    [FL_T_TIME] = { "time", "a time such as 2026-11-23T08:55:02Z or seconds since 1970", sizeof(int64_t) },
    [FL_T_DURATION] = { "duration", "a duration such as 60 (seconds), 60s, 5m or 50ms, not negative", sizeof(int64_t) },
    [FL_T_BYTES] = { "bytes", "a size such as 4096, 64KiB or 2GiB, not negative", sizeof(int64_t) },
    [FL_T_PACKETS] = { "packets", "a whole number, not negative", sizeof(int64_t) },
    [FL_T_CLASS] = { "class", "the name of a class", sizeof(int64_t) },
    [FL_T_ENUM] = { "enum", "one of its names", sizeof(int64_t) },
};

const char *fl_value_type_name(enum fl_value_type t)
{
    return types[t].name;
}

static const char *path_of(const struct fl_param *p)
{
    return p->yaml ? p->yaml : p->name;
}

/* ---- one value --------------------------------------------------------------------------------------------------- */

/* A copy with FL_PAD readable bytes behind, as texts of records have. */
static fl_str text_of(struct fl_config *c, const char *s)
{
    size_t n = strlen(s);
    char *copy = fl_arena_zero(&c->arena, n + FL_PAD);
    memcpy(copy, s, n);
    return (fl_str){ copy, (uint32_t)n, FL_PLAIN };
}

static int64_t name_index(const char *const *names, uint32_t n, const char *s)
{
    for (uint32_t i = 0; i < n; i++)
        if (!strcmp(names[i], s))
            return i;
    return -1;
}

static uint32_t count(const char *const *names)
{
    uint32_t n = 0;
    while (names && names[n])
        n++;
    return n;
}

static bool convert(struct fl_config *c, const struct fl_param *p, const char *s, union value *out)
{
    switch (p->type) {
    case FL_T_BOOL: return fl_value_bool(s, &out->b);
    case FL_T_INT: return fl_value_int(s, &out->i);
    case FL_T_FLOAT: return fl_value_float(s, &out->d);
    case FL_T_STRING: out->s = text_of(c, s); return true;
    case FL_T_IP: out->ip = fl_ip_of(text_of(c, s)); return out->ip.family != 0;
    case FL_T_CIDR: return fl_cidr_parse(&out->cidr, text_of(c, s).p, (uint32_t)strlen(s));
    case FL_T_TIME: return fl_value_time(s, &out->i);
    case FL_T_DURATION: return fl_value_duration(s, &out->i);
    case FL_T_BYTES: return fl_value_bytes(s, &out->i);
    case FL_T_PACKETS: return fl_value_int(s, &out->i) && out->i >= 0;
    case FL_T_CLASS: out->i = name_index(c->pipeline->classes, c->pipeline->nclasses, s); return true;
    case FL_T_ENUM: out->i = name_index(p->names, count(p->names), s); return out->i >= 0;
    case FL_T_RECORD: return false; /* no param is one */
    }
    return false;
}

static bool same(enum fl_value_type type, const union value *a, const union value *b)
{
    switch (type) {
    case FL_T_BOOL: return a->b == b->b;
    case FL_T_FLOAT: return a->d == b->d;
    case FL_T_STRING: return fl_str_eq(a->s, b->s);
    case FL_T_IP: return fl_ip_eq(&a->ip, &b->ip);
    case FL_T_CIDR: return fl_b_same_cidr(a->cidr, b->cidr);
    default: return a->i == b->i;
    }
}

/* Values are compared, not how they are written. */
static bool allowed(struct fl_config *c, const struct fl_param *p, const union value *v)
{
    if (!p->one_of)
        return true;
    for (const char *const *s = p->one_of; *s; s++) {
        union value one = { .i = 0 };
        if (convert(c, p, *s, &one) && same(p->type, v, &one))
            return true;
    }
    return false;
}

/* "a, b or c" and the near one, for names of which only some are allowed. */
static void say_allowed(struct fl_config *c, struct fl_place_of at, const char *where, const char *s,
                        const char *const *names)
{
    struct fl_suggest near;
    const char *list = "";
    fl_suggest_init(&near, s);
    for (const char *const *n = names; n && *n; n++) {
        fl_suggest_try(&near, *n);
        list = fl_arena_printf(&c->arena, "%s%s%s", list, *list ? ", " : "", *n);
    }
    fl_problem(&c->problems, at, "%s: `%s` is not allowed%s; expected one of %s", where, s, fl_conf_meant(c, &near),
               list);
}

static void note_class(struct fl_config *c, const char *where, const char *s)
{
    struct fl_suggest near;
    fl_suggest_init(&near, s);
    for (uint32_t i = 0; i < c->pipeline->nclasses; i++)
        fl_suggest_try(&near, c->pipeline->classes[i]);
    fl_conf_note(c, FL_WARN, "%s: no class is called %s%s", where, s, fl_conf_meant(c, &near));
}

/* A bare address is refused, as in the original: which prefix is meant has to be written. */
static const char *meant_prefix(struct fl_config *c, const char *s)
{
    int family = fl_ip_of(text_of(c, s)).family;
    return family ? fl_arena_printf(&c->arena, "; one address is %s/%d", s, family == 4 ? 32 : 128) : "";
}

/* `where` is the key, with [index] in a list. */
static bool read_one(struct fl_config *c, const struct fl_param *p, const struct fl_yaml_value *v, const char *where,
                     union value *out)
{
    if (v->kind != FL_YAML_TEXT) {
        fl_problem(&c->problems, v->at, "%s: expected %s%s", where, types[p->type].expected,
                   v->kind == FL_YAML_LIST ? ", not a list" : "");
        return false;
    }
    bool good = convert(c, p, v->text, out);
    if (p->one_of && (!good || !allowed(c, p, out))) {
        say_allowed(c, v->at, where, p->secret ? "***" : v->text, p->one_of);
        return false;
    }
    if (good) {
        if (p->type == FL_T_CLASS && out->i < 0)
            note_class(c, where, v->text);
        return true;
    }
    if (p->type == FL_T_ENUM)
        say_allowed(c, v->at, where, v->text, p->names);
    else if (p->secret)
        fl_problem(&c->problems, v->at, "%s: the secret is not of the right form; expected %s", where,
                   types[p->type].expected);
    else
        fl_problem(&c->problems, v->at, "%s: `%s` is wrong; expected %s%s", where, v->text, types[p->type].expected,
                   p->type == FL_T_CIDR ? meant_prefix(c, v->text) : "");
    return false;
}

/* ---- shapes ----------------------------------------------------------------------------------------------- */

static void fill_list(struct fl_config *c, const struct fl_param *p, const struct fl_yaml_value *v)
{
    size_t size = types[p->type].size;
    uint32_t n, bad = 0;
    const struct fl_yaml_value *item = fl_value_items(&c->arena, v, &n, &bad);
    if (!item) {
        fl_problem(&c->problems, v->item[bad].at, "%s[%u]: expected %s", path_of(p), bad, types[p->type].expected);
        return;
    }
    char *values = fl_arena_zero(&c->arena, (n + 1) * size);
    for (uint32_t i = 0; i < n; i++) {
        union value one = { .i = 0 };
        read_one(c, p, &item[i], fl_arena_printf(&c->arena, "%s[%u]", path_of(p), i), &one);
        memcpy(values + i * size, &one, size);
    }
    *(struct fl_list *)p->value = (struct fl_list){ values, n };
}

static void put_member(struct fl_buf *b, const char *key, const char *value)
{
    const char *part[] = { key, value };
    fl_buf_puts(b, b->n > 1 ? "," : "");
    for (int i = 0; i < 2; i++) {
        fl_buf_puts(b, i ? ":\"" : "\"");
        for (const unsigned char *s = (const unsigned char *)part[i]; *s; s++) {
            if (*s == '"' || *s == '\\')
                fl_buf_printf(b, "\\%c", *s);
            else if (*s < 0x20 || *s == '<' || *s == '>' || *s == '&')
                fl_buf_printf(b, "\\u%04x", *s);
            else
                fl_buf_putc(b, (char)*s);
        }
        fl_buf_putc(b, '"');
    }
}

/*
 * Members below the param's path; names keep their case (the original lower-cased them). The last of the same name wins. Null is
 * the empty text, as in the original.
 */
static uint32_t map_members(struct fl_config *c, const struct fl_param *p, const struct fl_yaml *y, struct fl_buf *b,
                            bool *clean)
{
    const char *path = fl_lower(&c->arena, path_of(p));
    size_t n = strlen(path);
    uint32_t members = 0;
    for (uint32_t i = 0; i < y->n; i++) {
        const struct fl_yaml_entry *e = &y->entry[i];
        if (!strcmp(e->path, path) && (e->value.kind == FL_YAML_TEXT || e->value.kind == FL_YAML_LIST)) {
            fl_problem(&c->problems, e->value.at, "%s: expected names with texts, as {name: text}", e->written);
            *clean = false;
        }
        if (strncmp(e->path, path, n) || e->path[n] != '.')
            continue;
        if (e->value.kind != FL_YAML_TEXT && e->value.kind != FL_YAML_NULL) {
            fl_problem(&c->problems, e->value.at, "%s: expected a text", e->written);
            *clean = false;
            continue;
        }
        put_member(b, e->written + n + 1, e->value.kind == FL_YAML_TEXT ? e->value.text : "");
        members++;
    }
    return members;
}

static void fill_map(struct fl_config *c, const struct fl_param *p, enum fl_given *given)
{
    struct fl_buf b = { 0 };
    struct fl_yaml other = { 0 };
    const char *env = c->environment ? getenv(fl_conf_env_name(c, path_of(p))) : NULL;
    bool clean = true;
    fl_buf_puts(&b, "{");
    *given = FL_BY_SET;
    uint32_t n = map_members(c, p, &c->set, &b, &clean);
    if (!n && env && *env && fl_yaml_parse_value(&c->arena, fl_conf_env_name(c, path_of(p)), path_of(p), env, &other,
                                                 &c->problems)) {
        *given = FL_BY_ENVIRONMENT;
        n = map_members(c, p, &other, &b, &clean);
    }
    if (!n) {
        *given = FL_BY_FILE;
        n = map_members(c, p, &c->file, &b, &clean);
    }
    if (!n && p->dflt && fl_yaml_parse_value(&c->arena, p->name, path_of(p), p->dflt, &other, &c->problems)) {
        *given = FL_BY_FLOW;
        n = map_members(c, p, &other, &b, &clean);
    }
    if (!n)
        *given = FL_BY_DEFAULT;
    fl_buf_puts(&b, "}");
    char *text = fl_arena_zero(&c->arena, b.n + FL_PAD);
    memcpy(text, b.p, b.n);
    *(fl_str *)p->value = (fl_str){ text, (uint32_t)b.n, FL_RAW };
    fl_buf_free(&b);
}

/* ---- where it comes from ---------------------------------------------------------------------------------- */

static const struct fl_yaml_value *text_value(struct fl_config *c, const char *source, const char *text)
{
    struct fl_yaml_value *v = fl_arena_zero(&c->arena, sizeof *v);
    *v = (struct fl_yaml_value){ .kind = FL_YAML_TEXT, .quoted = true, .text = text, .at = { source, 0, 0 } };
    return v;
}

/* The file's text without the end of its line. */
static const struct fl_yaml_value *secret_from_file(struct fl_config *c, const struct fl_param *p)
{
    char text[4097];
    FILE *f = p->secret_file ? fopen(p->secret_file, "re") : NULL;
    if (!f) {
        if (p->secret_file && errno != ENOENT)
            fl_problem(&c->problems, (struct fl_place_of){ p->secret_file, 0, 0 }, "cannot read the secret %s: %s",
                       p->name, strerror(errno));
        return NULL;
    }
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    return text_value(c, p->secret_file, fl_arena_strndup(&c->arena, text, n));
}

static const struct fl_yaml_value *find(struct fl_config *c, const struct fl_param *p, enum fl_given *given)
{
    const struct fl_yaml_value *v = fl_conf_find(c, fl_lower(&c->arena, path_of(p)), p->shape == FL_LIST_OF, given);
    if (v && p->secret && *given == FL_BY_SET) {
        fl_problem(&c->problems, v->at, "%s is a secret, and everyone on this machine can read a command line; give "
                   "it in a file%s%s or "
                   "in the environment as %s", p->name, p->secret_file ? ", as " : "",
                       p->secret_file ? p->secret_file : "",
                   p->secret_env ? p->secret_env : fl_conf_env_name(c, path_of(p)));
        return NULL;
    }
    const char *env = c->environment && p->secret_env ? getenv(p->secret_env) : NULL;
    if (env && *env && (!v || *given == FL_BY_FILE)) {
        *given = FL_BY_ENVIRONMENT;
        return text_value(c, p->secret_env, env);
    }
    if (!v && p->secret && c->environment && (v = secret_from_file(c, p)))
        *given = FL_BY_FILE;
    return v;
}

static bool among(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static bool is_kind_key(const struct fl_param *p)
{
    size_t n = p->yaml ? strlen(p->yaml) : 0;
    return p->one_of && n > 14 && !strncmp(p->yaml, "pipeline.", 9) && !strcmp(p->yaml + n - 5, ".type") &&
        p->shape == FL_ONE;
}

struct fl_among fl_conf_param_among(struct fl_config *c, const struct fl_param *p, const char *const *values)
{
    struct fl_among a = { .given = FL_BY_DEFAULT };
    union value one, other;
    const struct fl_yaml_value *v = fl_conf_find(c, fl_lower(&c->arena, path_of(p)), false, &a.given);
    if (v && is_kind_key(p) && v->kind == FL_YAML_TEXT && !strcmp(v->text, FL_NONE) && !among(p->one_of, FL_NONE))
        v = NULL; /* fl_conf_param_kind: the default stays */
    if (!v) {
        a.given = FL_BY_DEFAULT;
        v = p->dflt ? fl_conf_parse(c, fl_arena_printf(&c->arena, "default of param %s", p->name), p->dflt) : NULL;
    }
    if (!v || v->kind != FL_YAML_TEXT || !convert(c, p, v->text, &one))
        return a;
    a.text = v->text;
    for (const char *const *s = values; *s && !a.is; s++)
        a.is = convert(c, p, *s, &other) && same(p->type, &one, &other);
    return a;
}

static void empty(const struct fl_param *p)
{
    if (p->shape == FL_ONE) {
        memset(p->value, 0, types[p->type].size);
        static const char nothing[FL_PAD] = "";
        if (p->type == FL_T_STRING)
            *(fl_str *)p->value = (fl_str){ nothing, 0, FL_PLAIN };
    } else {
        *(struct fl_list *)p->value = (struct fl_list){ "", 0 };
    }
}

static void fill(struct fl_config *c, const struct fl_param *p, struct fl_param_value *out)
{
    if (p->shape == FL_MAP_OF) {
        fill_map(c, p, &out->given);
        return;
    }
    out->v = find(c, p, &out->given);
    if (out->v && is_kind_key(p) && !fl_conf_param_kind(c, p, out->v))
        out->v = NULL;
    if (!out->v) {
        out->given = FL_BY_DEFAULT;
        out->v = p->dflt ? fl_conf_parse(c, fl_arena_printf(&c->arena, "default of param %s", p->name), p->dflt) : NULL;
    }
    empty(p);
    if (!out->v)
        return;
    if (p->shape == FL_LIST_OF) {
        fill_list(c, p, out->v);
        return;
    }
    union value one;
    if (read_one(c, p, out->v, path_of(p), &one))
        memcpy(p->value, &one, types[p->type].size);
}

static void require(struct fl_config *c, const struct fl_param *p, const struct fl_param_value *v)
{
    if (v->v || p->shape == FL_MAP_OF)
        return;
    struct fl_place_of at = { c->file_name ? c->file_name : c->pipeline->name, 0, 0 };
    const char *env = p->secret_env ? p->secret_env : fl_conf_env_name(c, path_of(p));
    if (p->secret)
        fl_problem(&c->problems, at, "secret %s has to be given: %s%s%s as %s in the environment", p->name,
                   p->secret_file ? "in the file " : "", p->secret_file ? p->secret_file : "",
                       p->secret_file ? " or" : "", env);
    else
        fl_problem(&c->problems, at, "param %s has to be given: %s%s%s%s in the environment, or --set %s=", p->name,
                   p->yaml ? "as key " : "as ", p->yaml ? p->yaml : "", p->yaml ? ", as " : "", env, p->name);
}

/* `complete`: the values are filled; say which are missing. */
void fl_conf_params(struct fl_config *c, bool complete)
{
    for (uint32_t i = 0; i < c->pipeline->nparams; i++) {
        if (complete)
            require(c, &c->pipeline->params[i], &c->param[i]);
        else
            fill(c, &c->pipeline->params[i], &c->param[i]);
    }
}
