/*
 * guard.c - who besides the process may read its secrets, or write what it obeys: said at start, since nothing else will
 * ever tell. Part of config.c; called by program/main.c.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"
#include "config/known_keys.h"
#include "config/parts.h"
#include "config/values.h"

static bool has_userinfo(const struct fl_yaml_value *v)
{
    size_t from = 0, to;
    if (v->kind == FL_YAML_TEXT)
        return fl_userinfo(v->text, strlen(v->text), &from, &to);
    for (uint32_t i = 0; v->kind == FL_YAML_LIST && i < v->n; i++)
        if (has_userinfo(&v->item[i]))
            return true;
    return false;
}

static bool is_secret(struct fl_config *c, const struct fl_yaml_entry *e)
{
    if (e->value.kind != FL_YAML_TEXT || !*e->value.text)
        return has_userinfo(&e->value);
    for (uint32_t i = 0; i < fl_option_nrows; i++)
        if (fl_option_rows[i].of.type == FL_OPT_SECRET && fl_conf_option_at(c, &fl_option_rows[i], e->path) >= 0)
            return true;
    for (uint32_t i = 0; i < fl_key_nrows; i++)
        if (fl_key_rows[i].type == FL_KEY_SECRET && !strcmp(fl_key_rows[i].path, e->path))
            return true;
    const struct fl_param *p = fl_conf_param_at(c, e->path);
    return (p && p->secret) || has_userinfo(&e->value);
}

/* What is wrong with who may do what to it; NULL: nothing. */
static const char *exposed(const char *file)
{
    struct stat s;
    if (stat(file, &s) < 0 || !S_ISREG(s.st_mode))
        return NULL;
    if (s.st_mode & S_IWOTH)
        return "everybody may write it";
    return s.st_mode & S_IROTH ? "everybody may read it" : NULL;
}

void fl_conf_guard(struct fl_config *c)
{
    struct stat s;
    if (c->file_name && stat(c->file_name, &s) == 0 && S_ISREG(s.st_mode) && s.st_mode & S_IWOTH)
        fl_problem(&c->problems, (struct fl_place_of){ c->file_name, 0, 0 },
                   "everybody may write this file, and so decide where records and credentials go: chmod o-w %s", c->file_name);
}

static void check_secret_file(const char *key, const char *file)
{
    const char *what = file && *file ? exposed(file) : NULL;
    if (what)
        fl_log(FL_WARN, "a file with a secret is open to others; chmod 600 it", "key=%s file=%s what=%s", key,
               fl_log_quote(file), fl_log_quote(what));
}

static bool ends_in_file(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && !strcmp(name + n - 5, "_file");
}

void fl_config_log_dangers(struct fl_config *c)
{
    const char *what = c->file_name ? exposed(c->file_name) : NULL;
    const char *secret = NULL;
    for (uint32_t i = 0; what && !secret && i < c->file.n; i++)
        if (is_secret(c, &c->file.entry[i]))
            secret = c->file.entry[i].path;
    if (secret)
        fl_log(FL_WARN, "the configuration holds a secret and is open to others; chmod 600 it", "file=%s key=%s what=%s",
               fl_log_quote(c->file_name), secret, fl_log_quote(what));
    for (uint32_t i = 0; i < fl_option_nrows; i++) {
        const struct fl_option_row *r = &fl_option_rows[i];
        for (uint32_t o = 0; o < c->nscopes && r->yaml && ends_in_file(r->name); o++)
            if (!strcmp(r->kind, fl_config_kind_of(c, o, r->phase)) && (o == 0 || fl_phase_of_output(r->phase)))
                check_secret_file(r->yaml, c->scope[o].option[i].s);
    }
    for (uint32_t i = 0; i < fl_key_nrows; i++)
        if (ends_in_file(fl_key_rows[i].path))
            check_secret_file(fl_key_rows[i].path, c->key[i].s);
    for (uint32_t i = 0; i < c->pipeline->nparams; i++) {
        const struct fl_param *p = &c->pipeline->params[i];
        if (p->secret && c->param[i].v && p->secret_file && !strcmp(c->param[i].v->at.source, p->secret_file))
            check_secret_file(p->name, p->secret_file);
    }
}
