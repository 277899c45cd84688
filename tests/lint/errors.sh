#!/bin/sh
# errors.sh - every diagnostic of dsl/errors.def has a case with its exact text in tests/compile, and no case names
# an id that doesn't exist.
set -eu
export LC_ALL=C
cd "${srcdir:-$(dirname "$0")/../..}"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fl-errors.XXXXXX")
trap 'rm -rf "$tmp"' EXIT INT TERM
sed -n 's/^E(\([A-Z][0-9]*\),.*/\1/p' dsl/errors.def | sort > "$tmp/rows"
cat tests/compile/*.test 2>/dev/null | sed -n 's/^[^ ]*: \(error\|warning\): .*\[\([EW][0-9]*\)[a-z_ ]*\]$/\2/p' \
    | sort -u > "$tmp/tested"
status=0
twice=$(uniq -d "$tmp/rows")
if [ -n "$twice" ]; then echo "dsl/errors.def: twice:" $twice; status=1; fi
missing=$(comm -23 "$tmp/rows" "$tmp/tested")
if [ -n "$missing" ]; then
    echo "no case in tests/compile/*.test shows:" $missing
    status=1
fi
unknown=$(comm -13 "$tmp/rows" "$tmp/tested")
if [ -n "$unknown" ]; then echo "tests/compile names ids that dsl/errors.def doesn't have:" $unknown; status=1; fi
exit $status
