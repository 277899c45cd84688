#!/usr/bin/env python3
"""fuzz_flows.py - recorded messages with bytes and members changed at random, through the shipped pipelines.

    tests/fuzz/fuzz_flows.py ROUNDS SEED

Each round changes some of the recorded messages, and runs dummy and secadvisor on them. Whatever comes in: the program ends with
status 0 (a sanitizer report ends it otherwise), its books balance, lines that are not JSON are rejected, and what dummy lets through
is a flow that came in. Environment: FLOWC_BIN_DIR, srcdir.
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile

ROOT = os.environ.get("srcdir", ".")
BIN = os.environ.get("FLOWC_BIN_DIR", "pipelines")
FIXTURES = os.path.join(ROOT, "tests/fixtures/skydive")
WORDS = [b"null", b"true", b"0", b"-1", b"1e3", b"1.5", b'""', b'"x"', b"[]", b"{}", b"9223372036854775808", b'"\\u0000"', b'"\\ud800"',
         b'"IPV9"', b'"10.0.0.256"', b"[1,2]", b'{"A":1}', b" ", b"\t", b"\xff", b"\xc3\xa9", b"01"]
VALUE = re.compile(rb'(?<=":)("(?:[^"\\]|\\.)*"|-?\d+)')


def mutate(rnd, line):
    data = bytearray(line)
    for _ in range(rnd.choice((1, 1, 2, 5))):
        how = rnd.random()
        at = rnd.randrange(len(data))
        if how < 0.5:  # a value becomes another one: most often still JSON
            values = list(VALUE.finditer(bytes(data), at, at + 4000))
            if values:
                v = rnd.choice(values)
                data[v.start():v.end()] = rnd.choice(WORDS)
        elif how < 0.65:
            data[at] = rnd.randrange(256)
        elif how < 0.8:
            del data[at:at + rnd.choice((1, 2, 8, 200))]
        elif how < 0.9:
            data[at:at] = rnd.choice(WORDS)
        else:  # a member twice, or somewhere else
            part = data[at:at + rnd.randrange(1, 300)]
            to = rnd.randrange(len(data))
            data[to:to] = part
        if not data:
            data = bytearray(b"{}")
    return bytes(data).replace(b"\n", b" ")


def no_constant(name):
    raise ValueError(name)


def parsed(line):
    try:
        return json.loads(line.decode("utf-8"), parse_constant=no_constant)
    except (ValueError, RecursionError):
        return None


def run(name, path, folder):
    cmd = [os.path.join(BIN, name), "--input", path, "--output", folder, "--set", "pipeline.compress.type=none",
           "--set", "pipeline.encode.type=ndjson", "--set", "pipeline.filter.excluded_tags=[]",
           "--lookups", os.path.join(FIXTURES, "gremlin.json")]
    r = subprocess.run(cmd, capture_output=True, timeout=120, check=False)
    log = r.stderr.decode("utf-8", "replace")
    assert r.returncode in (0, 1), f"{name} ended with {r.returncode}\n{log[-4000:]}"
    ledger = {k: int(v) for k, v in re.findall(r"([a-z_.]+)=(\d+)", re.findall(r"ledger (.*)", log)[-1])}
    good = ledger.get("received", 0) - ledger.get("malformed", 0)
    assert (r.returncode == 1) == (good == 0), f"{name} ended with {r.returncode}\n{log[-4000:]}" # 1: nothing in it was good
    balance = sum(v for k, v in ledger.items() if k in ("written", "malformed", "overflow", "undelivered", "pending") or k.startswith("dropped."))
    assert ledger.get("received", 0) + ledger.get("emitted", 0) == balance, ledger
    records = []
    for base, _, files in os.walk(folder):
        for f in files:
            with open(os.path.join(base, f), "rb") as o:
                records += [json.loads(line) for line in o.read().splitlines()]
    assert len(records) == ledger.get("written", 0), (len(records), ledger)
    return ledger, records


def flows_of(document):
    if isinstance(document, dict):
        for key, value in document.items():
            if key.lower() == "obj" and isinstance(value, list):
                yield from (v for v in value if isinstance(v, dict))
        yield document
    elif isinstance(document, list):
        yield from (v for v in document if isinstance(v, dict))


def round_of(rnd, lines):
    chosen = [mutate(rnd, line) if rnd.random() < 0.8 else line for line in rnd.choices(lines, k=6)]
    with tempfile.TemporaryDirectory(prefix="fuzz-flows.") as work:
        path = os.path.join(work, "input.jsonl")
        with open(path, "wb") as f:
            f.write(b"\n".join(chosen) + b"\n")
        try:
            bad = sum(parsed(line) is None for line in chosen)
            ledger, records = run("dummy", path, os.path.join(work, "dummy"))
            if bad:
                assert ledger.get("rejected_messages", 0) > 0, (bad, ledger)
            came = [flow for line in chosen for flow in flows_of(parsed(line))]
            if not bad:  # behind an error documents may begin anywhere
                keys = {json.dumps(flow, sort_keys=True) for flow in came}
                for record in records:
                    assert json.dumps(record, sort_keys=True) in keys, f"not a flow that came in: {record}"
            run("secadvisor", path, os.path.join(work, "secadvisor"))
        except (AssertionError, subprocess.TimeoutExpired):
            keep = os.path.join(tempfile.gettempdir(), "fuzz-flows-input.jsonl")
            with open(keep, "wb") as f:
                f.write(b"\n".join(chosen) + b"\n")
            print(f"the input that did it: {keep}", file=sys.stderr)
            raise


def main():
    rounds, seed = int(sys.argv[1]), int(sys.argv[2])
    with open(os.path.join(FIXTURES, "messages.jsonl"), "rb") as f:
        lines = []
        for line in f.read().splitlines():
            message = json.loads(line)
            for i in range(0, len(message["Obj"]), 5):  # short ones, so that a change hits what matters
                message_part = dict(message, Obj=message["Obj"][i:i + 5])
                lines.append(json.dumps(message_part, separators=(",", ":")).encode())
    for i in range(rounds):
        round_of(random.Random(seed * 100000 + i), lines)
    print(f"{rounds} rounds as expected")


if __name__ == "__main__":
    main()
