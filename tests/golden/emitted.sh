#!/bin/sh
# emitted.sh - the C that flowc writes for a few small pipelines, compared with what was read and found good.
#
#   tests/golden/emitted.sh             compare, and compile with the project's warnings as errors
#   tests/golden/emitted.sh --update    put what flowc writes now in place of it; read the diff before committing it
#
# Environment: FLOWC, FLOWC_RUNTIME, CC, srcdir.
set -eu
cd "$(dirname "$0")"
: "${FLOWC:=flowc}" "${CC:=cc}"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/golden.XXXXXX")
trap 'rm -rf "$tmp"' EXIT INT TERM
status=0
for flow in *.flow; do
    name=${flow%.flow}
    "$FLOWC" emit "$flow" -o "$tmp/$name.c"
    if [ "${1:-}" = --update ]; then
        cp "$tmp/$name.c" "$name.c"
    elif ! diff -u "$name.c" "$tmp/$name.c"; then
        echo "$name.c differs; tests/golden/emitted.sh --update, and read the diff" >&2
        status=1
    fi
    if [ -n "${FLOWC_RUNTIME:-}" ]; then
        "$CC" -std=gnu11 -O1 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef -Wno-missing-field-initializers \
            -Werror -I "$FLOWC_RUNTIME/runtime" -c -o "$tmp/$name.o" "$tmp/$name.c" || status=1
    fi
    long=$(awk 'length > 180' "$tmp/$name.c" | wc -l)
    if [ "$long" != 0 ]; then
        echo "$name.c: $long lines of more than 180 columns" >&2
        status=1
    fi
done
exit $status
