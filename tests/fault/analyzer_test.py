#!/usr/bin/env python3
"""analyzer_test - an analyzer that breaks off, floods, lies, closes while nobody reads, or answers questions late."""

import base64
import hashlib
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import compare  # noqa: E402
import support  # noqa: E402
from support import LOOKUPS, MESSAGES  # noqa: E402

with open(MESSAGES, "rb") as file:
    MESSAGE = [line.rstrip(b"\n") for line in file]
RESET = struct.pack("ii", 1, 0)


def frame(opcode, data, last=True):
    n = len(data)
    size = bytes([n]) if n < 126 else bytes([126]) + struct.pack(">H", n) if n < 65536 else bytes([127]) + struct.pack(">Q", n)
    return bytes([(0x80 if last else 0) | opcode]) + size + data


class Peer(support.Listener):
    """Does the handshake, then script(connection, number)."""

    def __init__(self, script):
        self.script = script
        super().__init__()

    def connection(self, c, number):
        with c:
            try:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += c.recv(4096) or b"\r\n\r\n"
                key = re.search(rb"Sec-WebSocket-Key: (\S+)", head, re.I)[1]
                accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
                c.sendall(b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                          accept + b"\r\nX-Host-ID: t\r\nX-Service-Type: analyzer\r\n\r\n")
                self.script(c, number)
            except OSError:
                pass

    def options(self):
        return ("--set", f"pipeline.subscriber.url=ws://127.0.0.1:{self.listener.getsockname()[1]}/ws/subscriber/flow",
                "--set", "pipeline.subscriber.max_backoff=1s")


