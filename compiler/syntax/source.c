/*
 * source.c - one source to items: its text is looked through, then lexer and parser run. See parse_api.h.
 */
#include "syntax/parse_api.h"

#include "base/memory.h"
#include "syntax/lexer.h"
#include "syntax/parse.h"

/* flex */
int fc_rawlex_init_extra(struct fc_parser *extra, void **scanner);
struct yy_buffer_state *fc_raw_scan_bytes(const char *s, int len, void *scanner);
int fc_rawlex_destroy(void *scanner);

/* The length of a good UTF-8 sequence at s, else 0. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
    unsigned char c = s[0];
    size_t n = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : (c & 0xF0) == 0xE0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    if ((c == 0xE0 && s[1] < 0xA0) || (c == 0xED && s[1] > 0x9F) || (c == 0xF0 && s[1] < 0x90) || (c == 0xF4 && s[1] > 0x8F))
        return 0;
    return n;
}

/* UTF-8 without control characters, or an error at the first place that isn't. */
static bool good_text(struct fc_parse *p, uint32_t file)
{
    const struct fc_source *src = &p->sources->v[file];
    const unsigned char *s = (const unsigned char *)src->text;
    for (size_t i = 0; i < src->len;) {
        size_t n = utf8_length(s + i, src->len - i);
        struct fc_span at = {file, (uint32_t)i, (uint32_t)i + 1};
        if (n == 0) {
            struct fc_diag *g = fc_report(p->diags, FC_BAD_UTF8, at);
            if (i == 0 && src->len > 1 && (s[0] ^ s[1]) == 1) /* FF FE, FE FF */
                fc_diag_help(p->diags, g, "the file is UTF-16: convert it with `iconv -f utf-16 -t utf-8`");
            else
                fc_diag_help(p->diags, g, "convert the file, for example with `iconv -f latin1 -t utf-8`");
            return false;
        }
        if ((s[i] < 0x20 && s[i] != '\n' && s[i] != '\t' && s[i] != '\r') || s[i] == 0x7F) {
            struct fc_diag *g = fc_report(p->diags, FC_CONTROL_CHARACTER, at, s[i]);
            if (s[i] == 0 && i < 4)
                fc_diag_help(p->diags, g, "the file is UTF-16: convert it with `iconv -f utf-16%s -t utf-8`", i ? "le" : "be");
            return false;
        }
        i += n;
    }
    return true;
}

struct fc_item *fc_parse_source(struct fc_parse *p, uint32_t file)
{
    if (!good_text(p, file))
        return NULL;
    struct fc_parser *ps = fl_arena_zero(p->arena, sizeof *ps);
    ps->p = p;
    ps->file = file;
    fc_tokens_start(ps);
    const struct fc_source *src = &p->sources->v[file];
    if (fc_rawlex_init_extra(ps, &ps->scanner) != 0 || !fc_raw_scan_bytes(src->text, (int)src->len, ps->scanner))
        fl_no_memory(FL_PART, src->len);
    if (fc_yyparse(ps) == 2)
        fc_too_deep(ps, (struct fc_span){file, ps->offset, ps->offset});
    fc_tokens_end(ps);
    fc_rawlex_destroy(ps->scanner);
    return ps->items.first;
}
