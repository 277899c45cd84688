#!/usr/bin/env python3
"""waves_test - lookups and tables in one pipeline: however records are cut into batches, and though whether something is asked
depends on what earlier records of the batch wrote, each record sees what it would see alone. Compared with a model here."""

import json
import os
import random

import support
from support import FLOWC, run

HEAD = """
pipeline p "p";
schema In { id : string; tid? : string; n : int = 0; }
source stdin { decode json; }
lookup kind(tid : string) : { Type : string; Next? : string; }  cache 1h  max 1k
    from gremlin "G.V({tid})" { Type = Metadata.Type; Next? = Metadata.Next; }
table first[string] : string  expire 1h  max 1k;
table count[string] : int     expire 1h  max 1k;
"""
TAIL = "output { store direct; encode ndjson; write stdout; }\n"
TIDS = ["a", "b", "c", "d"]
IDS = ["x", "y", "z"]
KINDS = {"a": {"Type": "veth", "Next": "b"}, "b": {"Type": "bridge"}, "c": {"Type": "host", "Next": "d"}, "d": {"Type": "dev", "Next": "a"},
         "x": {"Type": "tap", "Next": "c"}, "y": {"Type": "tun"}, "z": {}}


def kind(tid, field="Type"):
    return KINDS[tid].get(field) if tid is not None else None


class Model:
    def __init__(self):
        self.first, self.count = {}, {}


# Lets of the file keep what tables held: below the update, stages may ask by them.
BELOW = """
let home = first[id] ?? tid;
let there = kind(home);
filter { drop veth when (kind(tid).Type ?? "") == "veth"; }
update { first[id] = home ?? "d"; }
transform T { id; n; home?; kind? = there.Type; }
filter { drop bridge when (kind(home).Type ?? "") == "bridge" and n % 2 == 0; }
"""


def below_model(m, r):
    if kind(r.get("tid")) == "veth":
        return None
    home = m.first.get(r["id"], r.get("tid"))
    m.first[r["id"]] = home or "d"
    if kind(home) == "bridge" and r["n"] % 2 == 0:
        return None
    return {"id": r["id"], "n": r["n"], "home": home, "kind": kind(home)}


# Tables bind the stages above and below the update to it, so their lookups are asked before all of them.
BOUND = """
let times = count[id] ?? 0;
filter { drop veth when times > 1 and (kind(tid).Type ?? "") == "veth"; }
update { count[id] = times + 1; }
transform T { id; n; times; now? = count[id]; kind? = times % 2 == 0 ? kind(tid).Type : kind(id).Type; }
"""


def bound_model(m, r):
    times = m.count.get(r["id"], 0)
    if times > 1 and kind(r.get("tid")) == "veth":
        return None
    m.count[r["id"]] = times + 1
    return {"id": r["id"], "n": r["n"], "times": times, "now": times + 1, "kind": kind(r.get("tid") if times % 2 == 0 else r["id"])}


# Whether anything is asked at all depends on a table; so do rules of classify and an update that asks and writes.
GUARD = """
classify { again when has first[id]; veth when (kind(tid).Type ?? "") == "veth"; other otherwise; }
filter { keep when class == again; drop bridge when (kind(tid).Type ?? "") == "bridge"; }
update {
    if class == again { first[id] = kind(tid).Next ?? "a"; }
    else if has tid { first[id] = tid; }
}
transform T { id; n; class = text(class); now? = first[id]; next? = (first[id] ?? "") == "b" ? kind(tid).Next : kind(id).Next; }
"""


def guard_model(m, r):
    cls = "again" if r["id"] in m.first else "veth" if kind(r.get("tid")) == "veth" else "other"
    if cls != "again" and kind(r.get("tid")) == "bridge":
        return None
    if cls == "again":
        m.first[r["id"]] = kind(r.get("tid"), "Next") or "a"
    elif "tid" in r:
        m.first[r["id"]] = r["tid"]
    now = m.first.get(r["id"])
    return {"id": r["id"], "n": r["n"], "class": cls, "now": now, "next": kind(r.get("tid") if now == "b" else r["id"], "Next")}


# A let that asks and reads a table sees it as it was before the update; a second update writes what the first one wrote.
LETS = """
let before = has first[id] ? kind(tid).Type : kind(id).Type;
update { first[id] = tid ?? "c"; }
filter { drop none when n % 3 == 0 and not has before; }
update { if (kind(tid).Type ?? "") == "host" { first[id] = "d"; } }
transform T { id; n; before?; after? = first[id]; }
"""


def lets_model(m, r):
    before = kind(r.get("tid") if r["id"] in m.first else r["id"])
    m.first[r["id"]] = r.get("tid") or "c"
    if r["n"] % 3 == 0 and before is None:
        return None
    if kind(r.get("tid")) == "host":
        m.first[r["id"]] = "d"
    return {"id": r["id"], "n": r["n"], "before": before, "after": m.first[r["id"]]}


