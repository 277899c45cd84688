#!/usr/bin/env python3
"""csv_test - encode csv with any separator and any text for null: read back by Python's csv, every value is what it was, and null is
told from a text by its quotes. The names come from `as`.
"""

import csv
import io
import json
import os

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


if __name__ == "__main__":
    support.main([any_form, what_is_passed_on])
