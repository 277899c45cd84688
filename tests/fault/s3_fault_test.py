#!/usr/bin/env python3
"""s3_fault_test - an S3 server that answers badly, late, halfway or not at all: what the ledger calls written is in the bucket, once."""

import gzip
import hashlib
import json
import os
import random
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import warnings
from email.utils import formatdate

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import support  # noqa: E402
from support import MESSAGES  # noqa: E402

RESET = struct.pack("ii", 1, 0)


class Bucket(support.Listener):
    """Serves one request after the other as behave(number, method) says: ok, a status, a (status, body, headers), how the
    connection breaks, or in which way it is another store: no_etag, blind (HEAD is forbidden), replaces (no conditions)."""

    def __init__(self, behave):
        self.objects, self.requests, self.behave, self.lock = {}, 0, behave, threading.Lock()
        super().__init__()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.port = self.listener.getsockname()[1]

    def connection(self, c, _):
        try:
            with c, c.makefile("rb") as f:
                while self.request(c, f):
                    pass
        except (OSError, ValueError):
            pass

    def request(self, c, f):
        line = f.readline().decode()
        if not line:
            return False
        method, path, _ = line.split(" ", 2)
        headers = {}
        while True:
            h = f.readline().decode().strip()
            if not h:
                break
            name, _, value = h.partition(":")
            headers[name.lower()] = value.strip()
        with self.lock:
            self.requests += 1
            what = self.behave(self.requests, method)
        if what == "reset_before":
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return False
        if what == "drips":
            body = b"".join(self.drops(f, int(headers.get("content-length", 0))))
        else:
            body = f.read(int(headers.get("content-length", 0)))
        if what == "hang":
            time.sleep(30)
            return False
        if isinstance(what, int):
            what = what, error("SlowDown"), {}
        if isinstance(what, tuple):
            return self.say(c, what[0], method, what[1], {"content-length": str(len(what[1])), **what[2]})
        if method == "HEAD" and "blind" in what:
            return self.say(c, 403, method, b"")
        if "replaces" in what:
            headers.pop("if-none-match", None)
            self.objects.pop(path, None)
        status = self.store(path, body, headers) if method == "PUT" else 200 if path in self.objects else 404
        if what == "reset_after":
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        if what in ("reset_after", "close_after"):
            return False
        if what == "half":
            c.sendall(b"HTTP/1.1 20")
            return False
        if what == "slow":
            time.sleep(0.2)
        shown = self.labels(path) if status == 200 else {}
        if "no_etag" in what:
            shown.pop("etag", None)
        if method == "PUT":
            shown["content-length"] = "0"
        return self.say(c, status, method, b"", shown if status == 200 else None)

    @staticmethod
    def drops(f, n):
        while n:
            part = f.read(min(n, 16384))
            n -= len(part)
            yield part
            time.sleep(0.1)

    def store(self, path, body, headers):
        with self.lock:
            if path in self.objects and headers.get("if-none-match") == "*":
                return 412
            self.objects[path] = (body, headers)
            return 200

    def labels(self, path):
        body, headers = self.objects[path]
        found = {k: v for k, v in headers.items() if k.startswith("x-amz-meta-")}
        return {**found, "etag": '"' + hashlib.md5(body).hexdigest() + '"', "content-length": str(len(body))}

    @staticmethod
    def say(c, status, method, body, headers=None):
        headers = headers or {"content-length": str(len(body))}
        text = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        c.sendall(f"HTTP/1.1 {status} Told\r\n{text}\r\n".encode() + (b"" if method == "HEAD" else body))
        return True

    def options(self, **more):
        values = {"write.type": "s3", "write.s3.endpoint": f"http://127.0.0.1:{self.port}", "write.s3.access_key": "a",
                  "write.s3.secret_key": "topsecret", "store.buffered.max_flows_per_object": 100}
        values.update({k.replace("__", "."): v for k, v in more.items()})
        return [a for k, v in values.items() for a in ("--set", f"pipeline.{k}={v}")]

    def records(self):
        number = 0
        for body, headers in self.objects.values():
            part = json.loads(gzip.decompress(body) if "content-encoding" in headers else body)
            assert len(part) == int(headers["x-amz-meta-num-records"])
            number += len(part)
        return number


def error(code):
    return f"<Error><Code>{code}</Code><Message>told to</Message></Error>".encode()


PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>", {"content-type": "text/html", "etag": '"1234"'}
XML = {"content-type": "application/xml"}


