#!/bin/sh
# graph.sh - what `flowc graph` draws of a few small pipelines, compared with what was looked at and found good.
#
#   tests/golden/graph.sh             compare
#   tests/golden/graph.sh --update    put what flowc draws now in place of it; read the diff before committing it
set -eu
cd "$(dirname "$0")"
: "${FLOWC:=flowc}"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/graph.XXXXXX")
trap 'rm -rf "$tmp"' EXIT INT TERM
status=0
for name in lookups tables; do
    "$FLOWC" graph $name.flow > "$tmp/$name.dot"
    if [ "${1:-}" = --update ]; then
        cp "$tmp/$name.dot" $name.dot
    elif ! diff -u $name.dot "$tmp/$name.dot"; then
        echo "$name.dot differs; tests/golden/graph.sh --update, and read the diff" >&2
        status=1
    fi
done
# What isn't good isn't drawn.
printf 'pipeline p "p";\nlet x = y;\n' > "$tmp/bad.flow"
if "$FLOWC" graph "$tmp/bad.flow" > "$tmp/bad.dot" 2> "$tmp/bad.log" || [ -s "$tmp/bad.dot" ] || ! grep -q 'unknown name `y`' "$tmp/bad.log"; then
    echo "a graph of a wrong program:" && cat "$tmp/bad.dot" "$tmp/bad.log"
    status=1
fi
exit $status
