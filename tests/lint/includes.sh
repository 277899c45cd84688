#!/bin/sh
# includes.sh - who may include whom: floors, from the top; a folder includes only itself and what stands below it.
#
#   1  floors.awk lists the floors; a folder that is on none of them is an error
#   2  a kind (sinks/s3, lookups/gremlin) sees itself and the floors below, never another kind
#   3  runtime/ never sees compiler/; compiler/ sees of runtime/ only base/: it knows the rest as text
#   4  dsl/*.def include nothing (stages.def: the rows in the kinds' folders), dsl/*.h only standard headers and each other; runtime/base sees libc, the compiler too
#   5  tokens are a matter of compiler/syntax; an include names the folder, and who wants all of one includes its parts
#   6  a unit test stands where what it tests does; it sees tests/unit, the list of kinds (program/registry.h) and any library too
#   7  emitted C includes flowrt.h and nothing else; pipelines/ holds no C of its own
set -eu
export LC_ALL=C
cd "${srcdir:-$(dirname "$0")/../..}"

{
    find dsl runtime compiler -type f \( -name '*.[chly]' -o -name '*.def' \) \
        ! -path 'compiler/syntax/parse.[ch]' ! -path compiler/syntax/lex.c ! -path compiler/text/embedded.c | sort | while read -r f; do
        echo "HAVE $f"
        sed -n "s|^[ \t]*#[ \t]*include[ \t]*\([<\"]\)\([^>\"]*\).*|$f \1 \2|p" "$f"
    done
} | awk "$(cat tests/lint/floors.awk)"'
BEGIN {
    place["compiler/syntax/parse.h"] = "compiler/syntax" # made in the build tree
    libraries = "^(jansson|curl|openssl|libwebsockets|yaml|zlib|zstd|libdeflate|librdkafka)"
}
function bad(why) { printf "%s: includes \"%s\": %s\n", from, what, why; errors++ }
$1 == "HAVE" {
    have[$2] = 1
    d = folder($2)
    if (d != "dsl" && !(d in floor)) { printf "%s: is on none of the floors in tests/lint/floors.awk\n", $2; errors++ }
    next
}
{ n++; line[n] = $0 }
END {
    have["compiler/syntax/parse.h"] = 1
    for (i = 1; i <= n; i++) {
        $0 = line[i]
        from = $1; what = $3
        df = folder(from)
        test = from ~ /\/test_[a-z0-9_]*\.c$/
        if (test && ($2 == "<" || what ~ /^tests\/unit\// || what == "program/registry.h")) continue
        if ($2 == "<") {
            if (df == "dsl" && what !~ /^(stdint|stdbool|stddef|limits|inttypes|string|math|float)\.h$/) bad("dsl/ sees only plain standard headers")
            if (df == "runtime/base" && what ~ libraries) bad("base sees libc only")
            if (df ~ /^compiler/ && what ~ libraries) bad("the compiler needs libc only")
            continue
        }
        if (what == "config.h") continue # what configure found
        side = from; sub(/\/.*/, "", side)
        if ((side "/" what) in have) to = side "/" what
        else if (("runtime/" what) in have) to = "runtime/" what
        else if (("compiler/" what) in have) to = "compiler/" what
        else if (what in have) to = what
        else { bad("there is no such file below runtime/, compiler/ or the top"); continue }
        dt = folder(to)
        if (from ~ /\.def$/) { if (from != "dsl/stages.def" || to !~ /\.def$/) bad(".def files are rows; only dsl/stages.def puts those of the kinds together") }
        else if (df == "dsl") { if (dt != "dsl") bad("dsl/ sees only dsl/") }
        else if (dt == "dsl") continue
        else if ((why = wrong_arrow(from, to)) != "") bad(why)
        if (to == "compiler/syntax/parse.h" && df != "compiler/syntax" && from != "compiler/verbs/fmt.c") bad("tokens are a matter of lexer and parser")
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
