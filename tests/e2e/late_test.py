#!/usr/bin/env python3
"""late_test - numbers that only code behind an option reads: the same records come out and the same ones are refused, whether it is on or off.

The compiler has them checked at once and decoded late (compiler/plan/read.c); in records that are passed on their places are kept, for
pretty output (compiler/emit/lay.c). What has to come out is computed here.
"""

import json
import os
import re

import pretty_test
import support

FLOW = """
pipeline late "numbers that only an option's code reads";
record Count { a : int; b? : int; t : time(ms) = 0; d? : duration(us); }
schema In { id : string; count? : Count; other? : Count; when : time(ms) = 0; port? : int; plain : int = 0; }
param on : bool = false;
source stdin { decode json; }
table seen[string] : bool  expire 1h  max 10;
update { seen[id] = true; }
transform Out {
    id; count?; other?; when;
    port? = text(port);
    plain = text(plain);
    sum? : int;
    start? : time(ms);
    took? : duration(us);
}
mangle when on {
    each { sum = input.count.a + (input.count.b ?? 1000); start = input.when; took = input.count.d; }
    absent id in seen every 1h { emit { when = now; } }
}
output { store direct; encode json; write stdout; }
"""

BIG = 9223372036854775807
COUNTS = [
    '{"a":1,"b":2,"t":3,"d":4}', '{"a":0,"t":1700000000123}', '{"a":-1,"b":-0,"t":0,"d":12345678901234}', '{"a":1234567890123456,"b":12345678901234567,"t":1}',
    f'{{"a":-5,"b":{BIG - 1000},"t":9}}', '{"a":7}', '{"b":5}', '{}', '{"t":5,"a":6}', '{"a":8, "b":9,"t":1}', '{"a":1,"a":2,"t":3}', '{"\\u0061":4,"t":3}',
    '{"a":10,"b":null,"t":4,"more":[{}]}', "null",
    # refused: types, and what is over 64 bits in nanoseconds
    '{"a":"1"}', '{"a":1.5,"t":1}', '{"a":1e3}', '{"a":1,"t":9223372036855}', '{"a":1,"t":9223372036854}', f'{{"a":{BIG + 1}}}', f'{{"a":{-BIG - 1},"b":0,"t":1}}',
    '{"a":1,"d":9223372036854775}', '{"a":1,"d":9223372036854776}', '{"a":1,"t":9999999999999}', "7",
]
ROWS = [f'{{"id":"{i}","count":{c},"plain":{i}}}' for i, c in enumerate(COUNTS)] + [f'{{"id":"x{i}","other":{c},"when":1700000000000}}' for i, c in enumerate(COUNTS)] + [
    '{"id":"p1","port":443,"when":-1}', '{"id":"p2","port":-0,"plain":-0}', '{"id":"p3","port":-17,"plain":-90}', '{"id":"p4","port":null,"plain":null}',
    f'{{"id":"p5","port":{-BIG - 1},"plain":{BIG}}}', '{"id":"p6","port":"1"}', f'{{"id":"p7","plain":{BIG + 1}}}', '{"id":"p8","when":9300000000000}', '{"id":"p9","port": 12 }',
]


def number(v):
    """None: not a 64-bit integer."""
    return v if type(v) is int and -BIG - 1 <= v <= BIG else None


def right_count(c, read):
    """Is it taken? `read`: members that nobody reads may be anything; `a` has to be there."""
    if c is None:
        return True
    if not isinstance(c, dict) or c.get("a") is None:
        return False
    if not read:
        return True
    for key, scale in (("a", 1), ("b", 1), ("d", 1000)): # nobody reads t
        v = c.get(key)
        if v is not None and (number(v) is None or number(v * scale) is None):
            return False
    return True


def expected(line, on):
    r = json.loads(line)
    if not right_count(r.get("count"), True) or not right_count(r.get("other"), False):
        return None
    for key, scale in (("port", 1), ("plain", 1), ("when", 1000000)):
        v = r.get(key)
        if v is not None and (number(v) is None or number(v * scale) is None):
            return None
    want = {"id": r["id"], "port": None if r.get("port") is None else str(r["port"]), "plain": str(r.get("plain") or 0), "when": r.get("when") or 0}
    c = r.get("count")
    want["sum"] = min(c["a"] + (1000 if c.get("b") is None else c["b"]), BIG) if on and c is not None else None
    want["start"] = want["when"] if on else None
    want["took"] = c.get("d") if on and c is not None else None
    return {k: v for k, v in want.items() if v is not None}


def built(folder):
    with open(os.path.join(folder, "late.flow"), "w") as f:
        f.write(FLOW)
    support.run(support.FLOWC, "build", "late.flow", "-o", "late", cwd=folder).expect(0)
    return os.path.join(folder, "late")


def output(program, line, *options, status=0):
    with open(program + ".jsonl", "w") as f:
        f.write(line)
    out = support.run(program, "--input", program + ".jsonl", "--output", "-", *options).expect(status).out
    return re.sub("^--- .* ---\n", "", out)


def on_and_off(folder):
    program = built(folder)
    for line in ROWS:
        passed = []
        for on in "false", "true":
            want = expected(line, on == "true")
            compact = output(program, line, f"--set=on={on}", status=1 if want is None else 0) # 1: nothing could be read
            if want is None:
                assert not compact.strip(), f"{line}, on={on}: taken: {compact}"
                continue
            assert compact.strip(), f"{line}, on={on}: refused"
            (got,) = json.loads(compact)
            passed.append([got.pop("count", None), got.pop("other", None)])
            assert got == want, f"{line}, on={on}: expected {want}, got {got}"
            pretty = output(program, line, f"--set=on={on}", "--set=pipeline.encode.json.pretty=true")
            laid = "".join(pretty_test.layout(x) + "\n" for x in compact.splitlines())
            assert pretty == laid, f"{line}, on={on}: expected\n{laid}\ncame\n{pretty}"
        assert not passed or passed[0] == passed[1], f"{line}: {passed}"


def plan_says_so(folder):
    built(folder)
    plan = support.run(support.FLOWC, "check", "--dump-plan", "late.flow", cwd=folder).expect(0).out
    for row in (r"count +raw has places\n", r"count\.a +value late has\n", r"count\.t +has\n", r"port +value late raw \n", r"when +value late raw \n",
                r"port +from input as a text port\n", r"when +only for emit, else the text of when\n"):
        assert re.search("    " + row, plan), f"no {row!r} in\n{plan}"


if __name__ == "__main__":
    support.main([on_and_off, plan_says_so])
