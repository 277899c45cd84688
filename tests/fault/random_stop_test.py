#!/usr/bin/env python3
"""random_stop_test - SIGTERM and SIGINT at any moment: what was received is written, or counted; the exit status says which."""

import os
import random
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import compare  # noqa: E402
import support  # noqa: E402
from support import MESSAGES  # noqa: E402

RUNS = 100 if os.environ.get("CHECK_LONG") else 12
DEAD = ("--set", "pipeline.write.type=s3", "--set", "pipeline.write.s3.endpoint=http://127.0.0.1:1", "--set",
        "pipeline.write.s3.access_key=a", "--set", "pipeline.write.s3.secret_key=b", "--stop-timeout", f"{300 * support.SLOW}ms")


def stopped(a, pick, *args):
    """One run, stopped at a random moment after its start: its result and how long the stop took."""
    with support.Running("dummy", "--set", f"pipeline.subscriber.url=ws://127.0.0.1:{a.port}/ws/subscriber/flow", "--set",
                         f"pipeline.store.buffered.max_flows_per_object={pick.choice([50, 500, 6000])}", "--set",
                         f"pipeline.store.buffered.max_flow_array_size={pick.choice([300, 100000])}", *args) as p:
        p.until(lambda: " started " in p.err, "the start")
        time.sleep(pick.choice([0, pick.random() * 0.03, pick.random() * 0.3]))
        begin = time.monotonic()
        p.signal(pick.choice([signal.SIGTERM, signal.SIGINT]))
        r = p.wait(30)
        return r, time.monotonic() - begin


def books(r):
    counters = support.ledger(r.err)
    if counters.get("received", 0):
        support.balanced(counters)
    assert counters.get("pending", 0) == 0, r.err[-2000:]
    return counters


def with_a_live_sink(folder):
    pick = random.Random(1)
    with support.Analyzer("--messages", MESSAGES, "--repeat", 0, "--delay", 0.001) as a:
        for i in range(RUNS):
            out = os.path.join(folder, f"out{i}")
            r, took = stopped(a, pick, "--output", out)
            counters = books(r.expect(0))
            written = sum(map(len, compare.written(out).values())) if os.path.isdir(out) else 0
            assert written == counters.get("written", 0) and not counters.get("rejected_messages"), (written, counters)
            assert not [f for _, _, files in os.walk(out) for f in files if f.startswith(".")]
            assert took < 3 * support.SLOW, took
            shutil.rmtree(out, ignore_errors=True)


def with_a_dead_sink(folder):
    pick = random.Random(2)
    config = os.path.join(folder, "c.yml")
    with open(config, "w", encoding="ascii") as f:
        f.write("pipeline: {}\n")
    with support.Analyzer("--messages", MESSAGES, "--repeat", 0, "--delay", 0.001) as a:
        for _ in range(RUNS):
            r, took = stopped(a, pick, config, *DEAD)
            counters = books(r)
            lost = counters.get("undelivered") or counters.get("rejected_messages")
            assert r.status == (1 if lost else 0), r.err[-2000:]
            assert took < 5 * support.SLOW, took


if __name__ == "__main__":
    support.main([with_a_live_sink, with_a_dead_sink])
