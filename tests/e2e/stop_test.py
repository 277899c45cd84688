#!/usr/bin/env python3
"""stop_test - stopping delivers what was accepted, or says how much it could not deliver.

SIGTERM and SIGINT: input stops, open objects are sealed and written, exit 0. A sink that can't be reached: exit 1 after
--stop-timeout with the number of records. A second signal: at once, 128 + its number. SIGHUP reads again what can be, and ends nothing.
"""

import hashlib
import http.server
import json
import os
import re
import signal
import subprocess
import threading
import time

import compare
import support
from support import KEPT, MESSAGES


def records(folder):
    return sum(map(len, compare.written(folder).values())) if os.path.isdir(folder) else 0


class Fed(support.Running):
    """A pipeline that reads a pipe which stays open: it has all flows but no end of input."""

    def __init__(self, folder, *args, program="dummy", given=MESSAGES):
        fifo = os.path.join(folder, "fifo")
        os.mkfifo(fifo)
        self.port = support.free_port()
        super().__init__(program, "--input", fifo, "--metrics-listen", f"127.0.0.1:{self.port}", *args)
        self.feeder = subprocess.Popen(["sh", "-c", 'exec 3>"$1"; cat "$2" >&3; exec sleep 300', "feed", fifo, given])

    def __exit__(self, *args):
        self.feeder.kill()
        self.feeder.wait()
        super().__exit__(*args)

    def until_received(self, flows=support.FLOWS):
        self.until(lambda: support.metrics(self.port).get("flowc_received_total", 0) >= flows, "all flows received")


def stops_with(number):
    def test(folder):
        out = os.path.join(folder, "out")
        with Fed(folder, "--output", out) as p:
            p.until_received()
            assert records(out) == 0, "objects were written before 60 s and 6000 flows"
            p.signal(number)
            r = p.wait(10).expect(0)
        assert records(out) == KEPT, f"{records(out)} records after the stop, expected {KEPT}"
        counters = support.ledger(r.err)
        assert counters.get("received") == support.FLOWS and counters.get("written") == KEPT, counters
        assert counters.get("pending", 0) == 0, counters
        support.balanced(counters)
    test.__name__ = "stops_with_" + signal.Signals(number).name
    return test


def sums_come_out(folder):
    """`absent .. or at end` runs for every entry at SIGTERM too, and what it emits is written; without `or at end` nothing is due yet."""
    case = os.path.join(support.SRC, "tests", "field", "cases", "sum-at-end")
    with open(os.path.join(case, "pipeline.flow"), encoding="utf-8") as f:
        text = f.read()
    assert text.count(" or at end ") == 1
    for name, flow, emitted in ("end", text, [{"key": "a", "total": 3}, {"key": "b", "total": 10}]), ("due", text.replace(" or at end ", " "), []):
        d = os.path.join(folder, name)
        path, program, out = (os.path.join(d, x) for x in ("sums.flow", "sums", "out"))
        os.mkdir(d)
        with open(path, "w", encoding="utf-8") as f:
            f.write(flow)
        support.run(support.FLOWC, "build", path, "-o", program).expect(0)
        with Fed(d, "--output", out, program=program, given=os.path.join(case, "input")) as p:
            p.until_received(3)
            p.signal(signal.SIGTERM)
            r = p.wait(10).expect(0)
        counters = support.ledger(r.err)
        support.balanced(counters)
        assert counters["received"] == counters["dropped.added"] == 3 and counters.get("emitted", 0) == len(emitted), counters
        lines = [json.loads(line) for _, data in compare.objects(out) for line in data.splitlines()] if os.path.isdir(out) else []
        assert sorted(lines, key=lambda x: x.get("key", "")) == sorted(emitted, key=lambda x: x["key"]), lines


def end_of_input_is_a_stop(folder):
    out = os.path.join(folder, "out")
    r = support.run("dummy", "--input", MESSAGES, "--output", out).expect(0)
    assert records(out) == KEPT
    counters = support.ledger(r.err)
    assert counters.get("written") == KEPT, r.err
    support.balanced(counters)


UNREACHABLE = ("--set", "pipeline.write.type=s3", "--set", "pipeline.write.s3.endpoint=http://127.0.0.1:1",
               "--set", "pipeline.write.s3.access_key=a", "--set", "pipeline.write.s3.secret_key=b")


def unreachable_bucket_counts_what_is_lost(folder):
    begin = time.monotonic()
    r = support.run("dummy", "--input", MESSAGES, *UNREACHABLE, "--stop-timeout", "1s").expect(1)
    took = time.monotonic() - begin
    assert took < 8 * support.SLOW, f"took {took:.1f} s with --stop-timeout 1s"
    counters = support.ledger(r.err)
    support.balanced(counters)
    assert counters.get("undelivered") == KEPT and counters.get("written", 0) == 0, counters
    assert re.search(rf"\b{KEPT}\b", r.err), f"the log should say how many records: {r.err}"


