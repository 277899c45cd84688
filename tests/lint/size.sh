#!/bin/sh
# size.sh - no file that people write has over 700 lines: two rooms are clearer than one. Tables (.def) may.
set -eu
cd "${srcdir:-$(dirname "$0")/../..}"
status=0
for f in $(find compiler runtime dsl tests pipelines m4 -type f \( -name '*.[chly]' -o -name '*.py' -o -name '*.sh' \
        -o -name '*.awk' -o -name '*.am' -o -name '*.m4' -o -name '*.flow' \)) configure.ac quickstart .ci/run; do
    case $f in compiler/syntax/parse.[ch] | compiler/syntax/lex.c | compiler/text/embedded.c | pipelines/*.c | tests/golden/*.c) continue ;; esac
    [ -f "$f" ] || continue
    n=$(wc -l < "$f")
    if [ "$n" -gt 700 ]; then
        echo "$f has $n lines; the limit is 700. Which part has a job of its own?"
        status=1
    fi
done
exit $status
