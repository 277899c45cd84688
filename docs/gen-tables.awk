# gen-tables.awk - the parts of docs/language.md that are data elsewhere, as markdown on standard output.
#
#   awk -v table=grammar  -f docs/gen-tables.awk compiler/syntax/parse.y
#   awk -v table=words    -f docs/gen-tables.awk compiler/syntax/words.def
#   awk -v table=ops      -f docs/gen-tables.awk dsl/ops.def
#   awk -v table=options  -f docs/gen-tables.awk dsl/stages.def
#   awk -v table=builtins -f docs/gen-tables.awk dsl/builtins.def
#   awk -v table=counters -f docs/gen-tables.awk dsl/counters.def
#   awk -v table=errors   -f docs/gen-tables.awk dsl/errors.def
#
# Called by tests/lint/docs.sh, which compares, and with --update puts them between the markers of the page.

{ add($0) }

# Rows that stand in a file of their own come where they are included.
function add(line,   file, more) {
    if (table == "options" && line ~ /^#include "/) {
        file = "runtime/" line
        sub(/#include "/, "", file); sub(/".*/, "", file)
        while ((getline more < file) > 0) add(more)
        close(file)
    } else
        text = text line "\n"
}

END {
    if (table == "grammar") grammar()
    else if (table == "words") words()
    else {
        expand_macros()
        rows(table == "ops" ? "O" : table == "builtins" ? "B" : table == "counters" ? "C" : table == "errors" ? "E" : "")
    }
}

# ---- rows of .def files -------------------------------------------------------------------------------------

# Comments and `#define NAME(X) ..` of ops.def out of the text; uses of NAME(T) become its body with X replaced.
function expand_macros(   n, i, line, m, name, arg, body, rest, out, at) {
    gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, "", text)
    gsub(/[ \t]*\\\n/, " ", text)
    n = split(text, lines, "\n")
    text = ""
    for (i = 1; i <= n; i++) {
        line = lines[i]
        if (line ~ /^#define [A-Z_]+\([A-Z]\) /) {
            name = line; sub(/^#define /, "", name); sub(/\(.*/, "", name)
            arg = line; sub(/^[^(]*\(/, "", arg); sub(/\).*/, "", arg)
            body = line; sub(/^#define [A-Z_]+\([A-Z]\) /, "", body)
            macro_arg[name] = arg; macro[name] = body
        } else if (line ~ /^#define [A-Z_]+ "/) { # words of a build that has everything: the first one
            name = line; sub(/^#define /, "", name); sub(/ .*/, "", name)
            body = line; sub(/^[^"]*/, "", body)
            if (!(name in words_of)) words_of[name] = body
        } else if (line !~ /^#/) {
            m = line
            sub(/\(.*/, "", m)
            if (m in macro) {
                arg = line; sub(/^[^(]*\(/, "", arg); sub(/\).*/, "", arg)
                line = macro[m]
                gsub("[(]" macro_arg[m] ",", "(" arg ",", line)
                while (match(line, ", " macro_arg[m] ","))
                    line = substr(line, 1, RSTART - 1) ", " arg "," substr(line, RSTART + RLENGTH)
            }
            text = text line "\n"
        }
    }
}

# Every NAME(a, "b", ..) of the text, in order; only those called `wanted` ("": STAGE and OPTION).
function rows(wanted,   at, name, c, i, n, start, quoted, depth) {
    begin_table()
    while (match(text, /(^|[^A-Za-z_])[A-Z]+\(/)) {
        name = substr(text, RSTART, RLENGTH - 1)
        gsub(/[^A-Z]/, "", name)
        text = substr(text, RSTART + RLENGTH)
        n = 1; arg[1] = ""; quoted = depth = 0
        for (i = 1; i <= length(text); i++) {
            c = substr(text, i, 1)
            if (quoted) {
                if (c == "\\") { i++; c = substr(text, i, 1); arg[n] = arg[n] (c == "n" ? "\n" : c); continue }
                if (c == "\"") { quoted = 0; if (depth) arg[n] = arg[n] c; continue }
                arg[n] = arg[n] c
            } else if (c == "\"") { quoted = 1; was_text[n] = 1; if (depth) arg[n] = arg[n] c }
            else if (c == ")" && depth-- == 0) break
            else if (c == "," && !depth) { n++; arg[n] = ""; was_text[n] = 0 }
            else if (c !~ /[ \t\n]/) { arg[n] = arg[n] c; if (c == "(") depth++ }
        }
        text = substr(text, i + 1)
        if (wanted == "" ? name == "STAGE" || name == "OPTION" : name == wanted)
            row(name, n)
    }
    end_table()
}

function begin_table() {
    if (table == "ops") print "| left | operator | right | result |\n| --- | --- | --- | --- |"
    if (table == "builtins") print "| call | result | what |\n| --- | --- | --- |"
    if (table == "counters") print "| counter | unit | what |\n| --- | --- | --- |"
    if (table == "errors") print "| id | message |\n| --- | --- |"
    split("ADD + SUB - MUL * DIV / MOD % LT < LE <= GT > GE >= EQ == NE !=", p, " ")
    for (i = 1; i in p; i += 2) sign[p[i]] = p[i + 1]
    split("s string i int f float b bool a ip c cidr t time d duration y bytes p packets e enum k class S [string] L list N number r regex m string", p, " ")
    for (i = 1; i in p; i += 2) letter[p[i]] = p[i + 1]
}

function row(name, n) {
    if (table == "ops") op_row()
    else if (table == "builtins") builtin_row()
    else if (table == "counters") print "| `" arg[1] "` | " arg[2] " | " cell(arg[3]) " |"
    else if (table == "errors") print "| " arg[1] " | " cell(arg[4]) " |"
    else option_row(name)
}

function cell(s) { gsub(/\|/, "\\|", s); gsub(/\n/, " ", s); return s }

# Rows with the same types and result are one line: `+ -`.
function op_row(   k) {
    k = arg[2] " " arg[3] " " arg[4] (arg[5] == 1 ? "?" : "")
    if (!(k in ops)) op_key[++nops] = k
    ops[k] = ops[k] (ops[k] == "" ? "" : " ") "`" sign[arg[1]] "`"
}

function builtin_row(   i, call, result) {
    for (i = 1; i <= length(arg[2]); i++)
        call = call (i > 1 ? ", " : "") letter[substr(arg[2], i, 1)]
    result = substr(arg[3], 1, 1)
    result = (result == "=" ? letter[substr(arg[2], 1, 1)] : letter[result]) (arg[3] ~ /\?/ ? "?" : "")
    print "| `" arg[1] "(" call ")` | `" result "` | " cell(arg[5]) " |"
}

function option_row(name,   kind, dflt) {
    kind = arg[2] == "_" ? arg[1] : arg[1] " " arg[2]
    if (name == "STAGE") {
        print (nstages++ ? "\n" : "") "**`" kind "`**: " arg[4]
        head = 0
        return
    }
    if (!head) { print "\n| option | type | default | YAML key | what |\n| --- | --- | --- | --- | --- |"; head = 1 }
    dflt = !was_text[5] ? "has to be given" : arg[5] == "" ? "empty" : "`" arg[5] "`"
    print "| `" arg[3] "` | " type_of(arg[4]) " | " dflt " | " (was_text[6] ? "`" arg[6] "`" : "none") " | " cell(arg[7]) " |"
}

# INT(1,64): int, 1 to 64; WORD("block drop_oldest"): block or drop_oldest.
function type_of(t,   name, p, n, i, s) {
    name = tolower(t); sub(/[(].*/, "", name)
    sub(/^[A-Z]*[(]?/, "", t); sub(/[)]$/, "", t)
    if (t in words_of) t = words_of[t]
    if (name == "url") return "string"
    if (name == "word") {
        gsub(/"/, "", t)
        n = split(t, p, " ")
        for (i = 1; i <= n; i++) s = s (i == 1 ? "" : i == n ? " or " : ", ") "`" p[i] "`"
        return s
    }
    if (name == "char") return name
    if (name == "cell") { sub(/,.*/, "", t); return "text of at most " t " bytes" }
    if (t == "" || t == "0,FL_ANY" || name == "level") return name
    split(t, p, ",")
    s = name == "duration" ? "s" : ""
    return name ", " (p[2] == "FL_ANY" ? "at least " p[1] s : p[1] s " to " p[2] s)
}

function end_table(   i, p) {
    for (i = 1; i <= nops; i++) {
        split(op_key[i], p, " ")
        print "| `" tolower(p[1]) "` | " ops[op_key[i]] " | `" tolower(p[2]) "` | `" tolower(p[3]) "` |"
    }
}

# ---- the keywords ---------------------------------------------------------------------------------------------

function words(   n, i, s) {
    n = split(text, lines, "\n")
    for (i = 1; i <= n; i++)
        if (lines[i] ~ /^[RW]\(/) {
            s = lines[i]; sub(/^[^"]*"/, "", s); sub(/".*/, "", s)
            list[substr(lines[i], 1, 1)] = list[substr(lines[i], 1, 1)] " `" s "`"
        }
    print "Reserved:" list["R"] ".\n"
    print "Words only where the grammar expects them:" list["W"] "."
}

# ---- the grammar ----------------------------------------------------------------------------------------------

# Bison's rules without actions, names in brackets and recovery; left recursion is written with * and +.
function grammar(   head, body) {
    head = text; sub(/\n%%\n.*/, "\n", head)
    body = text; sub(/^.*\n%token END/, "%token END", head)
    spellings(head)
    body = substr(text, index(text, "\n%%\n") + 4)
    body = substr(body, 1, index(body, "\n%%\n") - 1)
    scan(body)
    print "```"
    for (i = 1; i <= nrules; i++)
        show(rule[i])
    print "```"
}

# TOKEN "spelling" of the %token lines.
function spellings(s,   q, name, i) {
    while (match(s, /[A-Z_]+[ \n]+"[^"]*"/)) {
        q = substr(s, RSTART, RLENGTH)
        s = substr(s, RSTART + RLENGTH)
        name = q; sub(/[ \n].*/, "", name)
        sub(/^[^"]*"/, "", q); sub(/"$/, "", q)
        spelled[name] = q
    }
    # what is not a word
    spelled["JSON_CLOSE"] = "}"; spelled["UNDERSCORE"] = "_"
    spelled["TEMPLATE_BEGIN"] = "f\""; spelled["TEMPLATE_END"] = "\""; spelled["TEMPLATE_OPEN"] = "{"; spelled["TEMPLATE_CLOSE"] = "}"
    split("NAME STRING ADDRESS INTEGER FLOAT DURATION SIZE TEMPLATE_TEXT", names, " ")
    for (i in names) kind[names[i]] = 1
}

# Fills rule[] (names), nalt[name], alt[name, i].
function scan(s,   i, c, c2, token, name, depth, waiting) {
    i = 1
    while (i <= length(s)) {
        c = substr(s, i, 1); c2 = substr(s, i, 2)
        if (c2 == "/*") { i += index(substr(s, i), "*/") + 1; continue }
        if (c == "'") { put("'" substr(s, i + 1, 1) "'"); i += 3; continue }
        if (c == "{") { i = behind_action(s, i); continue }
        if (c == "[") { i += index(substr(s, i), "]"); continue }
        if (c == "|") { next_alternative(); i++; continue }
        if (c == ";") { next_alternative(); current = ""; i++; continue }
        if (match(substr(s, i), /^%?[A-Za-z_]+/)) {
            token = substr(s, i, RLENGTH); i += RLENGTH
            if (current == "" ) {
                current = token; rule[++nrules] = token; now = ""
                i += index(substr(s, i), ":")
            } else
                put(token)
            continue
        }
        i++
    }
}

function behind_action(s, i,   depth, c) {
    for (depth = 0; i <= length(s); i++) {
        c = substr(s, i, 1)
        if (c == "'" && substr(s, i + 2, 1) == "'") { i += 2; continue }
        if (c == "{") depth++
        if (c == "}" && --depth == 0) return i + 1
    }
    return i
}

function put(token) { now = now (now == "" ? "" : " ") token }

function next_alternative() {
    if (now !~ /(^| )error( |$)/)
        alt[current, ++nalt[current]] = now
    now = ""
}

function symbol(t) {
    if (t ~ /^'.'$/) return t
    if (t == "close") return "'}'"
    if (t in kind) return t
    if (t in spelled) return "'" spelled[t] "'"
    return t
}

function symbols(s,   n, i, out, p) {
    n = split(s, p, " ")
    for (i = 1; i <= n; i++)
        out = out (i > 1 ? " " : "") symbol(p[i])
    return out
}

function show(name,   n, i, line, piece, a, b, pad) {
    if (name == "close") return
    n = nalt[name]
    a = alt[name, 1]; b = alt[name, 2]
    # a list: X: Y | X Y, X: Y | X ',' Y, X: %empty | X Y
    if (n == 2 && b == name " " a) line = many(symbols(a)) "+"
    else if (n == 2 && b == name " ',' " a) line = symbols(a) " (',' " symbols(a) ")*"
    else if (n == 2 && a == "%empty" && index(b, name " ") == 1) line = many(symbols(substr(b, length(name) + 2))) "*"
    else if (a == "%empty") {
        star = 1
        for (i = 2; i <= n; i++) star = star && index(alt[name, i], name " ") == 1
        for (i = 2; i <= n; i++) line = line (i > 2 ? " | " : "") symbols(star ? substr(alt[name, i], length(name) + 2) : alt[name, i])
        line = star ? "(" line ")*" : "[ " line " ]"
    } else
        for (i = 1; i <= n; i++) line = line (i > 1 ? " | " : "") symbols(alt[name, i])
    wrap(name ": " line)
}

function many(s) { return s ~ / / ? "(" s ")" : s }

# Lines of at most 110 characters, broken in front of a `|` or a symbol.
function wrap(s,   n, i, p, line) {
    n = split(s, p, " ")
    line = p[1]
    for (i = 2; i <= n; i++) {
        rest = 0
        if (p[i] == "|") for (j = i + 1; j <= n && p[j] != "|"; j++) rest += length(p[j]) + 1
        if (length(line) + 1 + length(p[i]) + rest > 112) { print line; line = "   " }
        line = line " " p[i]
    }
    print line
}
