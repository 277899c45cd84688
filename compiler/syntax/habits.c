/*
 * habits.c - how those write who come from other languages (Python, SQL, jq, VRL, nft, C), and what that is here: the help of
 * syntax errors. Called by errors.c and the lexer.
 */
#include <ctype.h>
#include <string.h>

#include "syntax/habits.h"
#include "syntax/parse.h"

struct habit {
    const char *word, *help;
};

/* Where an operator could have come. */
static const struct habit infix[] = {
    {"not", "write `not (x in list)`: the `not` stands before all of it"},
    {"between", "write `x >= least and x <= most`"},
    {"unless", "write `when not (..)`"},
    {"then", "a block is in braces: `if condition { .. }`; in an expression write `condition ? a : b`"},
    {"contains", "a text in a text is asked for with contains(text, \"part\"), an element with `x in list`"},
    {"startswith", "write starts_with(text, \"part\")"},
    {"starts_with", "write starts_with(text, \"part\")"},
    {"endswith", "write ends_with(text, \"part\")"},
    {"ends_with", "write ends_with(text, \"part\")"},
    {"xor", "for two conditions write `(a) != (b)`"},
    {"mod", "the remainder is `a % b`"},
    {"div", "integers are divided with `a / b`"},
    {"eq", "two values are compared with `==`"},
    {"ne", "that they differ is asked with `!=`"},
    {"equals", "two values are compared with `==`"},
    {"gt", "write `a > b`"},
    {"lt", "write `a < b`"},
    {"ge", "write `a >= b`"},
    {"le", "write `a <= b`"},
    {"default", "a default is written `x ?? default`"},
    {"=>", "at least is `>=`, at most `<=`"},
    {"..", "a range is `x >= least and x <= most`"},
    {NULL, NULL}};

/* At the begin of a statement, field or rule: found there, or before what was found. */
static const struct habit beginning[] = {
    {"elif", "write `else if condition { .. }`"},
    {"elsif", "write `else if condition { .. }`"},
    {"elseif", "write `else if condition { .. }`"},
    {"for", "there are no loops: a stage runs for each record, and any(x in list where condition) asks about the elements of a list"},
    {"foreach", "there are no loops: a stage runs for each record, and any(x in list where condition) asks about the elements of a list"},
    {"while", "there are no loops: a stage runs for each record; `absent k in table every 1m { .. }` of mangle runs by the clock"},
    {"loop", "there are no loops: a stage runs for each record; `absent k in table every 1m { .. }` of mangle runs by the clock"},
    {"switch", "`match x { a => ..; b, c => ..; _ => ..; }` gives a value; in blocks there is `if .. { } else if .. { }`"},
    {"case", "an arm of match is `value => result;`"},
    {"default", "the arm for the rest is `_ => result;`, the rule for the rest `NAME otherwise;`"},
    {"delete", "an entry of a table is removed with `forget table[key];`; a field is left out of the transform"},
    {"del", "an entry of a table is removed with `forget table[key];`; a field is left out of the transform"},
    {"remove", "an entry of a table is removed with `forget table[key];`; a field is left out of the transform"},
    {"unset", "an entry of a table is removed with `forget table[key];`; a field is left out of the transform"},
    {"set", "write `table[key] = value;`, or `field = value;` in mangle"},
    {"var", "a value with a name is `let name = ..;`"},
    {"val", "a value with a name is `let name = ..;`"},
    {"auto", "a value with a name is `let name = ..;`"},
    {"const", "in a block a value with a name is `let name = ..;`"},
    {"int", "a type stands behind its name, `name : int`; a value with a name is `let name = ..;`"},
    {"string", "a type stands behind its name, `name : string`; a value with a name is `let name = ..;`"},
    {"bool", "a type stands behind its name, `name : bool`; a value with a name is `let name = ..;`"},
    {"float", "a type stands behind its name, `name : float`; a value with a name is `let name = ..;`"},
    {"def", "write `function name(a : type) : type = expression;`"},
    {"fn", "write `function name(a : type) : type = expression;`"},
    {"func", "write `function name(a : type) : type = expression;`"},
    {"fun", "write `function name(a : type) : type = expression;`"},
    {"sub", "write `function name(a : type) : type = expression;`"},
    {"import", "a module is brought in with `use NAME;`, a file with `include \"FILE\";`"},
    {"require", "a module is brought in with `use NAME;`, a file with `include \"FILE\";`"},
    {"struct", "a type with fields is `record NAME { field : type; }`"},
    {"class", "classes are the names in `classify { NAME when condition; .. }`"},
    {"type", "a type with fields is `record NAME { field : type; }`, one with names `enum NAME { .. }`"},
    {"print", "nothing is printed: make it a field of the transform, or `expect` it in a test"},
    {"log", "nothing is logged by records: make it a field of the transform, or `expect` it in a test"},
    {"return", "a stage gives nothing back; `drop REASON;` in mangle's `each` ends a record"},
    {"continue", "`drop REASON;` in mangle's `each` ends a record"},
    {"break", "there are no loops to leave; what else has to hold belongs into the `if`"},
    {"accept", "what stays is `keep when condition;`"},
    {"pass", "what stays is `keep when condition;`"},
    {"deny", "what goes is `drop REASON when condition;`"},
    {"discard", "what goes is `drop REASON when condition;`"},
    {"abort", "what goes is `drop REASON when condition;` in a filter"},
    {"select", "the fields that go out are those of `transform NAME { .. }`"},
    {"where", "what goes is `filter { drop REASON when condition; }`"},
    {"try", "there are no exceptions: what can't be computed is null, and `??` gives a default"},
    {NULL, NULL}};

