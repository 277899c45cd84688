#!/bin/sh
# asked.sh - lookups are lazy: what a record does not need is not asked, what two need is asked once, in as few waves as can be.
set -eu
cd "$(dirname "$0")"
: "${FLOWC:=flowc}"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/asked.XXXXXX")
trap 'rm -rf "$tmp"' EXIT INT TERM
"$FLOWC" build lookups.flow -o "$tmp/lookups"

# expect QUERIES OUTPUT: for the records on standard input
expect()
{
    "$tmp/lookups" --lookups lookups.json --input - --output - > "$tmp/out" 2> "$tmp/log" || { cat "$tmp/log"; exit 1; }
    out=$(grep '^{' "$tmp/out" | tr -d '\n')
    asked=$(sed -n 's/.* ledger .*lookup_queries=\([0-9]*\).*/\1/p' "$tmp/log")
    if [ "${asked:-0}" != "$1" ] || [ "$out" != "$2" ]; then
        cat "$tmp/log"
        echo "expected $1 queries and $2"
        echo "came     ${asked:-0} queries and $out"
        exit 1
    fi
}

echo '{"id":"no address"}' | expect 0 '{"id":"no address"}'
echo '{"id":"a","skip":true,"addr":"10.0.0.1"}' | expect 0 ''
echo '{"id":"b","addr":"10.0.0.1"}' | expect 2 '{"id":"b","name":"web"}'
echo '{"id":"c","addr":"10.0.0.2"}' | expect 1 '{"id":"c","name":"db"}'
echo '{"id":"d","addr":"10.0.0.3"}' | expect 2 ''
printf '%s\n' '{"id":"b","addr":"10.0.0.1"}' '{"id":"e","addr":"10.0.0.1"}' '{"id":"c","addr":"10.0.0.2"}' |
    expect 3 '{"id":"b","name":"web"}{"id":"e","name":"web"}{"id":"c","name":"db"}'
