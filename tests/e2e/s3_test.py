#!/usr/bin/env python3
"""s3_test - sink `s3` against a real server (s3s-fs) and an independent client (boto3).

What a pipeline put is read back with boto3: content, metadata, content type and encoding. A wrong key, a missing bucket
and a server that isn't there are waited out; names that are taken are left alone; what s3s-fs can't do (IBM tokens,
lost answers, odd errors) is played by a small proxy in front of it.
"""

import gzip
import hashlib
import http.client
import http.server
import json
import os
import re
import subprocess
import threading
import time

import support
from support import MESSAGES

ACCESS, SECRET, BUCKET, REGION = "AKFLOWTEST", "secret/+key=of tests"[:15] + "0123456789", "flows", "eu-de"
VERSION = "0.14.1"


def find_server():
    places = [os.environ.get("S3S_FS", ""), os.path.expanduser("~/.cache/flowc/bin/s3s-fs"), "/usr/local/bin/s3s-fs",
              os.path.expanduser("~/.cargo/bin/s3s-fs")]
    for path in places:
        if path and os.access(path, os.X_OK):
            return path
    return None


def need(what, how):
    """In CI what is missing is a failure (decision 21), elsewhere a loud skip."""
    if os.environ.get("CI") == "true":
        raise SystemExit(f"FAILED: needs {what}. {how}")
    support.skip(f"needs {what}. {how}")


SERVER = find_server()
if not SERVER:
    need("s3s-fs", f"cargo install --locked s3s-fs@{VERSION} --features binary --root ~/.cache/flowc, or set S3S_FS")
try:
    import boto3
    import botocore.config
except ImportError:
    need("the Python module boto3", "On Debian: apt-get install python3-boto3")


class Server:
    """s3s-fs on a folder."""

    def __init__(self, folder, port=None, buckets=(BUCKET,), access=ACCESS, secret=SECRET):
        self.root = os.path.join(folder, "s3")
        self.port = port or support.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        for bucket in ("", *buckets):
            os.makedirs(os.path.join(self.root, bucket), exist_ok=True)
        self.process = subprocess.Popen(
            [SERVER, "--access-key", access, "--secret-key", secret, "--host", "127.0.0.1", "--port", str(self.port),
             self.root],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=support.environment())
        self.client = boto3.client(
            "s3", endpoint_url=self.url, aws_access_key_id=access, aws_secret_access_key=secret, region_name=REGION,
            config=botocore.config.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, proxies={}))
        end = time.monotonic() + 20 * support.SLOW
        while time.monotonic() < end:
            try:
                self.client.list_buckets()
                return
            except Exception:
                time.sleep(0.05)
        raise AssertionError("s3s-fs does not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def keys(self):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return sorted(o["Key"] for page in pages for o in page.get("Contents", []))


class Front(http.server.ThreadingHTTPServer):
    """In front of an S3 server: passes requests on, or does what a test wants; keeps what it saw."""

    def __init__(self, answer):
        super().__init__(("127.0.0.1", 0), FrontHandler)
        self.answer, self.seen = answer, []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class FrontHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def pass_on(self, server):
        """The server's (status, body, headers) for this request, signature and all."""
        c = http.client.HTTPConnection("127.0.0.1", server.port)
        c.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            c.putheader(name, value)
        c.endheaders(self.body)
        r = c.getresponse()
        skip = ("connection", "date") + (() if self.command == "HEAD" else ("transfer-encoding", "content-length"))
        result = r.status, r.read(), [h for h in r.getheaders() if h[0].lower() not in skip]
        c.close()
        return result

    def handle_one(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers.items()), self.body))
        self.server.answer(self)

    do_PUT = do_POST = do_GET = do_HEAD = handle_one


def error(code, message="told to"):
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'.encode()


