#!/usr/bin/env python3
"""pretty_test - pretty output says what compact output says, byte for byte in Go's MarshalIndent form, for every shape of a record.

The layout is made here from the compact output, token by token and without a JSON parser, so escapes and numbers stay as they are.
"""

import os
import re

import support

SCHEMA = """
enum Level : string { low; high as "HIGH!"; other; }
enum Code { none = 0; one = 1; other; }
record Leaf { n : int; text? : string; free? : map<string>; }
record Inner { a : int; b? : string; when? : time(rfc3339); level : Level = low; code? : Code; big? : int(text); leaf? : Leaf; list? : [string]; f? : float; yes? : bool; }
record Flat { first : int = 1; second? : int; third? : string; odd : int as "odd<key>\\"" = 3; }
schema In { id : string; flat? : Flat; inner? : Inner; name? : string; n? : int; ns? : [int]; ss? : [string]; ips? : [ip]; nets? : [cidr];
            levels? : [Level]; m? : map<int>; t : time(ms) = 0; big? : int(text); f? : float; b? : bool; level? : Level; }
source stdin { decode json; }
"""
OUTPUT = "output { store direct; encode json; write stdout; }\n"

# Every kind of field: passed on, computed, constant, let, objects that may be empty, objects that come from records.
TRANSFORM = """
pipeline shapes "every shape of a record";
""" + SCHEMA + """
table seen[string] : int  expire 10m  max 1k;
record Pair { one? : string; two? : string; }
function pair(n : int?) : Pair? = n == 0 ? null : new Pair { one? = nonempty(text(n ?? 0)); two = "<&>"; };
let p = pair(n);
let parts = split(name ?? "", ",");
update { seen[id] = 1; }
transform Out {
    maybe? = nonempty(name);
    flat?; inner?; m?; ns?; ss?; ips?; nets?; levels?; big?; f?; b?; level?; t;
    parts = parts;
    p?;
    empty? { x? = name; y? = n; }
    full { x? = name; y? = n; deeper { z? = n; deepest { one = 1; name = "a\\tb"; } } }
    sure { yes = true; }
    only { x? = name; }
    leaf? from inner { a; b?; more? from leaf { n; text?; } }
    last? = n;
    note? : string;
}
mangle { each { if (input.n ?? 0) > 5 { note = "much"; } } }
""" + OUTPUT

PASS = """
pipeline shapes "records that go on as they came";
""" + SCHEMA + OUTPUT

FLAT = '{"first":1,"second":2,"third":"x","odd<key>\\"":3}'
INNER = ('{"a":-1,"b":"\\u0041\\"","when":"2026-11-23T00:00:00.5Z","level":"HIGH!","code":1,"big":"12","leaf":{"n":7,"text":"\\u003c,{[:","free":{"k":"v","e":""}},'
         '"list":["a","b,c"],"f":1.5e-7,"yes":true}')
INPUT = [
    '{"id":"1"}',
    '{"id":"2","name":"","n":0}',
    '{"id":"3","name":"a,\\"b\\",\\u00e4\\n","n":6}',
    '{"id":"4","flat":' + FLAT + ',"inner":' + INNER + ',"name":"' + "long and longer " * 9 + '","n":-5}',
    '{"id":"5","flat":{},"inner":{"a":0,"leaf":{"n":1,"free":{}},"list":[]},"ns":[],"ss":[],"ips":[],"nets":[],"levels":[],"m":{}}',
    # other orders, white space, nulls, escaped keys, members that nobody knows
    '{"id":"6","flat":{"third":null,"second":9,"fir\\u0073t":5,"more":[1]},"inner": { "leaf" : { "text" : "{ }", "n" : 2 }, "a" : 1 } , "m":{ "a" : 1, "b" : -2 }}',
    '{"id":"7","flat":{"fir\\u0073t":5,"second":6},"ns":[1,-2,9223372036854775807],"ss":["","a\\"b","\\u2028"],"ips":["10.0.0.1","::1","none"]}',
    '{"id":"8","nets":["10.0.0.0/8"],"levels":["low","HIGH!","strange"],"m":{"a":1,"b":-2},"t":1700000000123,"big":"-7","f":-0.25,"b":false,"level":"HIGH!"}',
    '{"id":"9","t":-1,"big":12,"flat":{"first":12345678901234567,"second":-3},"inner":{"a":2,"b":"' + "x" * 70 + '"}}',
]


def layout(text):
    """Compact JSON with new lines and tabs."""
    out, level = "", 0
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|\[\]|\{\}|[][{},:]|[^][{},:"]+', text):
        if token in "}]":
            level -= 1
            out += "\n" + "\t" * level
        out += ": " if token == ":" else token
        if token in "{[":
            level += 1
        if token in "{[,":
            out += "\n" + "\t" * level
    return out


def build(folder, text):
    with open(os.path.join(folder, "shapes.flow"), "w") as f:
        f.write(text)
    support.run(support.FLOWC, "build", "shapes.flow", "-o", "shapes", cwd=folder).expect(0)
    return os.path.join(folder, "shapes")


def compare(program, lines, *more):
    output = []
    path = program + ".jsonl" # a file is one batch, so one object; what comes through a pipe may be several
    with open(path, "w") as f:
        f.write("\n".join(lines))
    for pretty in "false", "true":
        options = [f"--set=pipeline.encode.{o}" for o in (f"json.pretty={pretty}", *more)]
        out = support.run(program, "--input", path, "--output", "-", *options).expect(0).out
        output.append(re.sub("^--- .* ---\n", "", out)) # the object's name has the time
    compact, pretty = output
    expected = "".join(layout(line) + "\n" for line in compact.splitlines())
    if pretty != expected:
        for a, b in zip(expected.split("\n"), pretty.split("\n")):
            assert a == b, f"expected line {a!r}, came {b!r}"
        raise AssertionError(f"expected\n{expected}\ncame\n{pretty}")
    return pretty


def all_and_each(program):
    compare(program, INPUT)
    assert compare(program, INPUT, "type=secadvisor").startswith('{\n\t"data": [\n\t\t{\n')
    for line in INPUT:
        compare(program, [line])


def every_shape(folder):
    program = build(folder, TRANSFORM)
    all_and_each(program)
    pretty = compare(program, ['{"id":"1"}'])
    assert pretty.rstrip() == ('[\n\t{\n\t\t"t": 0,\n\t\t"parts": [\n\t\t\t""\n\t\t],\n\t\t"p": {\n\t\t\t"one": "0",\n\t\t\t"two": "\\u003c\\u0026\\u003e"\n\t\t},\n'
                      '\t\t"full": {\n\t\t\t"deeper": {\n\t\t\t\t"deepest": {\n\t\t\t\t\t"one": 1,\n\t\t\t\t\t"name": "a\\tb"\n\t\t\t\t}\n\t\t\t}\n\t\t},\n'
                      '\t\t"sure": {\n\t\t\t"yes": true\n\t\t},\n\t\t"only": {}\n\t}\n]'), pretty


def passed_on(folder):
    all_and_each(build(folder, PASS))


if __name__ == "__main__":
    support.main([every_shape, passed_on])
