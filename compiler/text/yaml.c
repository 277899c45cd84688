/*
 * yaml.c - strings and JSON as YAML.
 */
#include "text/yaml.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char *taken(struct fl_arena *a, struct fl_buf *b)
{
    const char *text = fl_arena_strndup(a, b->p, b->n);
    fl_buf_free(b);
    return text;
}

const char *fc_yaml_string(struct fl_arena *a, const char *s)
{
    struct fl_buf b = {0};
    fl_buf_putc(&b, '"');
    while (*s)
        fl_put_yaml(&b, &s);
    fl_buf_putc(&b, '"');
    return taken(a, &b);
}

/* The code unit of \uXXXX, else 0. */
static unsigned unit(const char *s)
{
    char hex[5] = "";
    if (s[0] == '\\' && s[1] == 'u')
        strncat(hex, s + 2, 4);
    return (unsigned)strtoul(hex, NULL, 16);
}

const char *fc_yaml_json(struct fl_arena *a, const char *json)
{
    struct fl_buf b = {0};
    bool quoted = false;
    while (*json) {
        unsigned high = quoted ? unit(json) : 0, low = high >= 0xD800 && high < 0xDC00 ? unit(json + 6) : 0;
        if (low) {
            fl_buf_printf(&b, "\\U%08x", 0x10000 + ((high & 0x3FF) << 10 | (low & 0x3FF)));
            json += 12;
        } else if (quoted && *json == '\\' && json[1] == '/') {
            fl_buf_putc(&b, '/');
            json += 2;
        } else if (quoted && *json == '\\' && json[1]) {
            fl_buf_put(&b, json, 2);
            json += 2;
        } else if (quoted && *json != '"') {
            fl_put_yaml(&b, &json);
        } else {
            quoted ^= *json == '"';
            fl_buf_putc(&b, strchr("\t\r\n", *json) ? ' ' : *json);
            json++;
        }
    }
    return taken(a, &b);
}
