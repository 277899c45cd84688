#!/usr/bin/env python3
"""input_test - bad input: what is broken is counted and reported with its place, what stands around it goes on."""

import gzip
import json
import os
import re
import resource
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import support  # noqa: E402

FLOW = {"UUID": "u1", "LayersPath": "Ethernet/IPv4/TCP", "Network": {"Protocol": "IPV4", "A": "10.0.0.1", "B": "192.0.2.1", "ID": 0},
        "Metric": {"ABPackets": 1, "ABBytes": 70, "BAPackets": 0, "BABytes": 0}, "CaptureID": "c1"}
F = json.dumps(FLOW).encode()


def feed(folder, data, status=0, args=()):
    """Run dummy over these bytes: (records, ledger, standard error)."""
    path = os.path.join(folder, "in")
    with open(path, "wb") as f:
        f.write(data)
    r = support.run("dummy", "--input", path, "--output", "-", "--set", "pipeline.compress.type=none", *args).expect(status)
    records = [x for part in re.findall(r"^\[.*\]$", r.out, re.M) for x in json.loads(part)]
    counters = support.ledger(r.err)
    if counters.get("received"):
        support.balanced(counters)
    assert len(records) == counters.get("written", 0), counters
    return records, counters, r.err


def one_is_lost(name, bad, rejected=1, malformed=0):
    """A good flow on each side of bad bytes, on a line of their own. `<` in them marks where the error is."""
    def test(folder):
        place = max(bad.find(b"<"), 0)
        records, counters, err = feed(folder, F + b"\n" + bad.replace(b"<", b"", 1) + b"\n" + F + b"\n")
        assert len(records) == 2, counters
        assert counters.get("rejected_messages", 0) == rejected and counters.get("malformed", 0) == malformed, counters
        assert not rejected or f"message=2 byte={len(F) + 1 + place} line=1 column={place + 1} " in err, err
    test.__name__ = "one_is_lost_" + name
    return test


def goes_on(name, data, written, rejected=0):
    def test(folder):
        records, counters, _ = feed(folder, data)
        assert len(records) == written and counters.get("rejected_messages", 0) == rejected, counters
    test.__name__ = "goes_on_" + name
    return test


def gzip_that_ends_early(folder):
    whole = gzip.compress((F + b"\n") * 1000)
    _, counters, _ = feed(folder, whole + whole)
    assert counters["written"] == 2000, counters
    _, counters, err = feed(folder, whole[:-40], status=1)
    assert counters["written"] > 0 and "gzip data end in the middle" in err, err
    _, counters, err = feed(folder, whole + b"hello", status=1)
    assert counters["written"] == 1000 and "not gzip" in err, err


def a_line_of_a_gigabyte(folder):
    """Memory is bounded by max_message (64 MiB), whatever comes."""
    r, w = os.pipe()
    args = [support.binary("dummy"), "--input", "-", "--output", os.path.join(folder, "out")]
    p = subprocess.Popen(args, stdin=r, stderr=subprocess.PIPE, env=support.environment())
    os.close(r)
    with os.fdopen(w, "wb") as f:
        f.write(b'{"UUID":"')
        for _ in range(1000):
            f.write(b"a" * 1000000)
        f.write(b'"}\n' + F + b"\n")
    err = p.stderr.read().decode()
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    assert p.returncode == 0 and support.ledger(err)["written"] == 1, err
    assert "larger than the source's max_message" in err, err
    assert support.SLOW > 1 or usage.ru_maxrss < 110000, f"{usage.ru_maxrss} KiB"


def ten_thousand_networks(folder):
    path = os.path.join(folder, "c.yml")
    with open(path, "w", encoding="ascii") as f:
        f.write("pipeline:\n  classify:\n    cluster_net_masks:\n")
        f.writelines(f"      - {20 + i // 65536}.{i // 256 % 256}.{i % 256}.0/24\n" for i in range(10000))
        f.write("      - 10.0.0.0/8\n")
    _, counters, _ = feed(folder, F, args=(path,))
    assert counters["written"] == 1, counters


NESTED = b'{"UUID":"a","x":' + b"[" * 511 + b"<" + b"[" * 1000000 + b"]" * 1000000 + b"}"
if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    support.main([
        one_is_lost("binary", bytes(range(128, 256))),
        goes_on("hole_of_zero_bytes", F + b"\n" + b"\0" * 5000 + F + b"\n", 2),
        one_is_lost("truncated", b'{"UUID": <}'),
        one_is_lost("control_character", b'{"UUID": "a<\x01"}'),
        one_is_lost("not_utf8", b'{"UUID": "a<\xff"}'),
        one_is_lost("not_utf8_unread", b'{"x": {"y": "a<\xc0\x80"}}'),
        one_is_lost("escape", b'{"UUID": "a\\<q"}'),
        one_is_lost("leading_zero", b'{"Metric": {"ABBytes": <01}}'),
        one_is_lost("comma", b'{"UUID": "a",<}'),
        one_is_lost("scalar", b"42"),
        one_is_lost("nesting", NESTED),
        one_is_lost("type", b'{"UUID": "a", "Network": 7}', rejected=0, malformed=1),
        goes_on("nothing", b"", 0), goes_on("newlines", b"\n" * 1000, 0), goes_on("mark", b"\xef\xbb\xbf" + F + b"\n" + F, 2),
        goes_on("crlf", F + b"\r\n" + F + b"\r\n", 2), goes_on("concatenated", F * 3, 3),
        goes_on("pretty", json.dumps(FLOW, indent=4).encode() * 500, 500), goes_on("list", b"[" + F + b"," + F + b"]", 2),
        goes_on("cut_at_the_end", F + b"\n" + F[:-5], 1, 1),
        goes_on("long_number", F.replace(b'"ABBytes": 70', b'"x": ' + b"1" * 1000) + F, 2),
        gzip_that_ends_early, a_line_of_a_gigabyte, ten_thousand_networks])
