#!/usr/bin/env python3
"""csv_test - encode csv with any separator and any text for null: read back by Python's csv, every value is what it was, and null is
told from a text by its quotes. The names come from `as`. Recorded flows that no transform touches are, object by object, what Python's csv
writes of the declared fields.
"""

import csv
import io
import json
import os
import re

import compare
import support

FLOW = """
pipeline cells "";
schema In { a? : string; b? : int; c : string; f? : float; l? : [string]; t? : time(rfc3339); deep? : { x? : string; y : int = 7; }; }
source stdin;
transform Out { a? as "a b,c"; b?; c; made? = has a ? f"<{a}>" : null; f?; l?; parts = split(c, "/"); t?; deep?; last = "-"; }
output { store direct; encode csv; write stdout; }
"""
NAMES = ["a b,c", "b", "c", "made", "f", "l", "parts", "t", "deep.x", "deep.y", "last"]
TEXTS = ["x", "", "-", "NULL", " ", "a b", "a,b", "a;b", "a|b", "a\tb", 'say "a"', "two\nlines", "\u00e4", "\\."]
RECORDS = [{"c": "nothing else"}] + [
    {"a": text, "b": i, "c": text, "f": 1.5, "l": [text, "z"], "t": "2026-11-23T08:55:02.5Z", "deep": {"x": text}} for i, text in enumerate(TEXTS)]


def cells(r):
    """What stands in a line; None: null."""
    deep = r.get("deep")
    listed = json.dumps(r["l"], separators=(",", ":"), ensure_ascii=False) if "l" in r else None
    parts = json.dumps(r["c"].split("/"), separators=(",", ":"), ensure_ascii=False)
    number = None if "b" not in r else str(r["b"])
    return [r.get("a"), number, r["c"], None if "a" not in r else f"<{r['a']}>", "1.5" if "f" in r else None, listed, parts,
            r.get("t"), deep["x"] if deep else None, "7" if deep else None, "-"]


def line(values, separator, missing):
    def cell(v):
        if v is None:
            return missing
        quoted = any(c in v for c in (separator, '"', "\n", "\r")) or v[:1].isspace() or v == "\\." or (missing and v in ("", missing))
        return '"' + v.replace('"', '""') + '"' if quoted else v
    return separator.join(cell(v) for v in values)


def any_form(d):
    path, given, program = (os.path.join(d, name) for name in ("cells.flow", "given.ndjson", "cells"))
    with open(path, "w", encoding="utf-8") as f:
        f.write(FLOW)
    with open(given, "w", encoding="utf-8") as f:
        f.writelines(json.dumps(r, ensure_ascii=False) + "\n" for r in RECORDS)
    support.run(support.FLOWC, "build", path, "-o", program).expect(0)
    for separator in ",;|\t ":
        for missing, end in ("", "\r\n"), ("-", "\n"), ("NULL", "\r\n"):
            options = {"separator": json.dumps(separator), "missing": json.dumps(missing), "line_end": "lf" if end == "\n" else "crlf"}
            sets = [f"--set=pipeline.encode.csv.{k}={v}" for k, v in options.items()]
            body = support.run(program, "--input", given, "--output", "-", *sets).expect(0).out.split(" ---\n", 1)[1]
            rows = [NAMES] + [cells(r) for r in RECORDS]
            want = "".join(line(row, separator, missing) + end for row in rows)
            assert body == want + "\n", f"{separator!r} {missing!r} {end!r}:\n{body}\nexpected\n{want}"
            read = list(csv.reader(io.StringIO(body[:-1], newline=""), delimiter=separator, strict=True))
            assert read == [[missing if v is None else v for v in row] for row in rows], read


PASSED = """
pipeline passed "";
enum E : string { a; b as "B"; }
schema In {
    n : int; s? : string; o : { x? : float; l : [int]; m? : map<string>; t : time(rfc3339); e? : E; in? : { f : float = 0; b? : bool; a? : ip; }; };
    u? : { d : duration(ms); };
}
source stdin;
output { store direct; encode csv; write stdout; }
"""
KEPT = """
transform Out { first = n; o; rest? = u; }
output"""


