#!/bin/sh
# sources.sh - every source, header, test and module stands in its list in a .am fragment, and nothing else does.
#
#   tests/lint/sources.sh            compare; exit 1 and say what is missing
#   tests/lint/sources.sh --update   rewrite the lists
#
# Lists are explicit (automake can't glob and a file that is there by accident shall not be built); this script
# only saves the typing. It runs from anywhere; $srcdir names the source tree in `make check`.
set -eu
export LC_ALL=C
cd "${srcdir:-$(dirname "$0")/../..}"
update=false
[ "${1:-}" = --update ] && update=true
wrong=${TMPDIR:-/tmp}/fl-sources.$$.wrong
rm -f "$wrong"

# list FRAGMENT VARIABLE [TAIL] < names    TAIL is kept as the last element, as $(other_list)
list()
{
    tmp=${TMPDIR:-/tmp}/fl-sources.$$
    sort -u > "$tmp.want"
    if [ -n "${3:-}" ]; then echo "$3" >> "$tmp.want"; fi
    awk -v var="$2" '
        $1 == var && $2 == "=" { on = 1; sub(/^[^=]*=/, "") }
        on { more = /\\$/; sub(/\\$/, ""); n = split($0, w, " "); for (i = 1; i <= n; i++) print w[i]; if (!more) exit }
    ' "$1" > "$tmp.have"
    if ! cmp -s "$tmp.want" "$tmp.have"; then
        if $update; then
            awk -v var="$2" -v want="$tmp.want" '
                function put(   line, last, n) {
                    printf "%s =", var
                    while ((getline line < want) > 0) { printf " \\\n\t%s", line }
                    print ""
                }
                !on && $1 == var && $2 == "=" { put(); on = 1; done = 1; skip = /\\$/; next }
                on && skip { skip = /\\$/; next }
                { on = 0; print }
                END { if (!done) { print "sources.sh: no list " var | "cat 1>&2"; exit 1 } }
            ' "$1" > "$tmp.new"
            cat "$tmp.new" > "$1"
            echo "$1: $2 rewritten"
        else
            echo "$1: $2 isn't what is in the folders (< missing in the list, > only in the list):"
            diff "$tmp.want" "$tmp.have" | grep '^[<>]' || true
            : > "$wrong"
        fi
    fi
    rm -f "$tmp.want" "$tmp.have" "$tmp.new"
}

# names PATTERN...: those that exist
names()
{
    for f in "$@"; do
        if [ -f "$f" ]; then echo "$f"; fi
    done
}

# programs PATTERN...: the same without .c
programs()
{
    names "$@" | sed 's/\.c$//'
}

# Headers that flowrt.h includes, directly or not.
public_headers()
{
    todo=runtime/flowrt.h
    seen=
    while [ -n "$todo" ]; do
        h=${todo%% *}
        case $todo in *\ *) todo=${todo#* } ;; *) todo= ;; esac
        case " $seen " in *" $h "*) continue ;; esac
        seen="$seen $h"
        for n in $(sed -n 's/^#include "\(.*\)"$/\1/p' "$h"); do
            for d in runtime/ ""; do
                if [ -f "$d$n" ]; then todo="$todo${todo:+ }$d$n"; fi
            done
        done
    done
    for h in $seen; do echo "$h"; done
}

# below FOLDER FIND-ARGUMENTS...: files that people write, of any depth
below() { find "$@" -type f ! -path 'compiler/syntax/parse.[ch]' ! -path compiler/syntax/lex.c ! -path compiler/text/embedded.c; }

public=$(public_headers)
is_public() { for p in $public; do [ "$p" != "$1" ] || return 0; done; return 1; }
private() { names "$@" | while read -r h; do is_public "$h" || echo "$h"; done; }

below compiler \( -name '*.[ch]' -o -name '*.def' \) | grep -v -x -e compiler/verbs/main.c -e compiler/verbs/build.c \
    | list compiler/compiler.am libflowc_a_SOURCES

# The compiler uses runtime/base too: it is a library of its own, and part of libflowrt.a.
below runtime/base -name '*.c' ! -name 'test_*' | list runtime/runtime.am libflbase_a_SOURCES
below runtime -name '*.c' ! -name 'test_*' ! -path 'runtime/base/*' | list runtime/runtime.am libflowrt_a_SOURCES '$(libflbase_a_SOURCES)'
printf '%s\n' "$public" | grep '^runtime/' | list runtime/runtime.am runtime_public_headers
private $(below runtime \( -name '*.h' -o -name '*.def' \)) | list runtime/runtime.am runtime_private_headers

printf '%s\n' "$public" | { grep '^dsl/' || true; } | list dsl/dsl.am dsl_public_headers
private dsl/*.def dsl/*.h | list dsl/dsl.am dsl_defs
names dsl/*.flow | list dsl/dsl.am dsl_modules

names pipelines/*.flow | list pipelines/pipelines.am pipeline_files
names pipelines/*.yml.default | list pipelines/pipelines.am pipeline_configs
names docs/*.md | list docs/docs.am docs_files
programs $(below runtime compiler -name 'test_*.c') | list tests/tests.am unit_tests
private tests/unit/*.h | list tests/tests.am unit_support
programs tests/fuzz/fuzz_*.c | list tests/tests.am fuzz_programs
names tests/compile/*.test | list tests/tests.am compile_tests
names tests/lang/*.flow | list tests/tests.am lang_tests
names tests/lint/*.sh | list tests/tests.am lint_tests
names tests/e2e/*_test.py tests/e2e/*_test.sh | list tests/tests.am e2e_tests
names tests/e2e/*.py tests/fault/*.py tests/peers/*.py tests/fuzz/*.py | { grep -v _test || true; } | list tests/tests.am e2e_support
names tests/fault/*_test.py tests/fault/*_test.sh | list tests/tests.am fault_tests
names tests/field/*_test.py | list tests/tests.am field_tests
names tests/golden/*.sh | list tests/tests.am golden_tests
names tests/golden/*.c | list tests/tests.am golden_c
names tests/golden/*.flow tests/golden/*.json tests/golden/*.dot | list tests/tests.am golden_beside

if [ -e "$wrong" ]; then
    rm -f "$wrong"
    echo "tests/lint/sources.sh --update rewrites the lists."
    exit 1
fi
