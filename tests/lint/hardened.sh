#!/bin/sh
# hardened.sh - flowc, the pipelines and what `flowc build` makes: PIE, RELRO, BIND_NOW, stack protector, _FORTIFY_SOURCE. By readelf.
set -eu
export LC_ALL=C
cd "${builddir:-.}"
if [ "${HARDENED:-yes}" != yes ]; then
    echo "SKIPPED: this build isn't hardened (sanitizers, coverage, --disable-hardening)"
    exit 77
fi
status=0
work=$(mktemp -d "${TMPDIR:-/tmp}/flow-hardened.XXXXXX")
trap 'rm -rf "$work"' EXIT
wanted() { # what, a program, a text that has to be there
    if ! printf '%s\n' "$3" | grep -qE "$4"; then
        echo "$1: no $2"
        status=1
    fi
}
check() {
    head=$(readelf -hlWd "$1")
    names=$(readelf -Ws "$1")
    wanted "$1" "PIE" "$head" "Type: +DYN .*(Position-Independent|Shared)"
    wanted "$1" "RELRO" "$head" "GNU_RELRO"
    wanted "$1" "BIND_NOW" "$head" "BIND_NOW|Flags:.* NOW"
    wanted "$1" "stack protector" "$names" "__stack_chk_fail"
    wanted "$1" "_FORTIFY_SOURCE" "$names" "__[a-z]+_chk"
    if printf '%s\n' "$head" | grep -qE "GNU_STACK.* RWE"; then
        echo "$1: its stack may be executed"
        status=1
    fi
}
cat > "$work/small.flow" <<'END'
pipeline small "A program of its own.";
use skydive;
source skydive;
output { store buffered; encode ndjson; write file; }
END
# The library brings its symbols along whatever the rest is built with: flags are looked at too.
compiler/flowc build -v "$work/small.flow" -o "$work/small" 2> "$work/said" || { cat "$work/said"; exit 1; }
for flag in -D_FORTIFY_SOURCE=2 -fstack-protector-strong -Wl,-z,now; do
    grep -qe " $flag" "$work/said" || { echo "flowc build: no $flag"; status=1; }
done
for p in compiler/flowc pipelines/dummy pipelines/secadvisor "$work/small"; do
    check "$p"
done
exit $status