def fault(name, behave, status=0, at_most=None, lost=False, stop="20s", unproven=False, **options):
    """All flows through such a server that fails. `at_most`: requests. `unproven`: all of them."""
    def test(_):
        with Bucket(behave) as b:
            r = support.run("dummy", "--input", MESSAGES, *b.options(**options), "--stop-timeout", stop).expect(status)
            counters = support.ledger(r.err)
            support.balanced(counters)
            assert b.records() == counters.get("written", 0), (b.records(), counters)
            assert bool(counters.get("undelivered")) == (status == 1) and (lost or not counters.get("overflow")), counters
            assert counters.get("unproven", 0) == (counters["written"] if unproven else 0), counters
            assert r.err.count("nothing proves that objects are stored") == unproven, r.err
            assert "topsecret" not in r.err
            assert at_most is None or b.requests <= at_most, f"{b.requests} requests"
            assert r.err.count("WARN cannot write") <= 3, "the log says each failure:\n" + r.err
    test.__name__ = name
    return test


def nth(n, what):
    """Each n-th request goes well."""
    return lambda number, method: "ok" if number % n == 0 else what


def first(what, n=3):
    """So answers the server n times, then it is all right."""
    return lambda number, method: what if number <= n else "ok"


def each(answers):
    """Each of these answers once, then it is all right."""
    return lambda number, method: answers[number - 1] if number <= len(answers) else "ok"


def half_lost(kind):
    """Every other answer to PUT is lost, by a store of this kind."""
    count = [0]

    def behave(_, method):
        count[0] += method == "PUT"
        return "reset_after" if method == "PUT" and count[0] % 2 else kind
    return behave


def lost_then_page():
    """The object is there, and what HEAD shows is a login page: no reason to write it under another name too."""
    count = {"PUT": 0, "HEAD": 0}

    def behave(_, method):
        count[method] += 1
        return ("reset_after" if method == "PUT" else (200, *PAGE)) if count[method] <= 2 else "ok"
    return behave


def everything(seed):
    r = random.Random(seed)
    kinds = ["ok"] * 6 + ["slow", 500, 503, 429, 403, 408, "reset_before", "reset_after", "close_after", "half"]
    return lambda number, method: r.choice(kinds)


def running(analyzer, bucket, **options):
    return support.Running("dummy", os.devnull, *bucket.options(subscriber__url=f"ws://127.0.0.1:{analyzer.port}/ws/subscriber/flow", **options))


def asked_to_wait(_):
    for value in (lambda: "2", lambda: formatdate(time.time() + 3, usegmt=True)):
        asked = []

        def behave(number, method, value=value, asked=asked):
            asked.append(time.monotonic())
            return (503, error("SlowDown"), {**XML, "retry-after": value()}) if number == 1 else "ok"

        with Bucket(behave) as b, support.Analyzer("--messages", MESSAGES, "--first-only") as a, \
                running(a, b, write__s3__uploads=1) as p:
            p.until(lambda: len(asked) > 1, "another attempt", 30)
            p.signal()
            support.balanced(support.ledger(p.wait().expect(0).err))
        assert 1.9 < asked[1] - asked[0] < 10 * support.SLOW, asked
        assert b.records() == support.KEPT


def another_reason_is_said(_):
    with Bucket(lambda n, m: 503 if n <= 2 else (403, error("InvalidAccessKeyId"), XML)) as b, \
            support.Analyzer("--messages", MESSAGES, "--first-only") as a, running(a, b) as p:
        p.until(lambda: "still cannot write" in p.err, "the other reason", 60)
        waits = r"WARN (still )?cannot write\S* (will try again )?bucket=bucket key=\S+ failures=\d+ objects_waiting=[1-9] oldest=\d+s reason=\"(\d+ \w+)"
        said = [m[3] for m in re.finditer(waits, p.err)]
        assert said == ["503 SlowDown", "403 InvalidAccessKeyId"], (said, p.err)


class SafeBucket(Bucket):
    """Over TLS, for clients with a certificate."""

    def __init__(self, folder, most=None):
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(os.path.join(folder, "127.0.0.1.pem"), os.path.join(folder, "127.0.0.1.key"))
        self.tls.load_verify_locations(os.path.join(folder, "ca.pem"))
        self.tls.verify_mode = ssl.CERT_REQUIRED
        if most:
            self.tls.minimum_version = ssl.TLSVersion.TLSv1
            self.tls.maximum_version = most
            self.tls.set_ciphers("ALL:@SECLEVEL=0")
        super().__init__(lambda n, m: "ok")

    def connection(self, c, number):
        try:
            super().connection(self.tls.wrap_socket(c, server_side=True), number)
        except OSError:
            pass