# The same in mangle, which works on the batch after the stages above; a field that it has set may be asked by.
MANGLE = """
transform T { id; n; kind? : string; was? : string; }
mangle { each {
    was = kind(input.tid).Next;
    kind = has first[id] ? kind(was).Type : kind(id).Type;
    first[id] = was ?? "a";
} }
"""


def mangle_model(m, r):
    was = kind(r.get("tid"), "Next")
    got = kind(was if r["id"] in m.first else r["id"])
    m.first[r["id"]] = was or "a"
    return {"id": r["id"], "n": r["n"], "kind": got, "was": was}


# What a partition asks is asked for the whole batch, too.
PARTITION = '''
let home = first[id];
update { first[id] = tid ?? "a"; }
transform T { id; n; }
output { store direct { partition kind = kind(home).Type ?? "none", next = kind(input.tid).Next ?? "none"; } encode ndjson; write file; }
'''


# Where mangle is switched off, nothing is asked for it.
OFF = """
param more : bool = false  yaml "more";
transform T { id; n; kind? : string; }
mangle when more { each { kind = kind(id).Type; } }
"""


def write_lookups(folder):
    path = os.path.join(folder, "lookups.json")
    with open(path, "w") as f:
        json.dump({f"G.V(\"{t}\")": [{"ID": t, "Metadata": v}] for t, v in KINDS.items()}, f)
    return path


def build(folder, body, tail=TAIL):
    path = os.path.join(folder, "p.flow")
    with open(path, "w") as f:
        f.write(HEAD + body + tail)
    run(FLOWC, "build", path, "-o", os.path.join(folder, "p")).expect(0)
    return os.path.join(folder, "p")


def records_of(out):
    return sorted((json.loads(line) for line in out.splitlines() if line.startswith("{")), key=lambda r: r["n"])


def compare_with(folder, body, model):
    program = build(folder, body)
    lookups = write_lookups(folder)
    rng = random.Random(1)
    for _ in range(6):
        flows = [{"id": rng.choice(IDS), "n": i} | ({"tid": rng.choice(TIDS)} if rng.random() < .8 else {}) for i in range(40)]
        m, expected = Model(), []
        for r in flows:
            e = model(m, r)
            if e is not None:
                expected.append({k: v for k, v in e.items() if v is not None})
        for size in (40, 7, 1):
            batches = [flows[i:i + size] for i in range(0, len(flows), size)]
            r = run(program, "--input", "-", "--output", "-", "--lookups", lookups,
                    stdin="".join(json.dumps(b) + "\n" for b in batches).encode()).expect(0)
            got = records_of(r.out)
            assert got == expected, f"batches of {size}: " + next(
                (f"record {i}: {g} instead of {e}" for i, (g, e) in enumerate(zip(got, expected)) if g != e), f"{len(got)} records, not {len(expected)}")
            assert "lacks a query" not in r.err, r.err


def a_let_is_asked_by_below_the_update(folder):
    compare_with(folder, BELOW, below_model)


def lookups_beside_a_counter(folder):
    compare_with(folder, BOUND, bound_model)


def a_table_decides_what_is_asked(folder):
    compare_with(folder, GUARD, guard_model)


def a_let_that_asks_is_settled_before_the_update(folder):
    compare_with(folder, LETS, lets_model)


def in_mangle(folder):
    compare_with(folder, MANGLE, mangle_model)


def in_a_partition(folder):
    program = build(folder, PARTITION, "")
    out = os.path.join(folder, "out")
    flows = [{"id": "x", "n": 1, "tid": "a"}, {"id": "x", "n": 2, "tid": "b"}, {"id": "x", "n": 3}, {"id": "y", "n": 4, "tid": "c"}]
    run(program, "--input", "-", "--output", out, "--lookups", write_lookups(folder), stdin=json.dumps(flows).encode()).expect(0)
    got = {}
    for where, _, names in os.walk(out):
        for name in names:
            with open(os.path.join(where, name)) as f:
                parts = "/".join(p for p in where.split(os.sep) if "=" in p)
                got.update({json.loads(line)["n"]: parts for line in f})
    assert got == {1: "kind=none/next=b", 2: "kind=veth/next=none", 3: "kind=bridge/next=none", 4: "kind=none/next=d"}, got


def a_mangle_that_is_off_asks_nothing(folder):
    program = build(folder, OFF)
    nothing = os.path.join(folder, "nothing.json")
    with open(nothing, "w") as f:
        f.write("{}")
    for more, asked in (("false", False), ("true", True)):
        r = run(program, "--set", f"more={more}", "--input", "-", "--output", "-", "--lookups", nothing, stdin=b'[{"id": "x", "n": 1}]').expect(0)
        assert records_of(r.out) == [{"id": "x", "n": 1}], r.out
        assert ("lacks a query" in r.err) == asked, r.err


if __name__ == "__main__":
    support.main([a_let_is_asked_by_below_the_update, lookups_beside_a_counter, a_table_decides_what_is_asked,
                  a_let_that_asks_is_settled_before_the_update, in_mangle, in_a_partition,
                  a_mangle_that_is_off_asks_nothing])
