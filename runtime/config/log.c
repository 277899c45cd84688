/* log.c - logging.* as struct fl_log_options. Part of config.c; program/main.c hands the result to fl_log_configure. */

#include <string.h>

#include "base/log.h"
#include "base/suggest.h"
#include "config/parts.h"
#include "config/value.h"
#include "config/values.h"

static const char *const backends[] = { "stderr", "stdout", "file", "syslog" };

static struct fl_place_of where(struct fl_config *c, const char *path)
{
    enum fl_given given;
    const struct fl_yaml_value *v = fl_conf_find(c, path, true, &given);
    return v ? v->at : (struct fl_place_of){ path, 0, 0 };
}

static enum fl_level read_level(struct fl_config *c, const char *path, enum fl_level dflt)
{
    const char *s = fl_config_str(c, path);
    if (!s || !*s || fl_level_parse(s, &dflt))
        return dflt;
    fl_problem(&c->problems, where(c, path), "%s: `%s` is no level; expected CRITICAL, ERROR, WARNING, NOTICE, INFO "
               "or DEBUG", path, s);
    return dflt;
}

static bool read_json(struct fl_config *c, const char *path, bool dflt)
{
    const char *s = fl_config_str(c, path);
    if (!s)
        return dflt;
    if (*s && strcmp(s, "json"))
        fl_problem(&c->problems, where(c, path), "%s: `%s` is no encoder; expected json, or empty for text", path, s);
    return !strcmp(s, "json");
}

static unsigned read_backends(struct fl_config *c)
{
    uint32_t n;
    const char *const *list = fl_config_list(c, "logging.backends", &n);
    unsigned set = list ? 0 : FL_LOG_STDERR;
    for (uint32_t i = 0; i < n; i++) {
        struct fl_suggest s;
        size_t b = 0;
        fl_suggest_init(&s, list[i]);
        for (; b < 4 && strcmp(backends[b], list[i]); b++)
            fl_suggest_try(&s, backends[b]);
        if (b < 4) {
            set |= 1u << b;
            continue;
        }
        fl_problem(&c->problems, where(c, "logging.backends"), "logging.backends[%u]: no backend is called `%s`%s; "
                   "expected stderr, stdout, file or syslog", i, list[i], fl_conf_meant(c, &s));
    }
    return set;
}

void fl_conf_logging(struct fl_config *c)
{
    struct fl_log_options *o = &c->log;
    enum fl_level level = read_level(c, "logging.level", FL_INFO);
    bool json = read_json(c, "logging.encoder", false), color = true;
    o->backends = read_backends(c);
    for (int i = 0; i < 4; i++) {
        o->level[i] = read_level(c, fl_arena_printf(&c->arena, "logging.%s.level", backends[i]), level);
        o->json[i] = read_json(c, fl_arena_printf(&c->arena, "logging.%s.encoder", backends[i]), json);
    }
    const char *s = fl_config_str(c, "logging.color");
    if (s)
        fl_value_bool(s, &color);
    o->color = color;
    o->id = fl_config_str(c, "logging.id");
    o->file = fl_config_str(c, "logging.file.path");
    if (!o->file || !*o->file)
        o->file = "/var/log/skydive.log";
    o->syslog_address = fl_config_str(c, "logging.syslog.address");
    o->syslog_tag = fl_config_str(c, "logging.syslog.tag");
    s = fl_config_str(c, "logging.syslog.protocol");
    if (s && *s && strcmp(s, "unixgram"))
        fl_problem(&c->problems, where(c, "logging.syslog.protocol"),
                   "logging.syslog.protocol: `%s` is not supported; expected unixgram (a local socket)", s);
    bool taken = false;
    for (uint32_t i = 0; i < c->nscopes; i++) {
        const struct fl_kind_row *sink = fl_kind_row("write", fl_config_kind_of(c, i, "write"));
        taken |= sink && sink->needs & FL_NEEDS_STDOUT;
    }
    if ((o->backends & FL_LOG_STDOUT) && taken)
        fl_conf_note(c, FL_WARN, "the log and the objects both go to standard output; set logging.backends to "
                     "[stderr]");
}