static const struct habit top_level[] = {
    {"drop", "rules stand in `filter { .. }`"},
    {"keep", "rules stand in `filter { .. }`"},
    {"if", "statements stand in `update { .. }` or `mangle { each { .. } }`"},
    {"forget", "statements stand in `update { .. }` or `mangle { each { .. } }`"},
    {"each", "it stands in `mangle { .. }`"},
    {"absent", "it stands in `mangle { .. }`"},
    {"emit", "it stands in `mangle { each { .. } }`, or in an `absent` there"},
    {"store", "it stands in `output { .. }`"},
    {"encode", "it stands in `output { .. }`"},
    {"compress", "it stands in `output { .. }`"},
    {"write", "it stands in `output { .. }`"},
    {"queue", "it stands in `output { .. }`"},
    {"partition", "it stands in the braces of `store` in `output { .. }`"},
    {"decode", "it stands in the source's braces: `source file { .. decode json; }`"},
    {"decompress", "it stands in the source's braces: `source file { .. decompress gzip; }`"},
    {"given", "it stands in `test \"..\" { .. }`"},
    {"expect", "it stands in `test \"..\" { .. }`"},
    {"otherwise", "a rule is `NAME otherwise;`, in classify or filter"},
    {"}", "no `{` is open here: there is one `}` too many"},
    {NULL, NULL}};

static const char *look(const struct habit *all, const char *word)
{
    for (; all->word; all++)
        if (strcasecmp(all->word, word) == 0)
            return all->help;
    return NULL;
}

/* What stands before `end` in its statement, blanks cut: from the last `;`, brace or comment's end on. */
static const char *statement_before(struct fc_parser *ps, uint32_t end)
{
    const char *s = ps->p->sources->v[ps->file].text;
    uint32_t begin = end;
    while (begin && !strchr(";{}\n", s[begin - 1]))
        begin--;
    while (begin < end && isspace((unsigned char)s[begin]))
        begin++;
    while (end > begin && isspace((unsigned char)s[end - 1]))
        end--;
    return fl_arena_strndup(ps->p->arena, s + begin, end - begin);
}

static bool begins(struct fc_parser *ps, struct fc_span word)
{
    return *statement_before(ps, word.start) == 0;
}

/* A name with its fields that ends at `end`, blanks cut; "x" if none does. */
static const char *path_before(struct fc_parser *ps, uint32_t end)
{
    const char *s = ps->p->sources->v[ps->file].text;
    while (end && s[end - 1] == ' ')
        end--;
    uint32_t begin = end;
    while (begin && (isalnum((unsigned char)s[begin - 1]) || s[begin - 1] == '_' || s[begin - 1] == '.'))
        begin--;
    return begin == end ? "x" : fl_arena_strndup(ps->p->arena, s + begin, end - begin);
}