def second_signal_ends_at_once(folder):
    with Fed(folder, *UNREACHABLE, "--stop-timeout", "60s") as p:
        p.until_received()
        p.signal(signal.SIGTERM)
        time.sleep(0.5)
        assert p.process.poll() is None, f"ended at the first signal though records wait: {p.err[-2000:]}"
        begin = time.monotonic()
        p.signal(signal.SIGINT)
        r = p.wait(10)
        took = time.monotonic() - begin
    assert r.status in (128 + signal.SIGINT, -signal.SIGINT), f"exit status {r.status}"
    assert took < 3 * support.SLOW, f"took {took:.1f} s"


def second_signal_counts_what_arrives(folder):
    """The store takes half a second for an answer: what was on its way at the second signal is written, and says so."""
    class Slow(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            under_way.set()
            time.sleep(0.5)
            self.send_response(200)
            self.send_header("ETag", '"' + hashlib.md5(body).hexdigest() + '"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    under_way = threading.Event()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    slow = [a.replace("http://127.0.0.1:1", f"http://127.0.0.1:{server.server_port}") for a in UNREACHABLE]
    with Fed(folder, *slow, "--set", "pipeline.write.s3.uploads=16", "--set", "pipeline.store.buffered.dirname=b",
             "--stop-timeout", "60s") as p:
        p.until_received()
        p.signal(signal.SIGTERM)
        assert under_way.wait(10), "nothing was written after the first signal"
        p.signal(signal.SIGINT)
        r = p.wait(10)
    server.shutdown()
    assert r.status == 128 + signal.SIGINT, r.status
    counters = support.ledger(r.err)
    support.balanced(counters)
    assert counters.get("written", 0) > 0, f"what arrived isn't counted: {counters}"


def hangup_reloads(folder):
    """SIGHUP: the log file is opened again under its name, the secret is read again; nothing ends."""
    log, secret, port = os.path.join(folder, "log"), os.path.join(folder, "secret"), support.free_port()
    with open(secret, "w") as f:
        f.write("b\n")
    os.chmod(secret, 0o600)
    with Fed(folder, *UNREACHABLE[:-2], "--set", f"pipeline.write.s3.secret_key_file={secret}", "--set",
             "pipeline.store.buffered.dirname=b", "--set", "logging.backends=[file, stderr]", "--set",
             f"logging.file.path={log}", "--stop-timeout", "1s") as p:
        p.until_received()
        os.rename(log, log + ".1")
        p.signal(signal.SIGHUP)
        p.until(lambda: os.path.exists(log) and "SIGHUP" in open(log).read(), "the log under its name again")
        assert "SIGHUP" not in open(log + ".1").read()
        p.signal(signal.SIGTERM)
        r = p.wait(20).expect(1)
    lines = [l.split(" ", 1)[1] for l in r.err.splitlines() if "SIGHUP" in l]
    assert lines == ["INFO SIGHUP: read again; other changes need a restart log_file=reopened credentials=read tables=none"], lines


def hangup_without_anything_to_reload(folder):
    with Fed(folder, "--output", os.path.join(folder, "out")) as p:
        p.until_received()
        p.signal(signal.SIGHUP)
        p.until(lambda: "SIGHUP" in p.err, "an answer to SIGHUP")
        p.signal(signal.SIGTERM)
        r = p.wait(10).expect(0)
    lines = [l.split(" ", 1)[1] for l in r.err.splitlines() if "SIGHUP" in l]
    assert lines == ["INFO SIGHUP ignored: no log file, no credentials in files, no tables from outside; other changes need a restart"], lines


def signal_while_connecting(folder):
    """No analyzer there: it retries for ever, and stops at once when asked."""
    config = os.path.join(folder, "c.yml")
    with open(config, "w") as f:
        f.write("pipeline:\n  subscriber:\n    url: ws://127.0.0.1:1/ws/subscriber/flow\n")
    port = support.free_port()
    with support.Running("dummy", config, "--output", os.path.join(folder, "out"), "--metrics-listen", f"127.0.0.1:{port}") as p:
        p.until(lambda: support.metrics(port), "metrics")
        time.sleep(0.3)
        begin = time.monotonic()
        p.signal()
        p.wait(10).expect(0)
        assert time.monotonic() - begin < 3 * support.SLOW


if __name__ == "__main__":
    support.main([stops_with(signal.SIGTERM), stops_with(signal.SIGINT), sums_come_out, end_of_input_is_a_stop,
                  unreachable_bucket_counts_what_is_lost, second_signal_ends_at_once,
                  second_signal_counts_what_arrives, hangup_reloads, hangup_without_anything_to_reload, signal_while_connecting])
