#!/usr/bin/env python3
"""header_test - storeheader: the object around the records of a batch, compact and pretty; what is configured, what is declared, what
is known only at the end."""

import gzip
import json
import os
import re

import support

FLOW = """
pipeline parcels "";
schema In { a : string; }
param more : map<string> yaml "storeheader.parcels";
param zone : string = "z<1>" yaml "zone";
source stdin;
classify { odd when a matches "[13579]$"; even otherwise; }
output {
    storeheader {
        ...more;
        version = "0.0.1";
        began = batch.start;
        ended = batch.end;
        n = batch.count;
        id = batch.id;
        of { pipeline = pipeline.name; zone; many? = nonzero(batch.count - 1); }
        none? = nonempty("");
        state = "skip data";
        flow_logs = batch.records;
        last = true;
    }
    store buffered { filename_prefix = "p"; max_flows_per_object = 2; }
    encode json; compress none; write stdout;
}
"""
CONFIG = """pipeline:
  storeheader:
    type: parcels
    parcels: {Region: "us \\"south\\"", version: "9", count: 12, nothing: , flow_logs: x}
"""


def build(d, text=FLOW):
    path, program = os.path.join(d, "parcels.flow"), os.path.join(d, "parcels")
    with open(path, "w") as f:
        f.write(text)
    support.run(support.FLOWC, "build", path, "-o", program).expect(0)
    with open(os.path.join(d, "parcels.yml"), "w") as f:
        f.write(CONFIG)
    with open(os.path.join(d, "given"), "w") as f:
        f.writelines(json.dumps({"a": str(i)}) + "\n" for i in range(5))
    return program


def objects(d, program, *more):
    out = os.path.join(d, "out")
    support.run(program, os.path.join(d, "parcels.yml"), "--input", os.path.join(d, "given"), "--output", out, *more).expect(0)
    found = {}
    for folder, _, names in os.walk(out):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                data = f.read()
            found[os.path.relpath(path, os.path.join(out, "bucket", "p"))] = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
            os.unlink(path)
    return found


def check(found, ending=""):
    records = []
    for key, data in found.items():
        pairs = json.loads(data, object_pairs_hook=lambda p: p)
        names = [k for k, _ in pairs]
        assert names == ["Region", "count", "nothing", "version", "began", "state", "flow_logs", "ended", "n", "id", "of", "last"], names
        top = dict(pairs)
        assert (top["Region"], top["count"], top["nothing"], top["version"]) == ('us "south"', "12", "", "0.0.1"), top
        assert top["n"] == len(top["flow_logs"]) and top["id"] + ending == key and top["began"] <= top["ended"], (top, key)
        assert top["of"] == [("pipeline", "parcels"), ("zone", "z<1>")] + ([("many", 1)] if top["n"] == 2 else []), top["of"]
        records += [dict(r)["a"] for r in top["flow_logs"]]
    assert sorted(records) == list("01234") and len(found) == 3, found


def members(d):
    program = build(d)
    compact = objects(d, program)
    check(compact)
    assert all(re.fullmatch(rb"\{[^\n]*\}\n", data) for data in compact.values()), compact
    pretty = objects(d, program, "--set", "pipeline.encode.json.pretty=true")
    check(pretty)
    for data in pretty.values():
        assert data.decode() == json.dumps(json.loads(data), indent="\t").replace("<", "\\u003c").replace(">", "\\u003e") + "\n", data
    check(objects(d, program, "--set", "pipeline.compress.type=gzip"), ".gz")


def only_the_records(d):
    """Nothing in front, nothing behind."""
    text = re.sub(r"storeheader \{.*?\n    \}", "storeheader { records = batch.records; }", FLOW, flags=re.S).replace("of { pipeline", "")
    program = build(d, text)
    with open(os.path.join(d, "parcels.yml"), "w") as f:
        f.write("pipeline: {storeheader: {type: parcels}}\n")
    for pretty in "false", "true":
        for data in objects(d, program, "--set", f"pipeline.encode.json.pretty={pretty}").values():
            top = json.loads(data)
            assert list(top) == ["records"] and top["records"], data
            assert data.decode() == json.dumps(top, **({"indent": "\t"} if pretty == "true" else {"separators": (",", ":")})) + "\n", data


def other_encoders(d):
    program = build(d)
    r = support.run(program, os.path.join(d, "parcels.yml"), "--input", os.path.join(d, "given"), "--output", "-", "--set", "pipeline.encode.type=ndjson").expect(1)
    assert "pipeline.encode.type: ndjson has no place for the storeheader of parcels.flow; expected json" in r.err, r.err
    r = support.run(program, os.path.join(d, "parcels.yml"), "--input", os.path.join(d, "given"), "--output", "-", "--set", "pipeline.storeheader.type=x").expect(1)
    assert "pipeline.storeheader.type: x is not in this program: storeheader is compiled in as parcels" in r.err, r.err


if __name__ == "__main__":
    support.main([members, only_the_records, other_encoders])
