#!/usr/bin/env python3
"""fuzz_decode.py - random schemas and documents: what a generated decoder takes, and what comes out, against Python's json.

    tests/fuzz/fuzz_decode.py [--keep DIR] RUNS SEED

Per seed a few random schemas (every wire form; optional, default, nested; odd keys) become pipelines: one that passes records on,
one as csv, and some with a transform that passes fields on as they came, reads others, and takes records whole or in parts. RUNS
documents are spread over them: valid ones, written with white space, escapes, other orders, unknown, null and repeated members, and
ones with a wrong type, a missing member, or a few bytes changed. For each the reference says: not JSON (rejected), malformed, or
what record comes out.
Environment: FLOWC, FLOWC_RUNTIME, CC, EXTRA_CFLAGS.
"""

import argparse
import csv
import datetime
import io
import ipaddress
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from decimal import Decimal, InvalidOperation

FLOWC = os.environ.get("FLOWC", "flowc")
WARN = ("-std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef -Wformat-security "
        "-Wno-missing-field-initializers -Wno-format-zero-length -Werror")
MAX, MIN = 2**63 - 1, -(2**63)
ABSENT = object()

STRINGS = ["", "a", "eth0", "é", "日本", "😀", 'q"uote', "back\\slash", "<&>", "tab\tnew\nline\x01", "/", "a,b", "x" * 40, "\ufffd", "\u2028", "\x7f"]
IPS = ["10.0.0.1", "::1", "2001:db8::1", "no address", "", "10.0.0", "fe80::1"]
CIDRS = ["10.0.0.0/8", "10.1.2.3/16", "2001:db8::/32", "0.0.0.0/0", "1.2.3.4/32"]
INTS = [0, 1, -1, 7, 80, 65535, 2**31, 10**12, MAX, MIN, -12345]
TIMES = {"2020-02-29T23:59:59Z": 1583020799, "1970-01-01T00:00:00Z": 0, "2021-01-01T00:00:00.5+01:00": 1609455600, "1999-12-31T23:59:59.999999-05:00": 946702799}
ENUMS = {
    "Open": ("string", ["TCP", "UDP", "other"]), "Closed": ("string", ["IPV4", "IPV6"]),
    "Number": ("int", [("ONE", 1), ("TWO", 2), ("other", None)]), "Exact": ("int", [("RED", 0), ("BLUE", 7)]),
}
ENUM_TEXT = """enum Open : string { TCP; UDP; other; }
enum Closed : string { IPV4; IPV6; }
enum Number { ONE = 1; TWO = 2; other; }
enum Exact { RED = 0; BLUE = 7; }
record Port { n : int; name? : string as "b-c"; }
record Leaf { a : int; s? : string; up : bool = true; kind? : Closed; at? : time(s); nets? : [cidr]; ports : [Port] = []; inner? : { x : float; }; }
"""
# members of the records that lists hold: (key, type, has to be there)
RECORDS = {"Port": [("n", "int", True), ("b-c", "string", False)], "Inner": [("x", "float", True)],
           "Leaf": [("a", "int", True), ("s", "string", False), ("up", "bool", False), ("kind", "Closed", False), ("at", "time(s)", False),
                    ("nets", "[cidr]", False), ("ports", "[Port]", False), ("inner", "Inner", False)]}
KEYS = ["A", "b-c", "id.orig_h", "Näme", 'q"k', "back\\k", "<t>", "source", "when", "x" * 33, "x" * 9, "has", "int", "a b"]


# ---- schemas ---------------------------------------------------------------------------------------------------------


class Field:
    def __init__(self, name, key, type_, mode, default=None, inner=None):
        self.name, self.key, self.type, self.mode, self.default, self.inner = name, key, type_, mode, default, inner


