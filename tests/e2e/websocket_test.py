#!/usr/bin/env python3
"""websocket_test - the life of a connection to an analyzer: handshake, refusals, reconnecting, pings, TLS, the end.

Each test starts tests/peers/analyzer.py with some behaviour and the dummy pipeline against it, and looks at three
sides: what the log says, what the counters say, what the analyzer saw.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time

import support
from support import FLOWS, MESSAGES

SECOND = 1.0 * support.SLOW


class Analyzer:
    """analyzer.py with a pipe for commands; its summary is there after the `with` block."""

    def __init__(self, *args):
        script = os.path.join(support.SRC, "tests", "peers", "analyzer.py")
        self.process = subprocess.Popen([sys.executable, script, *map(str, args)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE,
                                        env=support.environment(), text=True)
        self.port = int(re.match(r"PORT (\d+)", self.process.stdout.readline())[1])
        self.url = f"{'wss' if '--cert' in args else 'ws'}://127.0.0.1:{self.port}/ws/subscriber/flow"

    def __enter__(self):
        return self

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def summary(self):
        self.tell("summary")
        return json.loads(self.process.stdout.readline())

    def __exit__(self, *_):
        try:
            out, _ = self.process.communicate(timeout=20)
            last = json.loads(out.splitlines()[-1])
            self.connections, self.headers = last["connections"], [c["headers"] for c in last["connections"]]
        finally:
            self.process.kill()
            self.process.wait()


class Pipeline(support.Running):
    def __init__(self, url, *sets, env=None, output=True, folder="."):
        self.port = support.free_port()
        args = ["--metrics-listen", f"127.0.0.1:{self.port}", "--output", os.path.join(folder, "out")]
        for s in (f"pipeline.subscriber.url={url}", *sets):
            args += ["--set", s]
        super().__init__("dummy", *args, env=env)

    def counter(self, name):
        return support.metrics(self.port).get(f"flowc_{name}_total", 0)

    def until_counter(self, name, n):
        self.until(lambda: self.counter(name) >= n, f"{name} of {n}")

    def until_log(self, pattern, times=1):
        self.until(lambda: len(re.findall(pattern, self.err)) >= times, f"'{pattern}' in the log, {times} times")

    def stop(self):
        self.signal()
        return self.wait(20).expect(0)


def lines(text, pattern):
    return [line for line in text.splitlines() if re.search(pattern, line)]


# ---- handshake ----


def sends_the_headers_and_closes_in_order(folder):
    with Analyzer("--messages", MESSAGES, "--user", "me:open sesame", "--ping", 0.2) as a:
        with Pipeline(a.url, "host_id=exporter-7", "pipeline.subscriber.capture_id=c1",
                      "analyzer.auth.cluster.username=me",
                      "analyzer.auth.cluster.password=open sesame", folder=folder) as p:
            p.until_counter("received", FLOWS)
            p.until(lambda: a.summary()["connections"][0]["pongs"] >= 2, "two pongs")
            begin = time.monotonic()
            r = p.stop()
            took = time.monotonic() - begin
    assert took < 3 * SECOND, f"stopping took {took:.1f} s"
    h, c = a.headers[0], a.connections[0]
    assert h["X-Host-ID"] == "exporter-7" and h["X-Client-Type"] == "analyzer" and h["X-Client-Protocol"] == "json", h
    assert h["X-Websocket-Namespace"] == "flow/c1" and h["Cookie"] == "" and h["Sec-WebSocket-Version"] == "13", h
    assert c["close_code"] == 1000 and c["how"] == "closed by the client", c
    assert c["pong_payloads_right"] and c["data_frames"] == 0, c
    assert "open sesame" not in r.err and "b3BlbiBzZXNhbWU" not in r.err, "the password is in the log"
    assert support.ledger(r.err).get("connects") == 1, r.err
    assert lines(r.err, "INFO connected .*url=.*namespace=flow/c1"), r.err


def host_ids_differ_unless_given(folder):
    with Analyzer() as a:
        for _ in range(2):
            with Pipeline(a.url, folder=folder) as p:
                p.until_log("INFO connected")
                p.stop()
    one, two = (h["X-Host-ID"] for h in a.headers)
    assert one != two and one.startswith(os.uname().nodename + "-"), (one, two)


def refused(status, *expected, args=(), sets=()):
    def test(folder):
        with Analyzer(*args) as a:
            with Pipeline(a.url, *sets, folder=folder) as p:
                p.until(lambda: len(a.summary()["connections"]) >= 3, "three attempts")
                r = p.stop()
        said = lines(r.err, "cannot connect")
        assert len(said) == 1, "once, not with each attempt:\n" + r.err
        assert "ERROR" in said[0] and f"{status} " in said[0], said
        for text in expected:
            assert text in said[0], f"{said[0]} does not say {text}"
    test.__name__ = f"refused_with_{status}"
    return test


def not_an_analyzer(folder):
    for args, text in ((("--no-header", "X-Service-Type"), "X-Service-Type"),
                       (("--no-header", "X-Host-ID"), "X-Host-ID"), (("--bad-accept",), "Sec-WebSocket-Accept"),
                       (("--header", "Sec-WebSocket-Protocol: chat"), "sub-protocol")):
        with Analyzer(*args) as a:
            with Pipeline(a.url, folder=folder) as p:
                p.until_log(f"cannot connect .*{text}")
                assert p.counter("connects") == 0
                p.stop()


def bad_urls_end_the_program(folder):
    for url, text in (("", "pipeline.subscriber.url"), ("http://127.0.0.1/", "ws://"), ("ws://me:secret@h/x", "user"),
                      ("ws://h:99999/", "port")):
        r = support.run("dummy", "--set", f"pipeline.subscriber.url={url}", "--output", os.path.join(folder, "out"),
                        timeout=10).expect(1)
        assert text in r.err and "secret" not in r.err, r.err


def a_silent_server_is_left_in_time(folder):
    with Analyzer("--silent") as a:
        with Pipeline(a.url, "pipeline.subscriber.connect_timeout=1s", folder=folder) as p:
            p.until_log("cannot connect .*connect_timeout")
            p.until(lambda: len(a.summary()["connections"]) >= 2, "a second attempt")
            p.stop()


def a_dead_port_is_tried_again(folder):
    port = support.free_port()
    with Pipeline(f"ws://127.0.0.1:{port}/ws/subscriber/flow", folder=folder) as p:
        p.until_log("WARN cannot connect .*Connection refused")
        with Analyzer("--port", port, "--messages", MESSAGES):
            p.until_counter("received", FLOWS)
            r = p.stop()
    assert len(lines(r.err, "cannot connect")) == 1, r.err


# ---- connection life ----


def comes_back_after_a_close(folder):
    with Analyzer("--messages", MESSAGES, "--close-after", 4, "--close-code", 1001) as a:
        with Pipeline(a.url, folder=folder) as p:
            p.until_log("WARN disconnected .*1001: test is over", 3)
            r = p.stop()
    count = support.ledger(r.err)
    full = [c for c in a.connections if c["messages"] == 4]
    assert count["messages"] >= 12 and count["messages"] <= 4 * len(full) + 4, (count, len(full))
    assert count["connects"] == len(a.connections), (count, len(a.connections))
    assert [c for c in a.connections if c["close_code"] == 1001], ("the close frame is echoed", a.connections)
    assert count["received"] == count["written"] + count.get("malformed", 0) + sum(
        v for k, v in count.items() if k.startswith("dropped")), count


def comes_back_after_a_reset(folder):
    with Analyzer("--messages", MESSAGES, "--drop-after", 4) as a:
        with Pipeline(a.url, folder=folder) as p:
            p.until_log("disconnected .*without a close frame", 2)
            p.stop()
    assert len(a.connections) >= 2


def pauses_grow_and_are_short_after_success(folder):
    with Analyzer("--refuse", 500, "--refuse-times", 3, "--messages", MESSAGES) as a:
        begin = time.monotonic()
        with Pipeline(a.url, "pipeline.subscriber.max_backoff=1s", folder=folder) as p:
            p.until_counter("received", FLOWS)
            took = time.monotonic() - begin
            a.tell("close 1001")
            p.until_counter("received", 2 * FLOWS)
            p.stop()
    assert len(a.connections) == 5, a.connections
    assert took > 0.75 * (1 + 1 + 1), f"three failures within {took:.2f} s: no pause in between"


def a_dead_peer_is_noticed(folder):
    with Analyzer("--messages", MESSAGES, "--stall-after", 10, "--first-only", "--ping", 0.2) as a:
        with Pipeline(a.url, "pipeline.subscriber.dead_timeout=1s", folder=folder) as p:
            p.until_log("WARN disconnected .*dead_timeout")
            p.until_log("INFO connected", 2)
            time.sleep(1.5)
            assert len(lines(p.err, "disconnected .*dead_timeout")) == 1, "pings keep a connection without flows:\n" + p.err
            p.stop()
    assert len(a.connections) == 2


TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d\d\d)?Z"


def no_flows_for_long_is_noticed(folder):
    for name in ("dummy", "secadvisor"):
        r = support.run(name, "--print-config", os.path.join(support.SRC, "pipelines", f"{name}.yml.default")).expect(0)
        assert re.search(r"^ +idle_timeout: 180s?$", r.out, re.M), r.out
    with Analyzer("--messages", MESSAGES, "--ping", 0.2) as a:
        with Pipeline(a.url, "pipeline.subscriber.idle_timeout=1s", folder=folder) as p:
            p.until_log("WARN disconnected .*idle_timeout")
            p.until_log("INFO connected", 2)
            r = p.stop()
    assert a.connections[0]["close_code"] == 1000, a.connections[0]
    gap = re.search(f"WARN gap from={TIME} to={TIME} seconds=([0-9.]+) why=\"no flow arrived for 1 s \\(idle_timeout\\)\"", r.err)
    assert gap and float(gap[1]) >= 1.7, r.err  # since the last flow, not since the disconnection
    assert support.ledger(r.err)["gaps"] >= 1


def an_analyzer_that_forgets_its_subscribers(folder):
    """Skydive sends no flows any more, but goes on pinging, once any other subscriber has left."""
    with Analyzer("--messages", MESSAGES, "--repeat", 0, "--delay", 0.05, "--ping", 0.2, "--forgetful") as a:
        with Pipeline(a.url, "pipeline.subscriber.idle_timeout=2s", folder=folder) as p:
            p.until_counter("received", FLOWS)
            with Pipeline(a.url, folder=os.path.join(folder, "other")) as other:
                other.until_counter("received", 1)
                other.stop()
            p.until_log("WARN disconnected .*idle_timeout")
            p.until_log("WARN gap .*idle_timeout")
            before = p.counter("received")
            p.until_counter("received", before + FLOWS)
            assert p.counter("gaps") == 1
            p.stop()


def while_nothing_is_taken(folder, a, sets, then):
    """Runs dummy into a pipe that nobody reads until then() returns; the counters and the log."""
    read, write = os.pipe()
    args = [support.binary("dummy"), "--output", "-"]
    for s in (f"pipeline.subscriber.url={a.url}", "pipeline.queue.max_bytes=100KiB", "pipeline.store.buffered.max_flows_per_object=100",
              "pipeline.store.buffered.max_flow_array_size=200", *sets):
        args += ["--set", s]
    with open(os.path.join(folder, "err"), "w+b") as err:
        p = subprocess.Popen(args, stdout=write, stderr=err, stdin=subprocess.DEVNULL, env=support.environment())
        os.close(write)
        reader = None
        try:
            then()
            reader = subprocess.Popen(["cat"], stdin=read, stdout=subprocess.DEVNULL)
            end = time.monotonic() + 120 * SECOND
            while a.summary()["connections"][-1]["messages"] < 400 and time.monotonic() < end:
                time.sleep(0.1)
            time.sleep(0.5)
            p.send_signal(signal.SIGTERM)
            assert p.wait(20) == 0
        finally:
            p.kill()
            p.wait()
            os.close(read)
            if reader:
                reader.wait()
        err.seek(0)
        log = err.read().decode()
    return support.ledger(log), log


def reads_on_through_a_pause(folder):
    """Nothing is read from standard output, so the queue is full: all is read ahead, and pings are answered."""
    with Analyzer("--messages", MESSAGES, "--repeat", 40, "--ping", 0.5, "--pong-timeout", 2.5, "--write-timeout", 2) as a:
        def wait():
            time.sleep(5)
            s = a.summary()["connections"]
            assert len(s) == 1 and s[0]["how"] is None, f"dropped during the pause: {s}"
            assert s[0]["messages"] == 400 and s[0]["unasked_pongs"] == 0 and s[0]["pongs"] >= 5, s
        count, _ = while_nothing_is_taken(folder, a, (), wait)
    assert len(a.connections) == 1, a.connections
    assert count["messages"] == 400 and count["received"] == 40 * FLOWS and "gaps" not in count, count


def lives_through_a_pause(folder):
    """There is nothing left to read ahead into: pongs go on, unasked, and with an analyzer that waits nothing is lost."""
    with Analyzer("--messages", MESSAGES, "--repeat", 40, "--ping", 0.5, "--pong-timeout", 2.5) as a:
        def wait():
            time.sleep(6)
            s = a.summary()["connections"]
            assert len(s) == 1 and s[0]["how"] is None, f"dropped during the pause: {s}"
            assert s[0]["messages"] < 400, "nothing held the analyzer back"
            assert s[0]["unasked_pongs"] >= 2, s
        count, log = while_nothing_is_taken(folder, a, ("pipeline.subscriber.read_ahead=0",), wait)
    assert len(a.connections) == 1, a.connections
    assert count["messages"] == 400 and count["received"] == 40 * FLOWS, count
    assert count["gaps"] == 1, count  # it might not have waited
    assert lines(log, f"WARN gap from={TIME} to={TIME} seconds=[5-9].* why=.*read_ahead is used up"), log


def what_is_missed_is_in_the_books(folder):
    """The analyzer gives up a client that takes nothing."""
    with Analyzer("--messages", MESSAGES, "--repeat", 40, "--ping", 0.5, "--write-timeout", 1.5) as a:
        def wait():
            end = time.monotonic() + 10 * SECOND
            while not any(c["how"] for c in a.summary()["connections"]) and time.monotonic() < end:
                time.sleep(0.1)
        count, log = while_nothing_is_taken(folder, a, ("pipeline.subscriber.read_ahead=0",), wait)
    assert a.connections[0]["how"] == "took nothing", a.connections
    assert 1 <= count["gaps"] <= len(a.connections), count
    assert lines(log, f"WARN gap from={TIME} to={TIME} seconds=.* why=.*read_ahead is used up: nothing was read"), log


# ---- frames ----


def fragments_are_put_together(folder):
    for own in ((), ("--own-websocket",)):
        with Analyzer("--messages", MESSAGES, "--fragment", 1000, *own) as a:
            with Pipeline(a.url, folder=folder) as p:
                p.until_counter("received", FLOWS)
                r = p.stop()
        assert support.ledger(r.err)["messages"] == 10 and len(a.connections) == 1, r.err


def breaks_of_the_protocol_end_the_connection(folder):
    for args, code, text in ((("--mask", "--messages", MESSAGES), 1002, "masked frame"),
                             (("--raw", "c10161"), 1002, "reserved bit"),
                             (("--raw", "8103c328ff"), 1007, "UTF-8"), (("--raw", "00020000"), 1002, "continuation")):
        with Analyzer(*args, "--ping", 0) as a:
            with Pipeline(a.url, folder=folder) as p:
                p.until_log(f"disconnected .*{text}")
                p.stop()
        assert a.connections[0]["close_code"] == code, a.connections[0]


def a_giant_message_is_rejected_alone(folder):
    with Analyzer("--messages", MESSAGES, "--giant", 3000000) as a:
        with Pipeline(a.url, "pipeline.subscriber.max_message=1MB", folder=folder) as p:
            p.until_counter("received", FLOWS)
            r = p.stop()
    count = support.ledger(r.err)
    assert count["rejected_messages"] == 1 and count["messages"] == 11, count
    assert lines(r.err, "message rejected .*bytes=3000000 .*max_message"), r.err
    assert len(a.connections) == 1


# ---- TLS ----


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificates(folder):
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=test authority")
    for name, extension in (("server", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
                            ("other", "subjectAltName=DNS:other.example"),
                            ("client", "extendedKeyUsage=clientAuth")):
        with open(os.path.join(folder, "ext"), "w") as f:
            f.write(extension)
        openssl(folder, "req", *key, "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
        openssl(folder, "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", "2",
                "-out", name + ".pem", "-extfile", "ext")


def tls(folder):
    make_certificates(folder)
    file = lambda name: os.path.join(folder, name)  # noqa: E731
    server = ("--messages", MESSAGES, "--cert", file("server.pem"), "--key", file("server.key"))
    ca = f"tls.ca_cert={file('ca.pem')}"
    mine = (f"tls.client_cert={file('client.pem')}", f"tls.client_key={file('client.key')}")
    with Analyzer(*server, "--ping", 0.2) as a:
        with Pipeline(a.url, ca, folder=folder) as p:
            p.until_counter("received", FLOWS)
            p.until(lambda: a.summary()["connections"][0]["pongs"] >= 1, "a pong")
            p.stop()
        with Pipeline(a.url.replace("127.0.0.1", "localhost"), ca, folder=folder) as p:
            p.until_counter("received", FLOWS)
            p.stop()
        with Pipeline(a.url, folder=folder) as p:
            p.until_log("cannot connect .*not trusted.*tls.ca_cert")
            p.stop()
        with Pipeline(a.url.replace("wss", "ws"), folder=folder) as p:
            p.until_log("cannot connect .*wss://")
            p.stop()
    assert [c["close_code"] for c in a.connections] == [1000, 1000], a.connections
    with Analyzer(*server, "--client-ca", file("ca.pem")) as a:
        with Pipeline(a.url, ca, *mine, folder=folder) as p:
            p.until_counter("received", FLOWS)
            p.stop()
        with Pipeline(a.url, ca, folder=folder) as p:
            p.until_log("cannot connect")
            p.stop()
    for host in ("127.0.0.1", "localhost"):
        with Analyzer("--cert", file("other.pem"), "--key", file("other.key")) as a:
            with Pipeline(a.url.replace("127.0.0.1", host), ca, folder=folder) as p:
                p.until_log(f"cannot connect .*certificate is not for '{host}'")
                p.stop()
    r = support.run("dummy", "--set", "pipeline.subscriber.url=wss://h/", "--set", "tls.ca_cert=/nonexistent",
                    "--output", file("out")).expect(1)
    assert "tls.ca_cert" in r.err and "No such file" in r.err, r.err


support.main([
    sends_the_headers_and_closes_in_order,
    host_ids_differ_unless_given,
    refused(401, "analyzer.auth.cluster.username", "Wrong credentials", args=("--user", "me:right"),
            sets=("analyzer.auth.cluster.username=me", "analyzer.auth.cluster.password=wrong")),
    refused(403, "RBAC", args=("--refuse", 403)),
    refused(409, "host_id 'same'", "leave host_id unset", args=("--refuse", 409), sets=("host_id=same",)),
    not_an_analyzer,
    bad_urls_end_the_program,
    a_silent_server_is_left_in_time,
    a_dead_port_is_tried_again,
    comes_back_after_a_close,
    comes_back_after_a_reset,
    pauses_grow_and_are_short_after_success,
    a_dead_peer_is_noticed,
    no_flows_for_long_is_noticed,
    an_analyzer_that_forgets_its_subscribers,
    reads_on_through_a_pause,
    lives_through_a_pause,
    what_is_missed_is_in_the_books,
    fragments_are_put_together,
    breaks_of_the_protocol_end_the_connection,
    a_giant_message_is_rejected_alone,
    tls,
])
