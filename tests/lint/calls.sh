#!/bin/sh
# calls.sh - who really calls whom: arrows between files, read from the objects of this build.
#
#   1  an arrow runs down the floors (floors.awk), from a kind never to another kind
#   2  files call each other in no circle, but for two recursions of a few files each: an expression holds expressions
#
# An arrow is a symbol that one file defines and another one uses, a variable too. What is called through a pointer isn't seen.
set -eu
export LC_ALL=C
srcdir=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
builddir=${builddir:-.}
if ! command -v nm > /dev/null || [ -z "$(find "$builddir/runtime" "$builddir/compiler" -name '*.o' 2> /dev/null | head -n 1)" ]; then
    echo "calls.sh: there are no objects here, or no nm to read them"
    exit 77
fi
{
    (cd "$srcdir" && find runtime compiler -name '*.[cly]') | sed 's/^/SOURCE /'
    cd "$builddir"
    find runtime compiler -name '*.o' ! -name '*test_*' -exec nm -A {} +
} | awk "$(cat "$srcdir/tests/lint/floors.awk")"'
# Recursions, each as one file.
BEGIN {
    recursion("compiler/check/", "expr name operator call spread")
    recursion("compiler/emit/", "expr call state type slot")
}
# What is still to be cut: files that call up. Lines go from here, none comes.
BEGIN {
    split("runtime/intake/source.c runtime/lookups/lookup.c", w, " ")
    for (i in w) known[w[i]] = 1
}
function recursion(at, list,   n, i, w) {
    n = split(list, w, " ")
    for (i = 1; i <= n; i++) together[at w[i] ".c"] = at "{" list "}"
}
# The source of an object; a program of its own has objects that are called PROGRAM-NAME.o.
function source(o) {
    sub(/\.o$/, "", o)
    if (!(o in sources)) sub(/\/[^\/]*-/, "/", o)
    return sources[o]
}
$1 == "SOURCE" { o = $2; sub(/\.[cly]$/, "", o); sources[o] = $2; next }
{ object = $1; sub(/:.*/, "", object); sub(/^[^:]*:/, ""); from = source(object) }
from == "" { next } # left over from a file that is gone
{ symbols++ }
$2 ~ /^[A-TV-Z]$/ { owner[$3] = from; next }
$1 == "U" { nuses++; user[nuses] = from; used[nuses] = $2 }
END {
    if (!symbols) exit 77
    for (i = 1; i <= nuses; i++) {
        if (!(used[i] in owner)) continue
        a = user[i]; b = owner[used[i]]
        if (a == b) continue
        why = wrong_arrow(a, b)
        if (why != "" && !(a in known)) { printf "%s uses %s of %s: %s\n", a, used[i], b, why; errors++ }
        if (a in together) a = together[a]
        if (b in together) b = together[b]
        if (a == b || (a, b) in arrow) continue
        arrow[a, b] = used[i]
        node[a] = node[b] = 1
    }
    # What calls nobody that is left, or is called by nobody, is in no circle.
    do {
        gone = 0
        split("", out); split("", in_)
        for (e in arrow) {
            split(e, ab, SUBSEP)
            out[ab[1]] = in_[ab[2]] = 1
        }
        for (e in arrow) {
            split(e, ab, SUBSEP)
            if (!(ab[1] in in_) || !(ab[2] in out)) { delete arrow[e]; gone++ }
        }
    } while (gone)
    for (e in arrow) { split(e, ab, SUBSEP); reach[ab[1], ab[2]] = left[ab[1]] = left[ab[2]] = 1 }
    for (k in left) for (a in left) if ((a, k) in reach) for (b in left) if ((k, b) in reach) reach[a, b] = 1
    sorter = "sort"
    for (e in arrow) {
        split(e, ab, SUBSEP)
        if (!((ab[2], ab[1]) in reach) || folder(ab[1]) in known) continue
        printf "circle: %s uses %s of %s\n", ab[1], arrow[e], ab[2] | sorter
        errors++
    }
    close(sorter)
    exit errors > 0
}'
