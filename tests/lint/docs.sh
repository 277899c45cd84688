#!/bin/sh
# docs.sh - the grammar and the tables in docs/language.md are those of the compiler.
#
#   tests/lint/docs.sh            compare; exit 1 and show what differs
#   tests/lint/docs.sh --update   write them anew
#
# They stand between `<!-- made from FILE; .. -->` and `<!-- end -->`, as docs/gen-tables.awk makes them of FILE.
set -eu
export LC_ALL=C
cd "${srcdir:-$(dirname "$0")/../..}"
page=docs/language.md
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fl-docs.XXXXXX")
trap 'rm -rf "$tmp"' EXIT INT TERM

make_table() { awk -v table="$1" -f docs/gen-tables.awk "$2" > "$tmp/$(echo "$2" | tr / _)"; }
make_table grammar compiler/syntax/parse.y
make_table words compiler/syntax/words.def
make_table ops dsl/ops.def
make_table options dsl/stages.def
make_table builtins dsl/builtins.def
make_table counters dsl/counters.def

awk -v dir="$tmp" '
    /^<!-- made from / {
        print
        on = 1
        file = $4
        sub(/;$/, "", file)
        gsub(/\//, "_", file)
        lines = 0
        while ((getline line < (dir "/" file)) > 0) { print line; lines++ }
        if (lines == 0) { print "docs.sh: nothing is made from " $4 | "cat 1>&2"; exit 1 }
        seen[file] = 1
    }
    /^<!-- end -->/ { on = 0 }
    !on { print }
' "$page" > "$tmp/page.md"

status=0
for f in compiler_syntax_parse.y compiler_syntax_words.def dsl_ops.def dsl_stages.def dsl_builtins.def dsl_counters.def; do
    if ! grep -q "^<!-- made from $(echo $f | sed 's/_/\//g');" "$page"; then
        echo "$page: no place for what is made from $f"
        status=1
    fi
done
if ! cmp -s "$page" "$tmp/page.md"; then
    if [ "${1:-}" = --update ]; then
        cat "$tmp/page.md" > "$page"
        echo "$page: rewritten"
    else
        diff "$page" "$tmp/page.md" || true
        echo "$page is stale (< in the page, > in the compiler): run tests/lint/docs.sh --update"
        status=1
    fi
fi
exit $status