/* What follows at `begin` up to `;`, a closing brace or the line's end. */
static const char *rest(struct fc_parser *ps, uint32_t begin)
{
    const char *s = ps->p->sources->v[ps->file].text + begin;
    s += strspn(s, " \t");
    size_t n = strcspn(s, ";}\n");
    while (n && isspace((unsigned char)s[n - 1]))
        n--;
    return fl_arena_strndup(ps->p->arena, s, n);
}

static bool is_operand(const char *s)
{
    return *s && strspn(s, "0123456789.kMGBiTsmhdnu") == strlen(s);
}

/* `x += 1`, `x++`: written out. */
static const char *assignment(struct fc_parser *ps, struct fc_span span)
{
    struct fl_arena *a = ps->p->arena;
    const char *s = ps->p->sources->v[ps->file].text, *sign = fc_source_slice(ps->p->sources, span);
    const char *target = statement_before(ps, span.start), *more = "1";
    bool entry = strchr(target, '[') != NULL, twice = s[span.end] == *sign && (*sign == '+' || *sign == '-');
    if (!twice && s[span.end] != '=')
        return NULL;
    if (!*target)
        return "one more is `x = x + 1`";
    if (!twice)
        more = rest(ps, span.end + 1);
    if (strcmp(sign, "??") == 0)
        return fl_arena_printf(a, "write `%s = %s ?? %s`", target, target, more);
    if (!is_operand(more) && strpbrk(more, " ") != NULL)
        more = fl_arena_printf(a, "(%s)", more);
    return fl_arena_printf(a, entry ? "write `%s = (%s ?? 0) %s %s`" : "write `%s = %s %s %s`", target, target, sign, more);
}

/* `x is null`, `x is not null`. */
static const char *is_null(struct fc_parser *ps, struct fc_span span)
{
    const char *behind = rest(ps, span.end), *path = path_before(ps, span.start);
    bool negated = strncasecmp(behind, "not ", 4) == 0;
    const char *word = negated ? behind + 4 + strspn(behind + 4, " ") : behind;
    if (strncasecmp(word, "null", 4) != 0 && strncasecmp(word, "none", 4) != 0 && strncasecmp(word, "nil", 3) != 0)
        return "two values are compared with `==`; whether one is there is asked with `has x`";
    return fl_arena_printf(ps->p->arena, "write `%shas %s`", negated ? "" : "not ", path);
}