# type: (default text, default's JSON)
DEFAULTS = {"int": ("-5", -5), "string": ('"d\\"<"', 'd"<'), "bool": ("true", True), "float": ("0.25", Decimal("0.25")), "ip": ("10.9.9.9", "10.9.9.9"), "bytes": ("1KiB", 1024),
            "packets": ("3", 3), "int(text)": ("7", "7"), "duration(ns)": ("5s", 5 * 10**9), "duration(s)": ("1500ms", Decimal("1.5")), "duration(ms)": ("2s", 2000),
            "Open": ("UDP", "UDP"), "Closed": ("IPV6", "IPV6"), "Number": ("TWO", 2), "Exact": ("BLUE", 7), "cidr": ("10.0.0.0/8", "10.0.0.0/8"), "time(ms)": ("0", 0), "time(s)": ("0", 0),
            "time(rfc3339)": ("0", "1970-01-01T00:00:00Z"), "[string]": ('["l", "m"]', ["l", "m"]), "[int]": ("[4, 5]", [4, 5]), "[ip]": ("[10.0.0.1, ::1]", ["10.0.0.1", "::1"])}
SCALARS = ["int", "int", "string", "string", "bool", "float", "ip", "cidr", "bytes", "packets", "int(text)", "time(ms)", "time(s)", "time(ns)", "time(us)", "time(rfc3339)",
           "duration(ns)", "duration(s)", "duration(ms)", "Open", "Closed", "Number", "Exact", "[string]", "[int]", "[ip]", "[cidr]", "[float]", "[bool]", "[Open]", "[Exact]", "[Leaf]", "[Leaf]", "map<string>", "map<int>"]


def make_fields(rng, depth, prefix):
    fields, used = [], set()
    for i in range(rng.randrange(1 if depth else 4, 7 if depth else 14)):
        name = f"{prefix}{i}"
        key = name
        if rng.random() < 0.3:
            key = rng.choice([k for k in KEYS if k not in used] or [name])
        used.add(key)
        if depth < 3 and rng.random() < 0.25:
            mode = rng.choice(["opt", "opt", "req"])
            fields.append(Field(name, key, "record", mode, inner=make_fields(rng, depth + 1, name + "_")))
            continue
        t = rng.choice(SCALARS)
        mode = rng.choice(["opt", "opt", "req", "def"])
        if mode == "def" and t not in DEFAULTS:
            mode = "opt"
        fields.append(Field(name, key, t, mode, DEFAULTS[t][1] if mode == "def" else None))
    return fields


def declared(fields, indent="    "):
    out = ""
    for f in fields:
        type_ = "{\n" + declared(f.inner, indent + "    ") + indent + "}" if f.inner else f.type
        key = f" as {json.dumps(f.key, ensure_ascii=False)}" if f.key != f.name else ""
        default = f" = {DEFAULTS[f.type][0]}" if f.mode == "def" else ""
        out += f"{indent}{f.name}{'?' if f.mode == 'opt' else ''} : {type_}{key}{default};\n"
    return out


# ---- documents -------------------------------------------------------------------------------------------------------------


