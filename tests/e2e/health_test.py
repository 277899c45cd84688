#!/usr/bin/env python3
"""health_test - what a running pipeline says of itself: /healthz, /readyz, the ledger in its log, an upload that hangs; and many or
odd clients of that server, which cost the pipeline nothing."""

import http.client
import os
import re
import resource
import socket
import time

import support
from support import FLOWS, MESSAGES


def ask(port, path, method="GET"):
    """Status, text, headers; status 0: turned away."""
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=5 * support.SLOW)
    try:
        c.request(method, path)
        r = c.getresponse()
        return r.status, r.read().decode(), r.headers
    except (OSError, http.client.HTTPException):
        return 0, "", {}
    finally:
        c.close()


class Silent(support.Listener):
    """Takes connections and says nothing."""

    def connection(self, c, _):
        with c:
            while c.recv(65536):
                pass


def start(folder, url, *args):
    port = support.free_port()
    p = support.Running("dummy", "--metrics-listen", f"127.0.0.1:{port}", "--set", f"pipeline.subscriber.url={url}", *args)
    p.port = port
    return p


def ready_is_connected(folder):
    port = support.free_port()
    with start(folder, f"ws://127.0.0.1:{port}/ws/subscriber/flow", "--output", os.path.join(folder, "out"), "--set",
               "pipeline.subscriber.max_backoff=1s") as p:
        p.until(lambda: "cannot connect" in p.err, "an attempt to connect")
        assert ask(p.port, "/healthz")[:2] == (200, "ok\n")
        assert ask(p.port, "/readyz")[:2] == (503, "not ready: there is no connection to the source\n")
        with support.Analyzer("--port", port, "--messages", MESSAGES):
            p.until(lambda: ask(p.port, "/readyz")[:2] == (200, "ready\n"), "it ready")
        p.until(lambda: ask(p.port, "/readyz")[0] == 503, "it not ready")
        p.signal()
        p.wait().expect(0)


def a_store_that_hangs(folder):
    empty = os.path.join(folder, "empty.yml")
    open(empty, "w").close()
    with support.Analyzer("--messages", MESSAGES) as a, Silent() as store, start(
            folder, f"ws://127.0.0.1:{a.port}/ws/subscriber/flow", empty, "--ready-age", "1s", "--ledger-every", "1s", "--stop-timeout", "100ms",
            "--set", "pipeline.store.buffered.max_flows_per_object=100", "--set", "pipeline.write.s3.access_key=a",
            "--set", "pipeline.write.s3.secret_key=b", "--set",
            f"pipeline.write.s3.endpoint=http://127.0.0.1:{store.listener.getsockname()[1]}") as p:
        p.until(lambda: ask(p.port, "/readyz")[0] == 200, "it ready")
        status, text, _ = p.until(lambda: (lambda r: r[0] == 503 and r)(ask(p.port, "/readyz")), "it not ready")
        assert re.fullmatch(r"not ready: the oldest object has waited for \d+ s to be written; 1 s are allowed \(--ready-age\)\n", text), text
        assert ask(p.port, "/healthz")[0] == 200
        begin = time.monotonic()
        p.until(lambda: re.search(r"WARN still writing bucket=bucket key=\S+ bytes=\d+ for=1\ds objects_waiting=\d+", p.err), "a word of it")
        assert time.monotonic() - begin < 15 * support.SLOW
        assert len(re.findall(r"INFO ledger .*received=\d+", p.err)) >= 5, p.err
        p.signal()
        p.wait().expect(1)


def many_idle_clients(folder):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    n = min(1200, hard - 100)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2000)), hard))
    with support.Analyzer("--messages", MESSAGES, "--first-only", "--delay", 0.2) as a, start(
            folder, f"ws://127.0.0.1:{a.port}/ws/subscriber/flow", "--output", os.path.join(folder, "out")) as p:
        p.until(lambda: "INFO connected" in p.err, "a connection")
        idle, most = [], 0
        for _ in range(n):
            c = socket.socket()
            c.setblocking(False)
            c.connect_ex(("127.0.0.1", p.port))
            idle.append(c)
            if len(idle) % 100 == 0:
                time.sleep(0.05)
                most = max(most, len(os.listdir(f"/proc/{p.process.pid}/fd")))
        assert most < 120, f"{most} descriptors"
        p.until(lambda: ask(p.port, "/metrics")[0] == 200, "an answer although they are there", 30)
        for c in idle:
            c.close()
        p.until(lambda: support.metrics(p.port).get("flowc_received_total") == FLOWS, "all flows")
        m = support.metrics(p.port)
        assert m["flowc_source_bytes_total"] > 500 * FLOWS and m["process_cpu_seconds_total"] > 0, m
        assert 0 < m["flowc_oldest_unsent_seconds"] < 60 and m["flowc_last_write_timestamp_seconds"] == 0, m
        p.signal()
        r = p.wait().expect(0)
    support.balanced(support.ledger(r.err))


def odd_clients(folder):
    with start(folder, "ws://127.0.0.1:1/ws/subscriber/flow", "--output", os.path.join(folder, "out")) as p:
        p.until(lambda: ask(p.port, "/healthz")[0], "an answer")
        status, text, headers = ask(p.port, "/metrics", "HEAD")
        assert status == 200 and text == "" and int(headers["Content-Length"]) > 1000, (status, text, headers)
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            r = ask(p.port, "/metrics", method)
            assert r[0] == 405 and r[2]["Allow"] == "GET, HEAD", (method, r[0], r[1], str(r[2]))
        assert ask(p.port, "/nothing")[0] == 404
        with socket.create_connection(("127.0.0.1", p.port)) as c:  # half a request
            c.sendall(b"GET /metrics HT")
            c.settimeout(20 * support.SLOW)
            begin = time.monotonic()
            assert c.recv(100) == b"" and time.monotonic() - begin < 12 * support.SLOW
        with socket.create_connection(("127.0.0.1", p.port)) as c:
            c.sendall(b"\0" * 20000)
        assert ask(p.port, "/metrics")[0] == 200
        p.signal()
        p.wait().expect(0)


if __name__ == "__main__":
    support.main([ready_is_connected, a_store_that_hangs, many_idle_clients, odd_clients])