def memory(p):
    with open(f"/proc/{p.process.pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])


def breaks_off_anywhere(folder):
    """Whole messages count, cut ones don't; descriptors and memory stay where they were."""
    data = frame(1, MESSAGE[0]) + frame(9, b"hi") + frame(1, MESSAGE[1], False) + frame(0, b"")
    whole = len(frame(1, MESSAGE[0]))
    cuts = [0, 1, 5, whole - 1, whole, whole + 2, len(data) - 1]
    done = threading.Event()

    def script(c, number):
        if number <= len(cuts):
            c.sendall(data[:cuts[number - 1]])
            if number % 2:
                time.sleep(0.2)
                c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return
        c.sendall(frame(1, MESSAGE[2]))
        done.set()
        c.recv(1000)
    out = os.path.join(folder, "out")
    with Peer(script) as peer, support.Running("dummy", *peer.options(), "--output", out) as p:
        p.until(lambda: "connected" in p.err, "a connection")
        before = len(os.listdir(f"/proc/{p.process.pid}/fd"))
        p.until(done.is_set, "the last connection", 40)
        time.sleep(0.3)
        after = len(os.listdir(f"/proc/{p.process.pid}/fd"))
        p.signal()
        r = p.wait().expect(0)
    counters = support.ledger(r.err)
    support.balanced(counters)
    assert counters["messages"] == 4 and counters["connects"] == 8, counters
    assert after <= before, (before, after)
    assert sum(map(len, compare.written(out).values())) == counters["written"]


def lies_and_floods(folder):
    """Announced sizes get no memory before their bytes come; control frames don't pile up."""
    for data in (b"\x81\x7f" + struct.pack(">Q", 1 << 25) + b"x" * 1000, b"\x81\x7f" + struct.pack(">Q", 1 << 62) + b"x" * 100000,
                 frame(9, b"a" * 125) * 100000, frame(10, b"") * 100000, frame(1, b"", False) + frame(0, b"", False) * 100000):
        sent = threading.Event()

        def script(c, _):
            c.sendall(data)
            sent.set()
            time.sleep(5)
        with Peer(script) as peer, support.Running("dummy", *peer.options(), "--output", os.path.join(folder, "out")) as p:
            p.until(sent.is_set, "the data taken")
            time.sleep(0.2)
            assert support.SLOW > 1 or memory(p) < 40000, memory(p)
            p.signal()
            p.wait().expect(0)


def closes_while_nobody_reads(folder):
    """The sink stands still, so the socket isn't read; what had come when the analyzer closed is read all the same."""
    arrived = 0

    def script(c, number):
        nonlocal arrived
        if number > 1:
            c.recv(1000)
            return
        c.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # what was sent has nearly all arrived
        c.settimeout(1)
        try:
            while True:
                c.sendall(frame(1, MESSAGE[arrived % 10]))
                arrived += 1
        except OSError:
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    read, write = os.pipe()
    with Peer(script) as peer, open(os.path.join(folder, "err"), "w+b") as err:
        p = subprocess.Popen([support.binary("dummy"), *peer.options(), "--output", "-", "--set", "pipeline.queue.max_bytes=4096",
                              "--set", "pipeline.store.buffered.max_flows_per_object=100",
                              "--set", "pipeline.store.buffered.max_flow_array_size=200"],
                             stdout=write, stderr=err, stdin=subprocess.DEVNULL, env=support.environment())
        os.close(write)
        try:
            time.sleep(4)
            reader = subprocess.Popen(["cat"], stdin=read, stdout=subprocess.DEVNULL)
            time.sleep(2 * support.SLOW)
            p.send_signal(signal.SIGTERM)
            assert p.wait(20 * support.SLOW) == 0
            reader.wait()
        finally:
            p.kill()
            p.wait()
            os.close(read)
        err.seek(0)
        counters = support.ledger(err.read().decode())
    support.balanced(counters)
    assert counters["messages"] >= arrived - 4, f"{arrived} messages had arrived, {counters['messages']} were read"


def answers_late(folder):
    """At the end, names that don't come in time are left out; the records are not."""
    out = os.path.join(folder, "out")
    with support.Analyzer("--messages", MESSAGES, "--gremlin", LOOKUPS, "--first-only", "--rest-delay", 3) as a:
        with support.Running("secadvisor", "--set", f"pipeline.subscriber.url=ws://127.0.0.1:{a.port}/ws/subscriber/flow",
                             "--set", f"analyzers=[127.0.0.1:{a.port}]", "--output", out, "--stop-timeout",
                             f"{4 * support.SLOW}s") as p:
            p.until(lambda: "connected" in p.err, "a connection")
            time.sleep(1)
            begin = time.monotonic()
            p.signal()
            r = p.wait().expect(0)
            took = time.monotonic() - begin
    counters = support.ledger(r.err)
    support.balanced(counters)
    assert counters["received"] == support.FLOWS and counters["lookup_late"] > 0, counters
    assert sum(map(len, compare.written(out).values())) == counters["written"] > 0
    assert took < 4 * support.SLOW, took


def silent_name_server(folder):
    """A question to a name server that never answers ends with the time to connect, and doesn't hold up a stop."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        try:
            server.bind(("127.0.0.99", 53))
        except OSError:
            print("        (not allowed to be a name server: left out)")
            return
        conf = os.path.join(folder, "resolv.conf")
        with open(conf, "w") as f:
            f.write("nameserver 127.0.0.99\noptions timeout:30 attempts:5\n")
        inside = f'mount --bind {conf} /etc/resolv.conf && exec "$0" "$@"'
        if subprocess.run(["unshare", "-m", "sh", "-c", inside, "true"], stderr=subprocess.DEVNULL).returncode:
            print("        (not allowed to mount: left out)")
            return
        with support.Running("/usr/bin/unshare", "-m", "sh", "-c", inside, support.binary("dummy"), "--output", folder,
                             "--set", "pipeline.subscriber.url=ws://analyzer.example:8082/ws/subscriber/flow",
                             "--set", "pipeline.subscriber.connect_timeout=1s") as p:
            p.until(lambda: p.err.count("cannot resolve 'analyzer.example': Connection timed out") >= 1, "a time-out in the log")
            p.signal()
            assert p.wait(10).status == 0, p.err
            assert "leaving it behind" not in p.err and "time to stop is over" not in p.err, p.err


if __name__ == "__main__":
    support.main([breaks_off_anywhere, lies_and_floods, closes_while_nobody_reads, answers_late, silent_name_server])
