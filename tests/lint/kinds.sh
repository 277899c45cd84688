#!/bin/sh
# kinds.sh - nobody names a kind but itself: the kinds of the STAGE rows stand as texts in no source below runtime/ and compiler/
# but in the kind's own folder or file (not to ask for its options, which it is handed), in rows (.def) and in tests. `none` is FL_NONE, the word for no kind.
#
# Below is what is spelled like a kind and is none: FILE TEXT, and why.
set -eu
export LC_ALL=C
cd "${srcdir:-$(dirname "$0")/../..}"

allowed='
compiler/check/param.c file         a word of the language: secret file
compiler/emit/encoders.c csv          what an emitted function is called
compiler/emit/encoders.c json         the same
compiler/emit/writer.c stdin        a name that C has
compiler/emit/writer.c stdout       the same
compiler/verbs/main.c json          a form of diagnostics
runtime/base/log.c skydive          the tag in the syslog that the original had
runtime/config/log.c file           a place for the log
runtime/config/log.c json           a form of the log
runtime/config/log.c stdout         a place for the log
runtime/encoders/secadvisor/secadvisor.c json   the ending of its objects
runtime/lookups/gremlin/gremlin.c gzip          a word of HTTP
runtime/store/buffered.c gzip                   a word of HTTP
'

rows=$(sed -n 's/^#include "\(.*\/.*\.def\)"$/runtime\/\1/p' dsl/stages.def)
kinds=$(cat dsl/stages.def $rows | sed -n 's/^STAGE([a-z]*, \([a-z0-9]*\),.*/\1/p' | grep -vx none | sort -u)
[ "$(echo "$kinds" | wc -l)" -ge 14 ] || { echo "kinds.sh: the STAGE rows aren't read any more"; exit 1; }

awk -v kinds="$(echo $kinds)" -v allowed="$(echo "$allowed" | awk 'NF { print $1 " " $2 }' | tr '\n' ',')" '
BEGIN {
    n = split(kinds, k, " ")
    for (i = 1; i <= n; i++) kind[k[i]] = 1
    n = split(allowed, a, ",")
    for (i = 1; i < n; i++) may[a[i]] = 1
}
/^[ \t]*\*|^[ \t]*\/\*[^\/]*$/ { next } # comments
{
    asks = /fl_option_[a-z]+\(/
    gsub(/\/\*[^\/]*\*\//, "")
    while (match($0, /"[a-z0-9]+"/)) {
        text = substr($0, RSTART + 1, RLENGTH - 2)
        $0 = substr($0, RSTART + RLENGTH)
        if (!(text in kind)) continue
        if ((FILENAME " " text) in may) { used[FILENAME " " text] = 1; continue }
        n = split(FILENAME, p, "/")
        if (!asks && ((n > 3 && p[3] == text) || p[n] == text ".c")) continue
        printf "%s:%d: names the kind `%s`: ask its row, or the options that it is handed\n", FILENAME, FNR, text
        bad++
    }
}
END {
    for (i in may) if (!(i in used)) { printf "kinds.sh: nothing needs the exception `%s` any more\n", i; bad++ }
    exit bad > 0
}' $(find runtime compiler -name '*.[chly]' ! -name 'test_*' ! -path compiler/syntax/parse.c ! -path compiler/syntax/parse.h \
    ! -path compiler/syntax/lex.c ! -path compiler/text/embedded.c | sort)
