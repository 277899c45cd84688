#!/usr/bin/env python3
"""hostile_test - texts and names that are made to break out, in every place of the grammar that takes one: none does, all arrive."""

import csv
import io
import json
import os
import re
import shlex
import subprocess

import support
from support import FLOWC, run

# Ends of comments and strings, escapes, formats, trigraphs, line ends of all kinds, what turns the direction of reading, YAML, shell.
HOSTILE = ('*/ /* // \\ ??/ ??= %s%n%d " \' \\" #include "x" \n#error x\n/\r\t\x01\x7f\u0085\u2028\u202e\u2066 $(touch pwned) `touch pwned`'
           ' {}[]: - & <!> | # x: y, \u00fc\U0001f600 */\\')
SHORT = '"*/??/\\%s\n<\u2028'  # a key that is guessed in one compare
NAME = '*\\ ??("\'%s%n #$(touch pwned)\n*: ü'  # of a file: a / isn't possible
FLAGS = "-std=gnu11 -trigraphs -O0 -Wall -Wextra -Wtrigraphs -Wformat=2 -Werror"

SECRET = {"TOKEN": "x", "SKYDIVE_KEY": "y"}
WORDS = """auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short
    signed sizeof static struct switch typedef union unsigned void volatile while asm typeof bool true false NULL EOF errno linux unix _Bool _Static_assert __LINE__ __func__
    stdin main memcpy strlen malloc printf uint32_t int64_t size_t fl_str rec init run tick decode json pretty csv partition params stages
    cx r f b n v o d p k h w i t1 is_t1 l_x has raw at end key open closed other start clean placed level room out form separator columns"""
RESERVED = set(re.findall(r'^R\(\w+, "(\w+)"', open(os.path.join(support.SRC, "compiler", "syntax", "words.def")).read(), re.M))


def quoted(s):
    """As a string of the language."""
    return json.dumps(s)


T = quoted(HOSTILE)
GREMLIN = HOSTILE.replace("{", "").replace("}", "")
REGEX = re.sub(r"([\\^$.|?*+()\[\]{}])", r"\\\1", HOSTILE)
TEMPLATE = quoted(HOSTILE)[1:-1].replace("{", "{{").replace("}", "}}")

FLOW = f"""pipeline hostile {T} version {T};
include {quoted(NAME + '.inc')};

enum E : string {{ one as {T}; two; }}
enum Code {{ low = 1; high = 2; }}

schema In {{
    s : string as {T} = {T};
    o : {{ x : string as {quoted(SHORT)} = "d"; n : int as {quoted('n' + HOSTILE)} = 1; }} as {quoted('o' + HOSTILE)};
    p? : {{ a : string as {T} = {T}; }} as {quoted('p' + HOSTILE)};
    e : E = one;
    c : Code = low;
    m? : map<string>;
    l : [string] = [];
}}

const K = {T};
const MANY = [{T}, "x"];

param one : string = {T}  one of ["a", {T}];
param many : [string] = [{T}, "x"];
param map : map<string> = {{ {T}: {T} }};
param mode : E = one;
param token : string secret env {quoted('TOKEN')};
param key : string secret file {T};

source file {{ path = {T}; }}

lookup who(name : string) : {{ V? : string; }}  cache 1m  max 10  from gremlin {quoted("G.V('" + GREMLIN.replace("'", "") + "', {name})")} {{ V? = Metadata.V; }}

table seen[string] : string  expire 1m  max 10;

classify {{ same when s == {T} and s in MANY and s matches {quoted(REGEX)}; other otherwise; }}
update {{ seen[{T}] = {T}; }}
filter {{ drop two when e == two; }}

transform Out {{
    a as {T} = s;
    b as {quoted('b' + HOSTILE)} {{ c as {quoted('c' + HOSTILE)} = o.x; d = {T}; }}
    passed as {quoted('o' + HOSTILE)} = o;
    maybe? as {quoted('p' + HOSTILE)} = p;
    template = f"{TEMPLATE}{{s}}";
    match = match s {{ {T} => {T}; _ => "no"; }};
    replaced = replace(s, {quoted(REGEX)}, {quoted(HOSTILE.replace(chr(92), chr(92) * 2))});
    ends = ends_with(s, {T}) and starts_with(s, {T}) and contains(s, {T});
    kept? = seen[{T}];
    one; many; mode; e;
    map? = map[{T}];
    conditional = s == {T} ? {T} : K;
    version = pipeline.version;
    name? = who(s).V;
}}

output {{
    store direct;
    encode csv;
    write stdout;
}}

test {T} {{
    lookup who({T}) = {{ "V": {T} }};
    given {{ {T}: {T}, {quoted('o' + HOSTILE)}: {{ {quoted(SHORT)}: {T} }} }};
    expect record.a == {T} and record.template == f"{TEMPLATE}{{K}}" and record.match == {T} and record.replaced == {T};
    expect record.ends and record.kept == {T} and record.one == {T} and record.map == {T} and class == same;
    expect record.name == {T};
    expect {T} in record.many;
}}
"""


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", newline="") as f:
        f.write(text)
    return path