def certificates(folder):
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    key = ("-newkey", "rsa:2048", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test CA")
    with open(os.path.join(folder, "san"), "w") as f:
        f.write("subjectAltName=IP:127.0.0.1\n")
    for name in ("127.0.0.1", "client"):
        openssl("req", *key, "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "san", "-out", name + ".pem")


def client_certificates(folder):
    certificates(folder)

    def through(bucket, status, **more):
        files = {f"write__s3__{k}": os.path.join(folder, v) for k, v in more.items()}
        options = bucket.options(write__s3__endpoint=f"https://127.0.0.1:{bucket.port}", **files)
        return support.run("dummy", "--input", MESSAGES, *options, "--stop-timeout", "2s").expect(status)

    client = {"ca_cert": "ca.pem", "client_cert": "client.pem", "client_key": "client.key"}
    with SafeBucket(folder) as b:
        through(b, 0, **client)
        assert b.records() == support.KEPT
    with SafeBucket(folder) as b:
        through(b, 1, ca_cert="ca.pem")
        through(b, 1, client_cert="client.pem", client_key="client.key")  # an authority that nobody knows
        assert not b.objects
        r = through(b, 1, ca_cert="ca.pem", client_cert="client.pem")
        assert "pipeline.write.s3.client_cert and client_key belong together: only client_cert is set" in r.err, r.err
        r = through(b, 1, ca_cert="ca.pem", client_cert="client.pem", client_key="none.key")
        assert "pipeline.write.s3.client_key: cannot read " in r.err, r.err
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with SafeBucket(folder, ssl.TLSVersion.TLSv1_1) as b:
            through(b, 1, **client)
            assert not b.objects


if __name__ == "__main__":
    support.main([
        asked_to_wait, another_reason_is_said, client_certificates,
        fault("errors", nth(2, 503)),
        fault("too_many_requests", nth(2, 429)),
        fault("answers_are_lost", lambda n, m: "reset_after" if n % 3 == 1 else "ok"),
        fault("half_an_answer", lambda n, m: "half" if n % 3 == 1 else "ok"),
        fault("closed_after_the_body", lambda n, m: "close_after" if n % 3 == 1 else "ok"),
        fault("reset_before_the_body", lambda n, m: "reset_before" if n % 3 == 1 else "ok"),
        fault("hangs_twice", lambda n, m: "hang" if n <= 2 else "ok", write__s3__timeout="1s", write__s3__uploads=2),
        fault("hangs", lambda n, m: "hang", status=1, stop="1s"),
        fault("slow_and_full", lambda n, m: "slow", store__buffered__max_flow_array_size=120),
        fault("slow_and_dropping", lambda n, m: "slow", lost=True, store__buffered__max_flow_array_size=120,
              store__buffered__policy="drop_oldest"),
        fault("never", lambda n, m: 500, status=1, stop="2s", at_most=20),
        # Every name is taken: a server that says so for ever must not be asked as fast as it answers.
        fault("says_that_all_names_are_taken", lambda n, m: 412 if m == "PUT" else 200, status=1, stop="2s", at_most=4000),
        # A login page for everything, and other answers that are no proof.
        fault("login_page", lambda n, m: (200, *PAGE), status=1, stop="2s"),
        fault("login_page_for_a_while", first((200, *PAGE))),
        fault("other_2xx_and_3xx", each([(s, b"", {"etag": '"1234"'}) for s in (202, 204, 206, 301, 302, 307, 308)])),
        fault("error_document_with_200", first((200, error("InternalError"), XML))),
        fault("what_proxies_say", each([(s, *PAGE) for s in (400, 401, 402, 403, 405, 411, 413, 421, 431, 451, 502)]),
              stop="40s"),
        fault("refused_for_a_while", each([(400, error(c), XML) for c in ("EntityTooLarge", "InvalidArgument")])),
        fault("etag_is_no_md5", lambda n, m: "no_etag"),
        fault("etag_is_no_md5_and_write_only", lambda n, m: "no_etag blind"),
        fault("no_proof", lambda n, m: "no_etag blind replaces", unproven=True),
        fault("no_conditions", lambda n, m: "replaces"),
        fault("write_only_and_answers_are_lost", half_lost("blind")),
        fault("no_etag_and_answers_are_lost", half_lost("no_etag")),
        fault("answers_are_lost_and_a_login_page", lost_then_page()),
        fault("slow_but_steady", lambda n, m: "drips", compress__type="none", store__buffered__max_flows_per_object=600,
              write__s3__timeout="1s", at_most=4),
        fault("everything_at_once", everything(1), stop="60s"),
    ])