def options(server, **more):
    values = {"store.buffered.dirname": BUCKET, "write.type": "s3", "write.s3.endpoint": server.url,
              "write.s3.region": REGION, "write.s3.access_key": ACCESS, "write.s3.secret_key": SECRET,
              "classify.cluster_net_masks": "[10.0.0.0/8]"}
    values.update({k.replace("__", "."): v for k, v in more.items()})
    return [a for k, v in values.items() if v is not None for a in ("--set", f"pipeline.{k}={v}")]


def dummy(*args, **more):
    return support.run("dummy", "--input", MESSAGES, *args, **more)


def records(server):
    """All records, in the order of keys; every property of the objects is looked at on the way."""
    found = []
    for key in server.keys():
        assert re.fullmatch(r"logs/[a-z]+/\d{8}T\d{6}Z-[0-9a-f]{6}/\d{8}\.gz", key), key
        o = server.client.get_object(Bucket=BUCKET, Key=key)
        body = o["Body"].read()
        assert o["ContentType"] == "application/json", o["ContentType"]
        assert o["ContentEncoding"] == "gzip", o.get("ContentEncoding")
        part = json.loads(gzip.decompress(body))
        meta = o["Metadata"]
        assert set(meta) == {"first-timestamp", "last-timestamp", "num-records"}, meta
        assert int(meta["num-records"]) == len(part) > 0, meta
        now = time.time() * 1000
        assert now - 600000 < int(meta["first-timestamp"]) <= int(meta["last-timestamp"]) <= now, meta
        assert o["ETag"].strip('"') == hashlib.md5(body).hexdigest(), o["ETag"]
        found += part
    return found


def delivered(server, result):
    counters = support.ledger(result.err)
    support.balanced(counters)
    number = counters["written"]
    assert number > 0 and counters.get("undelivered", 0) == 0, counters
    assert len(records(server)) == number, f"{len(records(server))} records in the bucket, {number} in the ledger"
    for secret in (SECRET, "topsecret"):
        assert secret not in result.err, "a secret is in the log"


def round_trip(folder):
    with Server(folder) as s:
        r = dummy(*options(s, store__buffered__max_flows_per_object=100, write__s3__uploads=4)).expect(0)
        delivered(s, r)
        assert len(s.keys()) >= 3, s.keys()
        assert "write_retries=" not in r.err, r.err


def odd_keys(folder):
    """Every byte that a prefix may hold is encoded and signed as the server and boto3 do it."""
    prefix = "a b/c+d=e/%2F&x:y/~'()!*$@,;/ü/\"q\""
    with Server(folder) as s:
        r = dummy(*options(s, store__buffered__filename_prefix=json.dumps(prefix, ensure_ascii=False))).expect(0)
        # Not by listing: boto3 decodes what the server lists once more than the server encoded it.
        top = os.path.join(s.root, BUCKET)
        keys = [os.path.relpath(os.path.join(d, f), top) for d, _, files in os.walk(top) for f in files]
        keys = [k for k in keys if k.startswith(prefix + "/")]
        found = [json.loads(gzip.decompress(s.client.get_object(Bucket=BUCKET, Key=k)["Body"].read())) for k in keys]
        assert sum(map(len, found)) == support.ledger(r.err)["written"] > 0, keys


def keys_by_environment_and_file(folder):
    with Server(folder) as s:
        env = {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET}
        delivered(s, dummy(*options(s, write__s3__access_key=None, write__s3__secret_key=None), env=env).expect(0))
    with Server(os.path.join(folder, "2")) as s:
        path = os.path.join(folder, "secret")
        with open(path, "w", encoding="ascii") as f:
            f.write(SECRET + "\n")
        delivered(s, dummy(*options(s, write__s3__secret_key=None, write__s3__secret_key_file=path)).expect(0))


def no_keys_is_an_error_at_start(folder):
    class Nowhere:
        url = "http://127.0.0.1:1"
    r = dummy(*options(Nowhere, write__s3__access_key=None, write__s3__secret_key=None))
    assert r.status != 0 and "no credentials: set access_key" in r.err, r.err
    r = dummy(*options(Nowhere, write__s3__endpoint="ftp://x"))
    assert r.status != 0 and re.search("scheme|neither http nor https", r.err), r.err
    r = dummy(*options(Nowhere, store__buffered__dirname="a/b"))
    assert r.status != 0 and "expected the name of a bucket" in r.err, r.err


