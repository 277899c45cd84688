#!/bin/sh
# words.sh - nothing is left as a note to oneself, and functions that overrun or hide errors aren't used.
set -eu
export LC_ALL=C
cd "${srcdir:-$(dirname "$0")/../..}"
status=0
product="compiler runtime dsl"
# files PATTERN FOLDER...: those that people write
files() { name=$1; shift; find "$@" -type f -name "$name" ! -path '*/fixtures/*' ! -path 'compiler/syntax/parse.[ch]' ! -path compiler/syntax/lex.c; }

left=$(for p in '*.[chly]' '*.def' '*.flow' '*.py' '*.am' '*.m4' '*.awk' '*.md'; do files "$p" $product tests m4 docs; done \
    | xargs grep -nE '\b(TO''DO|FIX''ME)\b' /dev/null || true)
if [ -n "$left" ]; then
    printf '%s\n' "$left"
    echo "Do it, or write an issue; the source tree keeps no such notes."
    status=1
fi

banned=$(files '*.[chly]' $product | grep -v '/test_[^/]*$' | xargs grep -nE '\b(sprintf|vsprintf|strcpy|strcat|gets|strtok|atoi|atol|alloca)[[:space:]]*\(' /dev/null \
    | grep -vE '^[^:]*:[0-9]+:[[:space:]]*(\*|//|/\*)' || true)
if [ -n "$banned" ]; then
    printf '%s\n' "$banned"
    echo "Use snprintf, memcpy with a length, fl_buf_*, strtol and their like: the above overrun or hide errors."
    status=1
fi
exit $status