def good(rng, t):
    """A JSON value that has the type, as an object for write()."""
    if t in ("int", "bytes", "packets") or re.fullmatch(r"(time|duration)\(ns\)", t):
        return rng.choice(INTS)
    if re.fullmatch(r"(time|duration)\((us|ms)\)", t):
        return rng.choice([0, 1, 1763888400123, -5])
    if re.fullmatch(r"(time|duration)\(s\)", t):
        return rng.choice([0, 12, Decimal("1763888400.123456"), Decimal("1.50"), Decimal("-0.25"), 1763888400])
    if t == "float":
        return rng.choice([0, 1, -3, Decimal("0.5"), Decimal("1e-7"), Decimal("123456.789"), Decimal("1E+20"), 2**53 + 1])
    if t == "int(text)":
        return rng.choice(["12", "-7", "007", "0", 5])
    if t == "bool":
        return rng.random() < 0.5
    if t == "string":
        return rng.choice(STRINGS)
    if t == "ip":
        return rng.choice(IPS)
    if t == "cidr":
        return rng.choice(CIDRS)
    if t == "time(rfc3339)":
        return rng.choice(list(TIMES))
    if t in ENUMS:
        base, values = ENUMS[t]
        if base == "string":
            return rng.choice([v for v in values if v != "other"] + (["SCTP", ""] if "other" in values else []))
        return rng.choice([n for _, n in values if n is not None] + ([9, -1] if any(n is None for _, n in values) else []))
    if t.startswith("["):
        return [good(rng, t[1:-1]) for _ in range(rng.randrange(4))]
    if t in RECORDS:
        members = Doc((key, good(rng, type_)) for key, type_, needed in RECORDS[t] if needed or rng.random() < 0.6)
        members += [("unknown", rng.choice([None, 1, {"a": "x"}]))] * (rng.random() < 0.2) + [("s", None)] * (t == "Port" and rng.random() < 0.2)
        rng.shuffle(members)
        return members
    return {k: good(rng, t[4:-1]) for k in rng.sample(["k", "é", "x y", "z"], rng.randrange(3))}


ANY = [None, True, 0, -1, 5, Decimal("1.5"), Decimal("1e400"), 2**63, "", "text", [], [1, "a", None], {}, {"A": None, "deep": [[{"x": 1}]]}, 10**30, "10.0.0.1", "007"]


class Doc(list):
    """Members of an object in order, repeated ones too."""


def document(rng, fields, wrong, repeat=True):
    members = Doc()
    for f in fields:
        if f.mode != "req" and rng.random() < 0.3 or wrong and rng.random() < 0.02:
            if rng.random() < 0.5:
                members.append((f.key, None))
            continue
        twice = repeat and rng.random() < 0.05
        make = lambda w: document(rng, f.inner, w, repeat and not twice) if f.inner else good(rng, f.type)
        if twice:
            members.append((f.key, rng.choice([None, make(False)])))
        members.append((f.key, rng.choice(ANY) if wrong and rng.random() < 0.06 else make(wrong)))
        if twice and rng.random() < 0.4:
            members.append((f.key, None))
    if rng.random() < 0.25:
        members.insert(rng.randrange(len(members) + 1), (rng.choice(["unknown", "ID", "A" * 20, "é", ""]), rng.choice(ANY)))
    if rng.random() < 0.2:
        rng.shuffle(members)
    return members


def write(rng, v, style):
    space, escapes = style
    gap = lambda: rng.choice([" ", "\t", "  ", "\r"]) if space and rng.random() < space else ""
    if isinstance(v, Doc) or isinstance(v, dict):
        items = v if isinstance(v, Doc) else list(v.items())
        return "{" + gap() + ",".join(gap() + text(rng, k, escapes) + gap() + ":" + gap() + write(rng, x, style) + gap() for k, x in items) + "}"
    if isinstance(v, list):
        return "[" + gap() + ",".join(gap() + write(rng, x, style) + gap() for x in v) + "]"
    if isinstance(v, str):
        return text(rng, v, escapes)
    if isinstance(v, Decimal):
        return str(v)
    return json.dumps(v)


def text(rng, s, escapes):
    out = json.dumps(s, ensure_ascii=rng.random() < 0.3)
    if escapes and rng.random() < escapes and s:
        i = rng.randrange(len(s))
        units = s[i].encode("utf-16-be")
        out = json.dumps(s[:i])[:-1] + "".join("\\u%02x%02X" % (units[k], units[k + 1]) for k in range(0, len(units), 2)) + json.dumps(s[i + 1 :], ensure_ascii=False)[1:]
    return out.replace("/", "\\/") if escapes and rng.random() < 0.1 else out


