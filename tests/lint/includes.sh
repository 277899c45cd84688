#!/bin/sh
# includes.sh - who may include whom; lower never sees higher.
#
#   1  dsl/*.def include nothing, dsl/*.h only standard headers and each other
#   2  runtime/base/ sees libc and itself
#   3  runtime/ sees dsl and base, never compiler/; compiler/ sees dsl and base, never another header of runtime/
#   4  inside compiler/ a file sees only what stands before it in the chain of passes (rank below);
#      emit*.c works from the plan: never scopes or tokens; tokens are seen by lexer and parser alone
#   5  emitted C includes flowrt.h and nothing else; pipelines/ holds no C of its own
set -eu
export LC_ALL=C
cd "${srcdir:-$(dirname "$0")/../..}"
{
    for f in dsl/*.def dsl/*.h runtime/*.[ch] runtime/*.def runtime/base/*.[ch] compiler/*.[chly] compiler/*.def; do
        [ -f "$f" ] || continue
        case $f in compiler/parse.[ch] | compiler/lex.c | compiler/embedded.c) continue ;; esac
        sed -n "s|^[ \t]*#[ \t]*include[ \t]*\([<\"]\)\([^>\"]*\).*|$f \1 \2|p" "$f"
    done
    for d in dsl runtime runtime/base compiler; do
        for f in "$d"/*.h "$d"/*.def; do
            if [ -f "$f" ]; then echo "HAVE $d ${f##*/}"; fi
        done
    done
} | awk '
function bad(why) { printf "%s: includes \"%s\": %s\n", $1, $3, why; errors++ }
# Place in the chain of passes; 0: not known.
function rank(name) {
    sub(/\.[^.]*$/, "", name)
    if (name ~ /^(source|suggest|embedded|words|buildpaths)$/) return 1
    if (name ~ /^diag/) return 2
    if (name ~ /^ast/) return 3
    if (name ~ /^type/) return 4
    if (name ~ /^flowc$/) return 5
    if (name ~ /^(lex|lexer|parse|tokens|syntax|load)/) return 6
    if (name ~ /^(sym|catalog|scope)/) return 7
    if (name ~ /^(resolve|check|checker|depend|fold|regex)/) return 8
    if (name ~ /^plan/) return 9
    if (name ~ /^(writer|cname)/) return 10
    if (name ~ /^emit/) return 11
    return 12
}
$1 == "HAVE" { if (!($3 in at)) at[$3] = $2; else at[$3] = at[$3] " " $2; next }
{
    n++; file[n] = $1; kind[n] = $2; what[n] = $3
}
END {
    for (i = 1; i <= n; i++) {
        $0 = file[i] " " kind[i] " " what[i]
        dir = $1; sub(/\/[^\/]*$/, "", dir)
        base = $1; sub(/.*\//, "", base)
        if ($2 == "<") {
            if ($1 ~ /^dsl\// && $3 !~ /^(stdint|stdbool|stddef|limits|inttypes|string|math|float)\.h$/) bad("dsl/ sees only plain standard headers")
            if (dir == "runtime/base" && $3 ~ /(jansson|curl|openssl|libwebsockets|yaml|zlib|libdeflate)/) bad("base sees libc only")
            if (dir == "compiler" && $3 ~ /(jansson|curl|openssl|libwebsockets|yaml|zlib|libdeflate)/) bad("the compiler needs libc only")
            continue
        }
        if ($3 == "all.h") bad("each file includes what it uses")
        where = at[$3]
        if (where ~ / /) where = index(" " where " ", " " dir " ") ? dir : substr(where, 1, index(where, " ") - 1)
        if ($1 ~ /\.def$/ && $3 !~ /\.def$/) bad(".def files are rows, they include nothing")
        else if (dir == "dsl" && where != "dsl") bad("dsl/ sees only dsl/")
        else if (dir == "runtime/base" && where != "runtime/base") bad("base sees only base")
        else if (dir == "runtime" && where == "compiler") bad("the runtime knows nothing of the compiler")
        else if (dir == "compiler" && where == "runtime") bad("the compiler knows the runtime only as text")
        else if (dir == "compiler" && where == "compiler") {
            if (rank($3) > rank(base)) bad("it stands later in the chain of passes")
            if (base ~ /^emit/ && rank($3) >= 6 && rank($3) <= 7) bad("emit works from the plan, not from tokens and scopes")
            if (base ~ /^emit/ && $3 ~ /^checker/) bad("emit works from the plan")
        }
        if ($3 == "parse.h" && base !~ /^(lex|parse|tokens|syntax|fmt)/) bad("tokens are a matter of lexer and parser")
    }
    exit errors > 0
}'
for f in pipelines/*.c; do
    if [ -f "$f" ] && [ "$(pwd)" != "${builddir:-}" ]; then
        echo "$f: there is no C in pipelines/; a pipeline is written in the language"
        exit 1
    fi
done
for f in "${builddir:-.}"/pipelines/*.c; do
    if [ -f "$f" ] && [ "$(grep -c '^#include' "$f")" != 1 -o "$(grep '^#include' "$f")" != '#include "flowrt.h"' ]; then
        echo "$f: emitted C includes flowrt.h and nothing else:"
        grep '^#include' "$f"
        exit 1
    fi
done
