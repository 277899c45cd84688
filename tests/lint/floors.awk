# floors.awk - the floors of the house, from the top; includes.sh and calls.sh read them. A folder sees itself and what stands below it.
# docs/internals.md says what each folder is for.

BEGIN {
    floors("runtime", "program run sources store intake delivery sinks accounts encoders compressors decoders tables lookups config drivers core lang json net value state base")
    floors("compiler", "verbs emit plan check syntax tree text")
    # In these each kind is a folder or a file, and sees no other kind.
    split("sources sinks accounts encoders compressors decoders tables lookups", w, " ")
    for (i in w) kinds["runtime/" w[i]] = 1
    # The two that stand at the top of their folders: what emitted C sees, and the order of the passes.
    place["runtime/flowrt.h"] = "runtime/lang"
    place["compiler/flowc.h"] = "compiler/tree"
}
function floors(side, list,   n, i, w) {
    n = split(list, w, " ")
    for (i = 1; i <= n; i++) floor[side "/" w[i]] = n - i + 1
}
# The folder on whose floor a file is: runtime/json; its kind in kind_of, "" if it is no kind's.
function folder(path,   p, n) {
    kind_of = ""
    if (path in place) return place[path]
    n = split(path, p, "/")
    if (p[1] == "dsl") return "dsl"
    if (n < 3) return p[1]
    if ((p[1] "/" p[2]) in kinds && n > 3) kind_of = p[3]
    return p[1] "/" p[2]
}
# What is wrong with an arrow from one file to another; "": nothing.
function wrong_arrow(from, to,   df, kf, dt, kt) {
    df = folder(from); kf = kind_of
    dt = folder(to); kt = kind_of
    if (from ~ /^runtime/ && to ~ /^compiler/) return "the runtime knows nothing of the compiler"
    if (from ~ /^compiler/ && to ~ /^runtime/) return dt == "runtime/base" ? "" : "the compiler knows the runtime only as text"
    if (df != dt && floor[dt] >= floor[df]) return dt " stands above " df
    if (df == dt && kf != kt && kt != "") return "a kind is seen by nobody but itself and program/registry.c"
    return ""
}