def flowc(folder, *args):
    r = run(FLOWC, *args, env={"FLOWC_CFLAGS": f"{FLAGS} {support.INSTRUMENTED}"}, cwd=folder, timeout=240)
    assert not os.path.exists(os.path.join(folder, "pwned")), "a text was run as a command"
    return r


def texts_arrive(folder):
    """With the C compiler's warnings as errors and trigraphs on; the test block compares what arrives inside of the pipeline."""
    write(folder, NAME + ".inc", "record Included { x : int; }\n")
    path = write(folder, NAME + ".flow", FLOW)
    flowc(folder, "test", path).expect(0)
    flowc(folder, "build", path, "-o", "hostile", "--line").expect(0)
    flowc(folder, "graph", path).expect(0)
    program = os.path.join(folder, "hostile")
    given = write(folder, "given", json.dumps({HOSTILE: HOSTILE, "o" + HOSTILE: {SHORT: HOSTILE}, "p" + HOSTILE: {}}) + "\n")

    def written(encode):
        return run(program, "--input", given, "--output", "-", "--set", f"pipeline.encode.type={encode}", env=SECRET, cwd=folder).expect(0).out.split("---\n", 1)[1]

    for encode in ("ndjson", "json"):
        record = json.loads(written(encode))
        record = record[0] if encode == "json" else record
        assert record[HOSTILE] == HOSTILE and record["b" + HOSTILE] == {"c" + HOSTILE: HOSTILE, "d": HOSTILE}, record
        assert record["o" + HOSTILE] == {SHORT: HOSTILE, "n" + HOSTILE: 1} and record["p" + HOSTILE] == {HOSTILE: HOSTILE}, record
        assert record["many"] == [HOSTILE, "x"] and record["map"] == record["version"] == record["replaced"] == HOSTILE, record
    rows = [row for row in csv.reader(io.StringIO(written("csv"), newline=""), strict=True) if row]
    assert len(rows) == 2 and len(rows[0]) == len(rows[1]), rows
    row = dict(zip(*rows))
    assert row[HOSTILE] == row["b" + HOSTILE + ".d"] == row["one"] == HOSTILE, row


def words_stay_on_their_line(folder):
    path = write(folder, "plain.flow", FLOW.replace(f"include {quoted(NAME + '.inc')};", ""))
    flowc(folder, "build", path, "-o", "hostile").expect(0)
    program = os.path.join(folder, "hostile")
    for option in ("--help", "--print-config"):
        out = run(program, option, env=SECRET).expect(0).out
        assert not re.search("^#error|[\x01\x7f\u0085\u2028\u202e\u2066]", out, re.M), f"{option}: {out}"
    printed = run(program, "--print-config", env=SECRET).expect(0).out
    config = write(folder, "config.yml", printed)
    again = run(program, config, "--print-config", env=SECRET).expect(0).out
    assert again == printed, again


