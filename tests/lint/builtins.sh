#!/bin/sh
# builtins.sh - the C of a row of dsl/builtins.def names no argument that the row hasn't, and no row has more than the four that
# emit has room for.
set -eu
export LC_ALL=C
cd "${srcdir:-$(dirname "$0")/../..}"
awk -F'"' '
    /^B\(/ {
        n = length($2)
        if (n > 4) {
            print "dsl/builtins.def:" NR ": more than four parameters"
            bad = 1
        }
        for (c = $6; match(c, /\$[0-9]/); c = substr(c, RSTART + 2))
            if (substr(c, RSTART + 1, 1) < 1 || substr(c, RSTART + 1, 1) > n) {
                print "dsl/builtins.def:" NR ": $" substr(c, RSTART + 1, 1) " of " n " parameters"
                bad = 1
            }
        rows++
    }
    END {
        if (!rows)
            print "dsl/builtins.def: no rows"
        exit bad || !rows
    }' dsl/builtins.def