def what_is_passed_on(d):
    """Of a record that is passed on, whole or as a field, each leaf is a column, and is what came."""
    given = ('{"n":1,"o":{"x":1.50,"l":[1, 2],"m":{"k":"v"},"t":"2026-11-23T08:55:02.500Z","e":"B","in":{"f":1e2,"b":false,"a":"::1"}},"u":{"d":7}}\n'
             '{"n":2,"s":"s","o":{"l":[],"t":"2026-11-23T08:55:02Z"}}\n'
             '{"n":3,"o":{"l":[3],"t":"2026-11-23T08:55:02Z","in":{}}}\n')
    inner = [["o.x", "o.l", "o.m", "o.t", "o.e", "o.in.f", "o.in.b", "o.in.a"],
             ["1.50", "[1,2]", '{"k":"v"}', "2026-11-23T08:55:02.500Z", "B", "1e2", "false", "::1"],
             ["", "[]", "", "2026-11-23T08:55:02Z", "", "", "", ""],
             ["", "[3]", "", "2026-11-23T08:55:02Z", "", "0", "", ""]]
    whole = [["n", "s"], ["1", ""], ["2", "s"], ["3", ""]], [["u.d"], ["7"], [""], [""]]
    kept = [["first"], ["1"], ["2"], ["3"]], [["rest.d"], ["7"], [""], [""]]
    for name, text, (before, behind) in ("whole", PASSED, whole), ("kept", PASSED.replace("\noutput", KEPT), kept):
        path, program = os.path.join(d, name + ".flow"), os.path.join(d, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        support.run(support.FLOWC, "build", path, "-o", program).expect(0)
        body = support.run(program, "--input", "-", "--output", "-", stdin=given.encode()).expect(0).out.split(" ---\n", 1)[1]
        want = [a + b + c for a, b, c in zip(before, inner, behind)]
        got = list(csv.reader(io.StringIO(body[:-1], newline=""), strict=True))
        assert got == want, f"{name}:\n{got}\nexpected\n{want}"


RECORDED = """
pipeline recorded "";
use skydive;
source skydive;
output { store buffered { max_flows_per_object = 300; } encode csv; write file; }
"""
KEYS = [("UUID", "LayersPath", "Application"), ("Link.Protocol", "Network.A", "Transport.B"), ("Metric.RTT", "TCPMetric.BASynTTL", "FinishType")]


def declared():
    """(path, default) of each leaf of the schema Flow, in its order; in a record that isn't there none has a default."""
    with open(os.path.join(support.SRC, "dsl", "skydive.flow"), encoding="utf-8") as f:
        text = re.sub(r"#.*", "", f.read())
    records = dict(re.findall(r"^(?:record|schema) (\w+) \{(.*?)^\}", text, re.M | re.S))
    numbers = {name: number for _, rows in re.findall(r"^enum (\w+) \{(.*?)\}", text, re.M) for name, number in re.findall(r"(\w+) = (\d+)", rows)}

    def fields(body, path):
        for name, inner, type_, default in re.findall(r"(\w+)\??\s*:\s*(?:\{(.*?)\}|(\w+(?:\(\w+\))?)(?:\s*=\s*([^;]+))?)\s*;", body, re.S):
            if inner or type_ in records:
                yield from fields(inner or records[type_], [*path, name])
            else:
                yield [*path, name], numbers.get(default, default.strip('"'))
    return list(fields(records["Flow"], []))


def row(flow, leaves):
    cells = []
    for (*path, name), default in leaves:
        at = flow
        for step in path:
            at = at.get(step) if at else None
        value = at.get(name) if at else None
        cells.append("" if at is None else default if value is None else str(value))
    return cells


def recorded_flows(d):
    """Whole objects: all declared leaves in the order of the schema, in each object below their names; texts that need quotes have them."""
    leaves = declared()
    names = [".".join(path) for path, _ in leaves]
    at = [names.index(k) for keys in KEYS for k in keys]
    assert at == sorted(at) and len(names) == 96, (at, len(names))
    texts = ["a,b", 'say "a"', "two\nlines", "cr\r", "\u00e4", "", None, "a;b|c"]
    flows = []
    given, path, program, out = (os.path.join(d, name) for name in ("given.jsonl", "recorded.flow", "recorded", "out"))
    with open(support.MESSAGES, encoding="utf-8") as f, open(given, "w", encoding="utf-8") as g:
        for message in map(json.loads, f):
            for flow in message["Obj"]:
                flow["CaptureID"] = texts[len(flows) % len(texts)]
                flow["more"] = {"CaptureID": "not declared"}
                flows.append(flow)
                if len(flows) % 50 == 0:
                    flow.update(Network=None, RawPacketsCaptured=None, Metric={})
            g.write(json.dumps(message) + "\n")
    assert len(flows) == support.FLOWS
    with open(path, "w", encoding="utf-8") as f:
        f.write(RECORDED)
    support.run(support.FLOWC, "build", path, "-o", program).expect(0)
    support.run(program, "--input", given, "--output", out).expect(0)
    objects = [data.decode() for _, data in compare.objects(out)]
    want = []
    for i in range(0, len(flows), 300):
        body = io.StringIO(newline="")
        csv.writer(body, lineterminator="\r\n").writerows([names, *(row(flow, leaves) for flow in flows[i:i + 300])])
        want.append(body.getvalue())
    for i, (is_, was) in enumerate(zip(objects, want)):
        found = [pair for pair in zip(is_.split("\r\n"), was.split("\r\n")) if pair[0] != pair[1]]
        assert is_ == was, f"object {i}, the first line that differs, and what is expected:\n" + "\n".join(found[0] if found else (is_[-200:], was[-200:]))
    assert len(objects) == len(want) == 3, len(objects)


if __name__ == "__main__":
    support.main([any_form, what_is_passed_on, recorded_flows])
