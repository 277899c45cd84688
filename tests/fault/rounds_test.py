#!/usr/bin/env python3
"""rounds_test - many rounds of a store that fails at random, each ended by the same check: the union of all objects is what was
accepted, each record once, and the ledger says so.

FAULT_ROUNDS says how many (2; make check-faults: 20; with CHECK_LONG 10,000), FAULT_SECONDS when no new ones are begun. A round is its
seed: rounds_test.py SEED .. runs these."""

import collections
import concurrent.futures
import gzip
import json
import os
import random
import sys
import tempfile
import threading
import time

from s3_fault_test import PAGE, XML, Bucket, error, support

MESSAGES = support.MESSAGES

LONG = os.environ.get("CHECK_LONG", "") == "yes"
ROUNDS = int(os.environ.get("FAULT_ROUNDS") or (10000 if LONG else 2))
SECONDS = float(os.environ.get("FAULT_SECONDS") or (1e9 if LONG else 240))
AT_ONCE = 4

# What a request may meet. Those that break leave open whether the object is stored.
PASSING = [500, 502, 503, 504, 429, 408, 403, "reset_before", "reset_after", "close_after", "half", "slow", "no_etag", "drips", "hang",
           (503, error("SlowDown"), {**XML, "retry-after": "1"}), (200, error("InternalError"), XML), (200, *PAGE),
           (200, b"", {"etag": '"00000000000000000000000000000000"'}), (404, error("NoSuchBucket"), XML), (301, b"", {"location": "http://127.0.0.1:1/"}),
           (307, b"", {"location": "/elsewhere"})]


def records(texts):
    """How often each record is in these objects."""
    return collections.Counter(json.dumps(r, sort_keys=True) for t in texts for r in json.loads(t))


def reference():
    with tempfile.TemporaryDirectory(prefix="flow-rounds.") as folder:
        support.run("dummy", "--input", MESSAGES, "--output", folder, "--set", "pipeline.compress.type=none").expect(0)
        found = [open(os.path.join(d, f), "rb").read() for d, _, files in os.walk(folder) for f in files if ".flowc" not in d]
    return records(found)


def one(seed, expected):
    r, lock = random.Random(seed), threading.Lock()
    kinds, share, hangs = r.sample(PASSING, r.randint(1, len(PASSING))), r.choice((0.1, 0.3, 0.5)), [0]

    def behave(number, method):
        with lock:
            what = r.choice(kinds) if r.random() < share else "ok"
            hangs[0] += what == "hang"
            return "ok" if what == "hang" and hangs[0] > 2 else what

    with Bucket(behave) as b:
        options = b.options(write__s3__timeout="1s", write__s3__uploads=r.randint(1, 8),
                            store__buffered__max_flows_per_object=r.choice((20, 100, 1000)),
                            compress__type=r.choice(("gzip", "none")))
        result = support.run("dummy", "--input", MESSAGES, *options, "--stop-timeout", "120s", timeout=300).expect(0)
        texts = [gzip.decompress(body) if "content-encoding" in headers else body for body, headers in b.objects.values()]
    found, counters = records(texts), support.ledger(result.err)
    support.balanced(counters)
    assert found == expected, (f"seed {seed}: {sum((expected - found).values())} lost, {sum((found - expected).values())} doubled\n"
                               + result.err[-3000:])
    assert counters["written"] == sum(expected.values()) and not counters.get("undelivered"), (seed, counters)
    return b.requests


def store_that_fails(_, seeds=None):
    expected, begin = reference(), time.monotonic()
    assert sum(expected.values()) == support.KEPT
    seeds = seeds if seeds is not None else range(ROUNDS)
    done = requests = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for n in pool.map(lambda s: one(s, expected) if time.monotonic() - begin < SECONDS else 0, seeds):
            done += n > 0
            requests += n
    assert done, "no round was run"
    print(f"{done} rounds, {requests} requests, {done * support.KEPT} records, 0 lost, 0 doubled")


if __name__ == "__main__":
    if len(sys.argv) > 1 and all(a.isdigit() for a in sys.argv[1:]):
        store_that_fails(None, [int(a) for a in sys.argv[1:]])
    else:
        support.main([store_that_fails])
