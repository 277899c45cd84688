#!/usr/bin/env python3
"""stuck_test - what waits for a sink that is gone or stuck is bounded in bytes, however large the records are.

The most memory that the program had, as the system counted it, is compared with what `flowc check -v` prints: the same program with a sink
that works and next to nothing that waits, and on top of it what may wait.
"""

import os
import re
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import support  # noqa: E402

RECORD, MANY = 20000, 8000  # 160 MB
MORE = 16 << 20  # objects that were open when the rest began to wait, what uploads take, and what the allocator keeps
QUEUE = "pipeline.output.queue"
FLOW = """
pipeline large "large records, several classes";
schema R { n : int; s : string; }
source stdin { decode json; }
classify { zero when n % 3 == 0; one when n % 3 == 1; two otherwise; }
output {
    store buffered { max_flows_per_object = 50; dirname = "b"; }
    encode ndjson;
    write s3 { endpoint = "http://127.0.0.1:1"; access_key = "a"; }
    queue { max_bytes = 16MiB; when_full = drop_oldest; }
}
"""


class Run:
    """The program with MANY records at standard input, stopped when it takes no more of them: its status, log, counters and the most bytes it had."""

    def __init__(self, program, *args):
        with open(os.path.join(os.path.dirname(program), "log"), "w+b") as log:
            p = subprocess.Popen([program, "--input", "-", "--stop-timeout", "1s", *args], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                 stderr=log, env=support.environment({"AWS_SECRET_ACCESS_KEY": "b"}))
            feeder = threading.Thread(target=self.feed, args=(p.stdin,), daemon=True)
            self.fed = -1
            feeder.start()
            while feeder.is_alive():
                before = self.fed
                feeder.join(2 * support.SLOW)
                if feeder.is_alive() and before == self.fed:
                    p.send_signal(signal.SIGTERM)
                    break
            _, status, use = os.wait4(p.pid, 0)
            feeder.join()
            p.returncode = self.status = os.waitstatus_to_exitcode(status)
            log.seek(0)
            self.log, self.bytes = log.read().decode(), use.ru_maxrss * 1024
        self.counters = support.ledger(self.log)
        support.balanced(self.counters)

    def feed(self, pipe):
        text = b"x" * (RECORD - 20)
        try:
            with pipe:
                for i in range(MANY):
                    pipe.write(b'{"n":%d,"s":"%s"}\n' % (i, text))
                    self.fed = i
        except BrokenPipeError:
            pass


def bounded(folder):
    path, program = os.path.join(folder, "large.flow"), os.path.join(folder, "large")
    with open(path, "w", encoding="utf-8") as f:
        f.write(FLOW)
    said = support.run(support.FLOWC, "check", "-v", path).expect(0)
    most = re.findall(r"^output: at most ([0-9.]+) ?MiB wait for its sink$", said.out + said.err, re.M)
    assert len(most) == 1, said.out + said.err
    most = int(float(most[0]) * 1048576)
    assert most == 16 << 20, most
    support.run(support.FLOWC, "build", path, "-o", program).expect(0)
    works = Run(program, "--output", os.path.join(folder, "out"), *("--set", f"{QUEUE}.when_full=block", "--set", f"{QUEUE}.max_bytes=64KiB"))
    assert works.status == 0 and works.counters["written"] == MANY, works.log[-2000:]
    with support.Stuck() as stuck:
        for sink, endpoint in ("gone", "http://127.0.0.1:1"), ("stuck", f"http://127.0.0.1:{stuck.listener.getsockname()[1]}"):
            for when_full in "block", "drop_oldest", "drop_newest":
                r = Run(program, "--set", f"pipeline.write.s3.endpoint={endpoint}", "--set", f"{QUEUE}.when_full={when_full}")
                print(f"        {sink:5} {when_full:11} {r.bytes >> 10:6} KiB, {works.bytes >> 10} with a sink that works, {most >> 10} may wait")
                c = r.counters
                assert r.status == 1 and c.get("written", 0) == 0 < c["undelivered"], (c, r.log[-2000:])
                if when_full == "block":
                    assert c["received"] < MANY and c.get("overflow", 0) == 0, c
                else:
                    assert c["received"] == MANY and c["overflow"] > MANY // 2, c
                assert r.bytes <= works.bytes + most + MORE, f"{sink}, {when_full}: {r.bytes} bytes, expected {works.bytes} + {most} at most"


if __name__ == "__main__":
    if support.SLOW > 1:
        support.skip("under sanitizers memory is what they take")
    support.main([bounded])