def wrong_key_is_waited_out(folder):
    """The secret in the file is wrong; it is read again when the server refuses it."""
    path = os.path.join(folder, "secret")
    with open(path, "w", encoding="ascii") as f:
        f.write("topsecret\n")
    with Server(folder) as s:
        args = options(s, write__s3__secret_key=None, write__s3__secret_key_file=path)
        with support.Running("dummy", "--input", MESSAGES, *args) as p:
            p.until(lambda: "SignatureDoesNotMatch" in p.err, "refusal in the log")
            assert "check access_key, secret_key" in p.err, p.err
            with open(path, "w", encoding="ascii") as f:
                f.write(SECRET + "\n")
            r = p.wait().expect(0)
        assert len(re.findall("cannot write, will try again", r.err)) == 1, r.err
        assert "writing works again" in r.err, r.err
        delivered(s, r)


def wrong_key_is_said(folder):
    with Server(folder) as s:
        r = dummy("--stop-timeout", "2s", *options(s, write__s3__access_key="AKNOBODY")).expect(1)
        assert re.search(r"cannot write, will try again .*40[13] (InvalidAccessKeyId|NotSignedUp|AccessDenied)",
                         r.err), r.err
        counters = support.ledger(r.err)
        support.balanced(counters)
        assert counters["undelivered"] > 0 and counters.get("written", 0) == 0 and s.keys() == [], counters


def missing_bucket_is_waited_out(folder):
    """(s3s-fs makes missing buckets by itself: the front says what others say.)"""
    with Server(folder, buckets=()) as s:
        def answer(h):
            if os.path.isdir(os.path.join(s.root, BUCKET)):
                h.reply(*h.pass_on(s))
            else:
                h.reply(404, error("NoSuchBucket"))
        with Front(answer) as front, support.Running("dummy", "--input", MESSAGES, *options(front)) as p:
            p.until(lambda: "404 NoSuchBucket (create the bucket" in p.err, "the missing bucket in the log")
            s.client.create_bucket(Bucket=BUCKET)
            r = p.wait().expect(0)
        delivered(s, r)


def server_comes_later(folder):
    port = support.free_port()

    class Later:
        url = f"http://127.0.0.1:{port}"
    with support.Running("dummy", "--input", MESSAGES, *options(Later)) as p:
        p.until(lambda: "cannot write, will try again" in p.err, "a failure in the log")
        with Server(folder, port=port) as s:
            r = p.wait().expect(0)
            delivered(s, r)


def failing_server(folder):
    """500, 429, a cut connection: again, the same bytes under the same name."""
    with Server(folder) as s:
        def answer(h):
            n = len(h.server.seen)
            if n == 1:
                h.reply(500, error("InternalError"))
            elif n == 2:
                h.reply(429, error("SlowDown"))
            elif n == 3:
                h.close_connection = True
            else:
                h.reply(*h.pass_on(s))
        with Front(answer) as front:
            r = dummy(*options(front, write__s3__uploads=1)).expect(0)
            delivered(s, r)
            by_path = {}
            for method, path, _, body in front.seen:
                assert method == "PUT", method
                by_path.setdefault(path, set()).add(body)
            assert all(len(bodies) == 1 for bodies in by_path.values()), "an object's bytes changed between attempts"
            # A connection that is cut when it is used again is made anew at once by libcurl: no attempt of ours.
            assert 2 <= support.ledger(r.err)["write_retries"] <= 3, r.err
            assert len(re.findall("cannot write", r.err)) == 1, r.err