/* A keyword in other letters, as AND: how it is written; NULL if it is none. */
static const char *in_small(struct fc_parser *ps, const char *word)
{
    char *small = fl_arena_strdup(ps->p->arena, word);
    for (char *p = small; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return strcmp(small, word) != 0 && fc_is_reserved(small) ? small : NULL;
}

static const char *infix_help(struct fc_parser *ps, const char *word, struct fc_span span)
{
    struct fl_arena *a = ps->p->arena;
    const char *path = path_before(ps, span.start);
    if (strcasecmp(word, "is") == 0)
        return is_null(ps, span);
    if (strcasecmp(word, "like") == 0 || strcasecmp(word, "ilike") == 0 || strcasecmp(word, "rlike") == 0 || strcasecmp(word, "regexp") == 0 ||
        strcasecmp(word, "glob") == 0 || strcasecmp(word, "similar") == 0)
        return fl_arena_printf(a, "write `%s matches \"..\"` with a regular expression, or starts_with(%s, \"..\"), ends_with, contains", path, path);
    const char *small = in_small(ps, word), *last = fc_source_slice(ps->p->sources, ps->prev_span);
    if (small || (small = in_small(ps, last)))
        return fl_arena_printf(a, "write `%s`: the words of the language are small", small);
    if (strcmp(word, "(") == 0 && strrchr(path, '.'))
        return fl_arena_printf(a, "values have no methods: write f(%.*s, ..) with one of the builtin functions", (int)(strrchr(path, '.') - path), path);
    if (strcmp(word, ":") == 0 && strchr(last, '.') && isdigit((unsigned char)*last))
        return "an address has no port: ask for both, `address == .. and port == ..`";
    if (strcmp(word, "not") == 0 && strncasecmp(rest(ps, span.end), "in ", 3) == 0)
        return fl_arena_printf(a, "write `not (%s %s)`", path, rest(ps, span.end));
    if (strcmp(word, "not") == 0 && strncasecmp(rest(ps, span.end), "like ", 5) == 0)
        return fl_arena_printf(a, "write `not (%s matches \"..\")` with a regular expression", path);
    if (strcmp(word, "if") == 0)
        return "write `condition ? a : b`";
    if (strcmp(word, ".") == 0 && ps->p->sources->v[ps->file].text[span.end] == '.')
        return look(infix, "..");
    if (strcmp(word, ",") == 0 && ps->nopen && ps->open[ps->nopen - 1].kind == '(')
        return "a list stands in brackets: `x in [80, 443]`";
    if (strcmp(word, ":") == 0 && isdigit((unsigned char)*fc_source_slice(ps->p->sources, ps->prev_span)))
        return look(infix, "..");
    return look(infix, word);
}

/* Where a value has to come. */
static const char *operand_help(const char *word, const char *last)
{
    if (strcmp(last, "?") == 0 && *word == '.')
        return "a field of what is missing is null by itself: write `a.b`";
    if (strcmp(last, "?") == 0 && *word == ':')
        return "a default is written `x ?? default`";
    if (*word == '{' && (strcmp(last, "in") == 0 || strcmp(last, "==") == 0))
        return "a list stands in brackets: `[80, 443]`";
    return *word == '{' ? "an object is a field with braces, `name { a = 1; b = 2; }`, or `new RECORD { .. }`" : NULL;
}

static const char *pattern_help(const char *word)
{
    if (strcmp(word, "else") == 0 || strcmp(word, "otherwise") == 0)
        return "the arm for the rest is `_ => result;`";
    return strcmp(word, "or") == 0 || strcmp(word, "|") == 0 ? "values of one arm are separated by commas: `80, 443 => result;`" : NULL;
}

const char *fc_habit(struct fc_parser *ps, enum fc_habit_place where, struct fc_span span, bool *before)
{
    const char *word = fc_source_slice(ps->p->sources, span);
    const char *last = ps->prev_span.file ? fc_source_slice(ps->p->sources, ps->prev_span) : "";
    const char *s = ps->p->sources->v[ps->file].text, *help = NULL;
    *before = false;
    if (where == FC_AT_TOP && (help = look(top_level, word)))
        return help;
    if (where == FC_AT_OPERATOR)
        return infix_help(ps, word, span);
    if (where == FC_AT_OPERAND && *word == '.' && *last != '?' && (isalpha((unsigned char)s[span.end]) || s[span.end] == '_'))
        return "fields are named without a leading dot";
    if (where == FC_AT_OPERAND)
        return operand_help(word, last);
    if (where == FC_AT_PATTERN)
        return pattern_help(word);
    if (where == FC_AT_WHEN && (strcmp(word, "if") == 0 || strcmp(word, "where") == 0 || strcmp(word, "unless") == 0 || strcmp(word, ":") == 0))
        return *word == 'u' ? "write `when not (..)`" : "write `when condition`";
    if (strcmp(word, "when") == 0 && strcmp(last, "drop") == 0)
        return "a rule says why, as the ledger counts it: `drop REASON when condition;`";
    if (*word == '.' && *last == '.')
        return look(infix, "..");
    if (strchr("+-*/%", *word) || strcmp(word, "??") == 0) {
        if ((help = assignment(ps, span)))
            return help;
    }
    if (*word == '.' && isalpha((unsigned char)s[span.end]))
        return "fields are named without a leading dot";
    if ((help = look(beginning, last)) && strchr("=:.", *word) == NULL && begins(ps, ps->prev_span)) {
        *before = true;
        return help;
    }
    if ((help = look(beginning, word)) && begins(ps, span))
        return help;
    if (where == FC_AT_TOP && *rest(ps, span.end) == '=' && begins(ps, span) && isalpha((unsigned char)*word))
        return fl_arena_printf(ps->p->arena, "a value with a name is `const %s = ..;`, or `let %s = ..;` if it is made of the record", word, word);
    if (*word == ':' && s[span.end] == '=')
        return "a value with a name is `let name = ..;`";
    return NULL;
}

/* ---- characters ---- */

static const struct {
    const char *character, *help;
    bool blank;
} odd[] = {
    {"&", "conditions are joined with `and`; there are no questions about bits", false},
    {"|", "conditions are joined with `or`; a function is called as lower(x)", false},
    {"$", "names are written without `$`; a value goes into a text with a template: f\"{name}\"", false},
    {"@", "names are written without `@`", false},
    {"`", "strings stand in \"..\" or '..', names without quotes", false},
    {"^", "there are no powers, and no questions about bits", false},
    {"~", "a regular expression is asked for with `matches`", false},
    {"\\", "a statement may go on in the next line without a sign", false},
    {"\xE2\x80\x9C", "strings stand in straight quotes: \"..\"", false},
    {"\xE2\x80\x9D", "strings stand in straight quotes: \"..\"", false},
    {"\xE2\x80\x9E", "strings stand in straight quotes: \"..\"", false},
    {"\xC2\xAB", "strings stand in straight quotes: \"..\"", false},
    {"\xC2\xBB", "strings stand in straight quotes: \"..\"", false},
    {"\xE2\x80\x98", "strings stand in straight quotes: '..' or \"..\"", false},
    {"\xE2\x80\x99", "strings stand in straight quotes: '..' or \"..\"", false},
    {"\xE2\x80\x93", "a minus is `-`", false},
    {"\xE2\x80\x94", "a minus is `-`", false},
    {"\xE2\x88\x92", "a minus is `-`", false},
    {"\xE2\x89\xA0", "that two values differ is asked with `!=`", false},
    {"\xE2\x89\xA4", "at most is `<=`", false},
    {"\xE2\x89\xA5", "at least is `>=`", false},
    {"\xE2\x86\x92", "an arrow is `=>`", false},
    {"\xE2\x80\xA6", "three dots are `...`", false},
    {"\xC3\x97", "times is `*`", false},
    {"\xC2\xA0", "it looks like a blank and is none (a no-break space, most often copied from a page): replace it by a blank", true},
    {"\xE2\x80\xAF", "it looks like a blank and is none (a narrow no-break space): replace it by a blank", true},
    {"\xE3\x80\x80", "it looks like a blank and is none (an ideographic space): replace it by a blank", true},
    {"\xE2\x80\x8B", "it can't be seen (a zero-width space, most often copied from a page): remove it", true},
    {"\xE2\x80\x8D", "it can't be seen (a zero-width joiner): remove it", true},
    {"\xC2\xAD", "it can't be seen (a soft hyphen): remove it", true},
    {"\xEF\xBB\xBF", "it can't be seen (a byte order mark): remove it", true},
};

bool fc_bad_character(struct fc_parser *ps, const char *text, struct fc_span span)
{
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        size_t n = strlen(odd[i].character);
        if (strncmp(text, odd[i].character, n) != 0)
            continue;
        span.end = span.start + (uint32_t)n;
        if (odd[i].blank && ps->odd_blank)
            return true; /* said once */
        ps->odd_blank |= odd[i].blank;
        const unsigned char *c = (const unsigned char *)text;
        unsigned code = n == 2 ? (c[0] & 31u) << 6 | (c[1] & 63u) : n == 3 ? (c[0] & 15u) << 12 | (c[1] & 63u) << 6 | (c[2] & 63u) : c[0];
        struct fc_diag *g = fc_report(ps->p->diags, FC_BAD_CHARACTER, span,
                                      odd[i].blank ? fl_arena_printf(ps->p->arena, "U+%04X", code) : odd[i].character);
        fc_diag_help(ps->p->diags, g, "%s", odd[i].help);
        return odd[i].blank;
    }
    fc_report(ps->p->diags, FC_BAD_CHARACTER, span, text);
    return false;
}