def mangled(rng, data):
    b = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.randrange(len(b) + 1)
        what = rng.random()
        if what < 0.35 and at < len(b):
            b[at] = rng.choice(b'{}[]",:\\u0123456789eE+-. ntf\x00\x01\x1f\x7f\x80\xc3\xff')
        elif what < 0.6:
            b[at:at] = rng.choice([b'"', b",", b":", b"{", b"}", b"[", b"]", b"0", b"-", b"\\", b"\\ud800", b"\\udc00\\ud800", b"\\u12", b"\xc3\xa9", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"1e5", b"null", b" "])
        elif what < 0.85 and at < len(b):
            del b[at : at + rng.randrange(1, 6)]
        else:
            del b[at:]
    return bytes(b)


# ---- the reference -------------------------------------------------------------------------------------------------------------


class NotJSON(Exception):
    pass


class Malformed(Exception):
    pass


def whole(v):
    """Lone surrogates become U+FFFD."""
    if isinstance(v, str):
        return v.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(v, list):
        return [whole(x) for x in v]
    if isinstance(v, dict):
        return {whole(k): whole(x) for k, x in v.items()}
    return v


def bad_constant(s):
    raise NotJSON(s)


REPEATED = []


def members_of(pairs):
    out = dict(pairs)       # of a key that comes twice the last one holds
    if len(out) != len(pairs):
        REPEATED.append(True)
    return out


def parse(data):
    REPEATED.clear()
    try:
        return whole(json.loads(data.decode("utf-8"), parse_float=Decimal, parse_constant=bad_constant, object_pairs_hook=members_of))
    except (UnicodeDecodeError, json.JSONDecodeError) as e:
        raise NotJSON(str(e)) from e
    except (InvalidOperation, ValueError):      # a number beyond what Python reads
        raise Skip


def is_int(v):
    return isinstance(v, int) and not isinstance(v, bool) and MIN <= v <= MAX


def is_number(v):
    return isinstance(v, (int, Decimal)) and not isinstance(v, bool)


def is_cidr(s):
    m = re.fullmatch(r"(.*)/([0-9]+)", s, re.S)
    if not m:
        return False
    if len(m.group(2)) > 1 and m.group(2)[0] == "0":
        raise Skip
    try:
        a = ipaddress.ip_address(m.group(1))
        return "%" not in s and int(m.group(2)) <= (32 if a.version == 4 else 128)
    except ValueError:
        return False


def time_of(s):
    if s in TIMES:
        return TIMES[s]
    m = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):?(\d\d))", s)
    if not m:
        return None
    raise Skip


class Skip(Exception):
    """A document about which the reference says nothing."""


def read(t, v):
    """v is looked into: does it have the type?"""
    if t in ("int", "bytes", "packets") or re.fullmatch(r"(time|duration)\((ns)\)", t):
        ok = is_int(v)
    elif re.fullmatch(r"(time|duration)\((us|ms)\)", t):
        ok = is_int(v) and MIN <= v * (1000 if "us" in t else 10**6) <= MAX
    elif re.fullmatch(r"(time|duration)\(s\)", t):
        ok = is_number(v) and abs(v) < 10**300 and MIN <= int(Decimal(v) * 10**9) <= MAX
    elif t == "float":
        ok = is_number(v) and abs(v) < Decimal("1.7e308")
    elif t == "int(text)":
        ok = is_int(v) or isinstance(v, str) and re.fullmatch(r"[+-]?[0-9]+", v) is not None and MIN <= int(v) <= MAX
    elif t == "bool":
        ok = isinstance(v, bool)
    elif t in ("string", "ip"):
        ok = isinstance(v, str)
    elif t == "cidr":
        ok = isinstance(v, str) and is_cidr(v)
    elif t == "time(rfc3339)":
        ok = isinstance(v, str) and time_of(v) is not None
    elif t in ENUMS:
        base, values = ENUMS[t]
        ok = isinstance(v, str) and ("other" in values or v in values) if base == "string" else is_int(v) and (any(n is None for _, n in values) or v in [n for _, n in values])
    elif t.startswith("["):
        ok = isinstance(v, list) and all(x is not None and read(t[1:-1], x) for x in v)
    elif t in RECORDS:
        ok = isinstance(v, dict) and all(not needed if v.get(key) is None else read(type_, v[key]) for key, type_, needed in RECORDS[t])
    else:   # a map's values are looked at when they are asked for
        ok = True
    return ok