def lost_answer(folder):
    """The server has the object, but its answer is lost: the next attempt finds it there and is content."""
    with Server(folder) as s:
        def answer(h):
            result = h.pass_on(s)
            if h.command == "PUT" and result[0] == 200:
                h.close_connection = True
            else:
                h.reply(*result)
        with Front(answer) as front:
            r = dummy(*options(front, write__s3__uploads=1)).expect(0)
            delivered(s, r)
            assert [m for m, *_ in front.seen].count("HEAD") == len(s.keys()), "each object was looked at once"


def taken_name(folder):
    """Another object has the name: it stays as it is, ours goes under the next second's."""
    with Server(folder) as s:
        def answer(h):
            if h.command == "PUT" and len(h.server.seen) == 1:
                s.client.put_object(Bucket=BUCKET, Key=h.path.split("/", 2)[2], Body=b"somebody else's")
            h.reply(*h.pass_on(s))
        with Front(answer) as front:
            r = dummy(*options(front, write__s3__uploads=1)).expect(0)
            assert "name is taken by another object" in r.err, r.err
            theirs = [k for k in s.keys()
                      if s.client.get_object(Bucket=BUCKET, Key=k)["Body"].read() == b"somebody else's"]
            assert len(theirs) == 1, theirs
            s.client.delete_object(Bucket=BUCKET, Key=theirs[0])
            delivered(s, r)


def runs_in_one_second(folder):
    """Started again and again, with the same flows even: every run's records are there."""
    with Server(folder) as s:
        results = [dummy(*options(s)).expect(0) for _ in range(4)]
        number = sum(support.ledger(r.err)["written"] for r in results)
        assert len(records(s)) == number, f"{len(records(s))} records in the bucket, {number} written"


def server_without_conditions(folder):
    with Server(folder) as s:
        def answer(h):
            if h.headers.get("If-None-Match"):
                h.reply(501, error("NotImplemented"))
            else:
                h.reply(*h.pass_on(s))
        with Front(answer) as front:
            r = dummy(*options(front, write__s3__uploads=1)).expect(0)
            delivered(s, r)
            assert "the server takes no conditional writes" in r.err, r.err
            assert len([1 for _, _, h, _ in front.seen if "If-None-Match" in h or "if-none-match" in h]) == 1
            assert "write_retries=" not in r.err, r.err


def refused_objects(folder):
    """What the server says it will never take holds up nothing, and is tried again: nothing is dropped."""
    with Server(folder) as s:
        def answer(h):
            if len(h.server.seen) == 1:
                h.reply(400, error("EntityTooSmall"), [("x-amz-request-id", "REQ42")])
            else:
                h.reply(*h.pass_on(s))
        with Front(answer) as front:
            r = dummy(*options(front, write__s3__uploads=1)).expect(0)
            assert re.search("WARN cannot write, will try again .*400 EntityTooSmall request_id=REQ42: told to", r.err), r.err
            delivered(s, r)


def refused_objects_are_kept(folder):
    """With a folder for them they go there, the answer beside each."""
    kept = os.path.join(folder, "kept")
    with Server(folder) as s:
        def answer(h):
            if len(h.server.seen) == 1:
                h.reply(400, error("EntityTooLarge"))
            else:
                h.reply(*h.pass_on(s))
        with Front(answer) as front:
            r = dummy(*options(front, write__s3__uploads=1, refused__directory=kept)).expect(0)
            counters = support.ledger(r.err)
            support.balanced(counters)
            names = sorted(os.listdir(kept))
            assert len(names) == 2 and names[1] == names[0].replace(".answer", ".object"), names
            with open(os.path.join(kept, names[1]), "rb") as f:
                assert len(json.loads(gzip.decompress(f.read()))) == counters["refused"] > 0, counters
            with open(os.path.join(kept, names[0]), encoding="utf-8") as f:
                assert "answer: 400 EntityTooLarge" in f.read()
            assert len(records(s)) == counters["written"] and "undelivered" not in r.err, counters


def stored(h):
    h.reply(200, b"", [("ETag", '"' + hashlib.md5(h.body).hexdigest() + '"')])