def names_that_c_knows(folder):
    """Every word of C and every macro that the emitted file sees, as a name of everything that takes one."""
    cc = shlex.split(os.environ.get("CC", "cc"))
    include = os.path.join(os.environ.get("FLOWC_RUNTIME", ""), "runtime")
    macros = subprocess.run([*cc, "-std=gnu11", "-I", include, "-dM", "-E", "-include", "flowrt.h", "-x", "c", "/dev/null"], stdout=subprocess.PIPE, check=True)
    names = set(re.findall(r"^#define ([A-Za-z]\w*)", macros.stdout.decode(), re.M)) | set(WORDS.split())
    names = sorted(names - RESERVED)
    members = "\n".join(f"    {n} : int = 0;" for n in names)
    some = [n for n in names if n in WORDS.split()]
    flow = f"""pipeline names "names";
enum E : string {{ {" ".join(f"{n};" for n in names)} }}
schema In {{
{members}
    inner : {{ {" ".join(f"{n}? : string;" for n in names)} }};
    e : E = {names[0]};
}}
source stdin {{ decode json; }}
{"".join(f"let let_{n} = {n} + 1; const c_{n} = 1; param p_{n} : int = 1; record R_{n} {{ {n} : int; x? : string; }} " for n in some)}
{"".join(f"function f_{n}({n} : int, flags_end : int?) : int {{ let is_{n} = {n}; let l_{n} = {n} + 1; return is_{n} + l_{n}; }} " for n in some)}
{"".join(f"table t_{n}[string] : R_{n} expire 1m max 10; " for n in some)}
classify {{ {" ".join(f"{n} when {n} == 1;" for n in names)} none otherwise; }}
update {{ let {some[0]}_l = 1; {" ".join(f't_{n}["x"] = new R_{n} {{ {n} = {n}; }};' for n in some)} }}
filter {{ {" ".join(f"drop {n} when {n} == 2;" for n in names)} }}
transform Out {{
    {" ".join(f"{n} = {n} + 1;" for n in names)}
    all {{ {" ".join(f"{n}? = inner.{n};" for n in names)} }}
    lets {{ {" ".join(f"{n} = let_{n} + f_{n}(1, null) + p_{n} + c_{n};" for n in some)} }}
    e;
}}
output {{ store direct; encode ndjson; write stdout; }}
test "t" {{ given {{ "inner": {{}} }}; expect record.{names[0]} == 1 and class == none; }}
"""
    flowc(folder, "test", write(folder, "names.flow", flow)).expect(0)


def names_of_flowc(folder):
    """Names that could meet those which flowc makes from others."""
    flow = """pipeline meet "meet";
record in_record { record : int = 1; }
schema In {
    record : { record : int = 1; has_record? : string; text_x : int = 2; x : string = "x"; n_x : int = 1; };
    a : { b : { c : int = 1; }; b__c : int = 2; };
    a__b : { c : int = 3; };
    a__b__c : int = 4;
    placed : int = 1; raw : string = ""; has : int = 1; is_y : int = 1; let_y : int = 1; key : int = 1;
}
source stdin { decode json; }
function f(g_let_h : int) : int { let h = g_let_h; return h; }
function f_let_h(x : int) : int { let x_let_y = x; return x_let_y; }
function f_let_h_let_x(x : int) : int = x;
let x = a.b.c + f(1) + f_let_h(1) + f_let_h_let_x(1);
let is_x = x;
let let_x = is_x;
table has_record[string] : in_record expire 1m max 10;
classify { record when a__b__c == 1; other otherwise; }
update { has_record["x"] = new in_record { record = 1; }; }
transform Out { record; a { b = a.b.c; b__c = a.b__c; } a__b = a__b.c; a__b__c; has_a = 1; is_a = is_x; x; out = let_x; }
output { store direct; encode json; write stdout; }
test "t" {
    given { "record": {}, "a": { "b": {} }, "a__b": {} };
    expect record.a.b == 1 and record.a.b__c == 2 and record.a__b == 3 and record.a__b__c == 4 and record.x == 4;
}
"""
    flowc(folder, "test", write(folder, "meet.flow", flow)).expect(0)


def refused_with_a_place(folder):
    """What can't arrive is said."""
    head = 'source stdin { decode json; } schema In { s : string = ""; } output { store direct; encode ndjson; write stdout; } '
    for text in ('pipeline p "a\\u0000b";', 'pipeline p ""; param x : string = "a\\u0000b";',
                 'pipeline p ""; enum E : string { a as "\\u0000"; }', 'pipeline p ""; include "a\\u0000b";', "pipeline p\\u00fc;"):
        r = run(FLOWC, "check", write(folder, "refused.flow", text + "\n" + head))
        assert r.status == 1 and "refused.flow:1:" in r.err, f"{text}: {r.status} {r.err}"


if __name__ == "__main__":
    support.main([texts_arrive, words_stay_on_their_line, names_that_c_knows, names_of_flowc, refused_with_a_place])