def member(f, obj):
    v = obj.get(f.key)
    if v is None and f.mode == "def":
        v = f.default
    if v is None and f.mode == "req":
        raise Malformed(f"{f.name} is missing")
    return v


def check(ok, f, v):
    if not ok:
        raise Malformed(f"{f.name} : {f.type} is {v!r}")


# An expression that reads a field, and its value.
READERS = {
    "int": ("{} + 0", lambda v: v), "int(text)": ("{} > 5", lambda v: int(v) > 5), "string": ("length({})", len), "bool": ("not {}", lambda v: not v), "float": ("{} * 1.0", lambda v: float(v)),
    "ip": ("length(text({}))", len), "cidr": ("text(address_of({}))", lambda v: v.split("/")[0]), "bytes": ("int({})", lambda v: v), "packets": ("int({})", lambda v: v),
    "time(ms)": ("millis({})", lambda v: v), "time(ns)": ("seconds({})", lambda v: v // 10**9), "time(us)": ("seconds({})", lambda v: v // 10**6), "time(s)": ("seconds({})", lambda v: int(Decimal(v).to_integral_value("ROUND_FLOOR"))),
    "time(rfc3339)": ("seconds({})", time_of), "duration(ns)": ("seconds({})", lambda v: v // 10**9), "duration(ms)": ("millis({})", lambda v: v), "duration(s)": ("seconds({})", lambda v: int(Decimal(v).to_integral_value("ROUND_FLOOR"))),
    "Open": ("text({})", lambda v: v if v in ("TCP", "UDP") else "other"), "Closed": ("text({})", lambda v: v), "Number": ("text({})", lambda v: {1: "ONE", 2: "TWO"}.get(v, "other")), "Exact": ("text({})", lambda v: {0: "RED", 7: "BLUE"}[v]),
    "[string]": ("length({})", len), "[int]": ("4 in {}", lambda v: 4 in v), "[ip]": ("any(q in {} where text(q) == \"::1\")", lambda v: "::1" in v),
    "[cidr]": ("any(q in {} where text(address_of(q)) == \"10.1.2.3\")", lambda v: any(x.startswith("10.1.2.3/") for x in v)),
    "[float]": ("length({})", len), "[bool]": ("count(q in {} where q)", sum), "[Open]": ("all(q in {} where q == UDP)", lambda v: all(x == "UDP" for x in v)),
    "[Exact]": ("any(q in {} where q == BLUE)", lambda v: 7 in v), "[Leaf]": ("count(q in {} where q.a > 5 and q.up)", lambda v: sum(x["a"] > 5 and x.get("up") is not False for x in v)),
    "map<string>": ('{}["k"]', lambda v: v.get("k") if isinstance(v, dict) and isinstance(v.get("k"), str) else None), "map<int>": ('{}["k"]', lambda v: v.get("k") if isinstance(v, dict) and is_int(v.get("k")) else None),
}


class Plan:
    """What the transform does with each path: pass, read (perhaps besides), whole, parts."""

    def __init__(self, rng, fields):
        self.rows, self.count = [], 0
        self.reads = {}
        self.text = self.fields(rng, fields, "    ", "input")

    def fields(self, rng, fields, indent, base):
        out = ""
        rows = []
        for f in fields:
            if rng.random() < 0.2:
                continue
            q = "?" if f.mode == "opt" else ""
            if f.inner and rng.random() < 0.5:
                saved, self.rows = self.rows, []
                inner = self.fields(rng, f.inner, indent + "    ", f"{base}.{f.name}")
                if not inner:
                    self.rows = saved
                    continue
                rows.append(("parts", f, self.rows))
                self.rows = saved
                out += f"{indent}{f.name}{q} from {f.name} {{\n{inner}{indent}}}\n"
                continue
            if rng.random() < 0.75:
                rows.append(("pass", f, None))
                out += f"{indent}{f.name}{q};\n"
            if not f.inner and rng.random() < 0.3:
                self.count += 1
                name = f"r{self.count}"
                self.reads[f] = True
                rows.append(("read", f, name))
                out += f"{indent}{name}? = {READERS[f.type][0].format(f.name)};\n"
        self.rows = rows
        return out

    def all_reads(self, f):
        return f in self.reads


def taken(plan, rows, fields, obj):
    """The output of a transform's fields; everything that is touched is checked."""
    out = {}
    touched = {f: (kind, more) for kind, f, more in rows}
    for kind, f, more in rows:
        v = member(f, obj)
        if v is None:
            continue
        if kind == "parts":
            check(isinstance(v, dict), f, v)
            out[f.name] = taken(plan, more, f.inner, v)
        elif kind == "read":
            check(read(f.type, v), f, v)
            got = READERS[f.type][1](v)
            if got is not None:
                out[more] = got
        elif f.inner:
            check(isinstance(v, dict), f, v)
            out[f.name] = shape(f.inner, v)
        else:
            check(not plan.all_reads(f) or read(f.type, v), f, v)       # what only goes through isn't checked for its type
            out[f.name] = v
    assert touched is not None
    return out


def shape(fields, obj):
    """A record that goes through whole: declared members in order, no nulls, defaults."""
    out = {}
    for f in fields:
        v = member(f, obj)
        if v is None:
            continue
        if f.inner:
            check(isinstance(v, dict), f, v)
            v = shape(f.inner, v)
        out[f.key] = v
    return out


def cells(fields, obj, prefix=""):
    names, row = [], []
    for f in fields:
        v = member(f, obj) if obj is not None else None
        name = prefix + f.key
        if f.inner:
            if v is not None:
                check(isinstance(v, dict), f, v)
            n, r = cells(f.inner, v, name + ".")
            names += n
            row += r
            continue
        names.append(name)
        row.append((f, v))
    return names, row


def same(want, got, ordered=True):
    if isinstance(want, dict):
        return isinstance(got, dict) and (not ordered or list(want) == list(got)) and want.keys() == got.keys() and all(same(want[k], got[k], ordered) for k in want)
    if isinstance(want, list):
        return isinstance(got, list) and len(want) == len(got) and all(same(a, b, ordered) for a, b in zip(want, got))
    if isinstance(want, float):
        return is_number(got) and float(got) == want
    if is_number(want):
        return is_number(got) and Decimal(want) == Decimal(got)
    return type(want) is type(got) and want == got


def same_cell(v, cell):
    if v is None:
        return cell == ""
    if isinstance(v, (list, dict)):
        return same(v, parse(cell.encode()), False)
    if isinstance(v, bool):
        return cell == ("true" if v else "false")
    if is_number(v):
        return Decimal(cell) == v
    return cell == v


# ---- a pipeline ------------------------------------------------------------------------------------------------------------------


class Failure(Exception):
    pass


def build(where, kind, fields, plan):
    text = f'pipeline fuzz "a random schema";\n{ENUM_TEXT}schema In {{\n{declared(fields)}}}\nsource stdin {{ decode json; }}\n'
    if kind == "transform":
        text += f"transform Out {{\n{plan.text}}}\n"
    text += f"output {{ store direct; encode {'csv' if kind == 'csv' else 'ndjson'}; write stdout; }}\n"
    with open(os.path.join(where, "x.flow"), "w") as f:
        f.write(text)
    env = dict(os.environ)
    env["FLOWC_CFLAGS"] = f"-O1 {WARN} {os.environ.get('EXTRA_CFLAGS', '')}"
    r = subprocess.run([FLOWC, "build", os.path.join(where, "x.flow"), "-o", os.path.join(where, "x"), "--keep-c=" + os.path.join(where, "x.c")], capture_output=True, text=True, env=env, timeout=600)
    if r.returncode:
        raise Failure(f"does not build\n{r.stderr[-4000:]}\n{text}")


def expected(kind, fields, plan, data):
    """("out", record) or ("rejected", why) or ("malformed", why)."""
    try:
        obj = parse(data)
    except NotJSON as e:
        return "rejected", str(e)
    except RecursionError:
        raise Skip
    if not isinstance(obj, dict):
        raise Skip
    try:
        if kind == "pass":
            # nothing is read; but what has to be there is looked for where the schema says so
            return "out", obj
        if kind == "csv":
            return "out", cells(fields, obj)[1]
        return "out", taken(plan, plan.rows, fields, obj)
    except Malformed as e:
        return "malformed", str(e)


def docs_of(rng, fields, n):
    docs = []
    while len(docs) < n:
        style = (rng.choice([0, 0, 0.05, 0.5]), rng.choice([0, 0, 0.1]))
        risky = rng.random() < 0.4
        data = write(rng, document(rng, fields, risky), style).encode("utf-8", "surrogatepass")
        if rng.random() < 0.25:
            data = mangled(rng, data)
        data = data.replace(b"\n", b" ")
        if data.strip():
            docs.append(data)
    return docs


def one(rng, kind, docs_wanted, where):
    fields = make_fields(rng, 0, "f")
    plan = None
    if kind == "transform":
        plan = Plan(rng, fields)
        while not plan.rows:
            plan = Plan(rng, fields)
    build(where, kind, fields, plan)
    want, docs = [], []
    for data in docs_of(rng, fields, docs_wanted):
        try:
            want.append(expected(kind, fields, plan, data))
            docs.append(data)
        except Skip:
            pass
    # What is not JSON may go on in the next line, so it goes into a file of its own; some of it is looked at one by one.
    soup = [d for d, w in zip(docs, want) if w[0] == "rejected"]
    with open(os.path.join(where, "soup.json"), "wb") as f:
        f.write(b"\n".join(soup) + b"\n")
    r = subprocess.run([os.path.join(where, "x"), "--input", os.path.join(where, "soup.json"), "--output", "-"], capture_output=True, timeout=300)
    if r.returncode not in (0, 1): # 1: nothing in it was good
        raise Failure(f"status {r.returncode}\n{r.stderr.decode('utf-8', 'replace')[-3000:]}")
    for d in soup[:20]:
        if ledger_of(where, [d]).get("rejected_messages", 0) == 0:
            raise Failure(f"is taken as JSON: {d.decode('utf-8', 'replace')}\n{d!r}")
    docs, want = [d for d, w in zip(docs, want) if w[0] != "rejected"], [w for w in want if w[0] != "rejected"]
    with open(os.path.join(where, "x.json"), "wb") as f:
        f.write(b"\n".join(docs) + b"\n")
    r = subprocess.run([os.path.join(where, "x"), "--input", os.path.join(where, "x.json"), "--output", "-"], capture_output=True, timeout=300)
    stderr = r.stderr.decode("utf-8", "replace")
    if r.returncode != (1 if docs and not any(w[0] == "out" for w in want) else 0):
        raise Failure(f"status {r.returncode}\n{stderr[-3000:]}")
    ledger = dict(re.findall(r"(\w+)=(\d+)", re.search(r"ledger .*", stderr).group(0)))
    raw = [l for l in r.stdout.split(b"\n")] if kind != "csv" else None
    if kind == "csv":
        body = re.sub(rb"(?m)^--- .* ---\n", b"", r.stdout).decode()
        rows = [x for x in csv.reader(io.StringIO(body, newline=""))]
        header = cells(fields, None)[0] if not any(f.mode == "req" for f in fields) else None
        names = header_of(fields)
        outs = [x for x in rows if x != names and x]
        assert header is None or header == names
    else:
        outs = [l for l in raw if l and not l.startswith(b"--- ")]
    count = {k: sum(w[0] == k for w in want) for k in ("out", "rejected", "malformed")}
    seen = {"out": len(outs), "rejected": int(ledger.get("rejected_messages", 0)), "malformed": int(ledger.get("malformed", 0))}
    if count != seen:
        narrow(where, docs, want)
        raise Failure(f"expected {count}, came {seen}")
    accepted = [(d, w) for d, w in zip(docs, want) if w[0] == "out"]
    for i, (d, w) in enumerate(accepted[: len(outs)]):
        got = outs[i]
        if kind == "csv":
            ok = len(got) == len(w[1]) and all(same_cell(v, c) for (_, v), c in zip(w[1], got))
            shown = [v for _, v in w[1]]
        else:
            parse(d)
            repeated = bool(REPEATED)
            value = parse(got)
            ok, shown = same(w[1], value, kind != "pass") and not REPEATED, w[1]
            if ok and kind == "pass" and not repeated and b" " not in d and b"\t" not in d and b"\r" not in d and got != d:
                ok = False
            if re.search(rb'[ \t\r]', re.sub(rb'"(?:[^"\\]|\\.)*"', b"", got)):
                ok = False
        if not ok:
            raise Failure(f"document {docs.index(d)}: {d.decode('utf-8', 'replace')}\nexpected {shown!r}\ncame     {got!r}")
    return len(docs) + len(soup)


def header_of(fields, prefix=""):
    out = []
    for f in fields:
        out += header_of(f.inner, prefix + f.key + ".") if f.inner else [prefix + f.key]
    return out


def narrow(where, docs, want):
    """Which document is taken otherwise than expected?"""

    for d, w in zip(docs, want):
        ledger = ledger_of(where, [d])
        if any(ledger.get(k, 0) != (w[0] == n) for k, n in (("rejected_messages", "rejected"), ("malformed", "malformed"), ("written", "out"))):
            raise Failure(f"expected {w[0]} {w[1] if w[0] != 'out' else ''}\ncame {SAID[-1]}\nof {d.decode('utf-8', 'replace')}\n{d!r}")


SAID = []


def ledger_of(where, docs):
    with open(os.path.join(where, "n.json"), "wb") as f:
        f.write(b"\n".join(docs) + b"\n")
    r = subprocess.run([os.path.join(where, "x"), "--input", os.path.join(where, "n.json"), "--output", "-"], capture_output=True, timeout=300)
    m = re.search(r"ledger .*", r.stderr.decode("utf-8", "replace"))
    SAID.append("\n".join(re.findall(r"WARN .*", r.stderr.decode("utf-8", "replace"))))
    return {k: int(n) for k, n in re.findall(r"(\w+)=(\d+)", m.group(0))} if m else {}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--keep", metavar="DIR")
    ap.add_argument("runs", type=int)
    ap.add_argument("seed", type=int)
    args = ap.parse_args()
    kinds = ["transform", "pass", "csv", "transform"]
    total = 0
    for n, kind in enumerate(kinds):
        where = tempfile.mkdtemp(prefix="fuzz_decode.")
        try:
            total += one(random.Random(f"{args.seed}/{n}"), kind, max(1, args.runs // len(kinds)), where)
        except Failure as f:
            print(f"seed {args.seed}, pipeline {n} ({kind}): {f}")
            if args.keep:
                shutil.rmtree(args.keep, ignore_errors=True)
                shutil.copytree(where, args.keep)
            return 1
        finally:
            shutil.rmtree(where, ignore_errors=True)
    print(f"{total} documents as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