def headers(folder):
    """Exactly the headers and labels that the original sent, signed; a session token too."""
    with Front(stored) as front:
        dummy(*options(front, write__s3__session_token="topsecret")).expect(0)
        assert front.seen
        for method, path, h, body in front.seen:
            h = {k.lower(): v for k, v in h.items()}
            assert method == "PUT" and path.startswith(f"/{BUCKET}/logs/"), path
            assert h["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()
            assert h["x-amz-security-token"] == "topsecret"
            assert h["host"] == front.url.split("//")[1] and "expect" not in h, h
            signed = re.search(r"SignedHeaders=([a-z0-9;-]+), Signature=[0-9a-f]{64}$",
                               h["authorization"])[1].split(";")
            assert signed == sorted(signed)
            assert {"content-encoding", "content-md5", "content-type", "host", "x-amz-content-sha256", "x-amz-date",
                    "x-amz-meta-first-timestamp", "x-amz-meta-last-timestamp", "x-amz-meta-num-records",
                    "x-amz-security-token"} <= set(signed), signed
            assert f"/{REGION}/s3/aws4_request" in h["authorization"]


def ibm_token(folder):
    """A token is asked for once, sent, and asked for again when the server refuses it."""
    tokens = []

    def answer(h):
        if h.command == "POST":
            tokens.append(f"tok{len(tokens) + 1}")
            assert h.body == (b"grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=top%2Fsecret%3D1"
                              b"&response_type=cloud_iam"), h.body
            h.reply(200, json.dumps({"access_token": tokens[-1], "token_type": "Bearer", "expires_in": 3600}).encode())
        elif h.headers["Authorization"] == "Bearer tok2":
            stored(h)
        else:
            h.reply(403, error("AccessDenied"))
    with Front(answer) as front:
        args = options(front, write__s3__uploads=1, write__s3__access_key=None, write__s3__secret_key=None,
                       write__s3__api_key="top/secret=1", write__s3__iam_endpoint=front.url + "/identity/token")
        r = dummy(*args).expect(0)
        assert tokens == ["tok1", "tok2"], tokens
        assert "cannot write" not in r.err and "tok2" not in r.err and "top/secret" not in r.err, r.err
        warned = [line.split(" ", 1)[1] for line in r.err.splitlines() if " WARN" in line]
        assert warned[-1] == f"WARN the API key goes over plain http; use https endpoint={front.url}/identity/token", warned


def clock_is_wrong(folder):
    def answer(h):
        h.send_response_only(403)
        body = error("RequestTimeTooSkewed")
        for name, value in (("Date", "Thu, 01 Jan 2099 00:00:00 GMT"), ("Content-Length", str(len(body)))):
            h.send_header(name, value)
        h.end_headers()
        h.wfile.write(body)
    with Front(answer) as front:
        r = dummy("--stop-timeout", "1s", *options(front)).expect(1)
        assert re.search(r"RequestTimeTooSkewed \(the clock of this machine is \d+ s behind the server's", r.err), r.err


def hanging_server(folder):
    """A server that takes requests and never answers can't hold up the exit."""
    with Front(lambda h: time.sleep(8)) as front:
        begin = time.monotonic()
        r = dummy("--stop-timeout", "1s", *options(front)).expect(1)
        assert time.monotonic() - begin < 6 * support.SLOW, time.monotonic() - begin
        counters = support.ledger(r.err)
        support.balanced(counters)
        assert counters["undelivered"] > 0, counters


if __name__ == "__main__":
    support.main([round_trip, odd_keys, keys_by_environment_and_file, no_keys_is_an_error_at_start,
                  wrong_key_is_waited_out, wrong_key_is_said, missing_bucket_is_waited_out, server_comes_later,
                  failing_server, lost_answer, taken_name, runs_in_one_second, server_without_conditions,
                  refused_objects, refused_objects_are_kept, headers, ibm_token, clock_is_wrong, hanging_server])
