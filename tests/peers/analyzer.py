#!/usr/bin/python3
"""analyzer - a stand-in for a Skydive analyzer: flows over a WebSocket, Gremlin answers over REST, both on one port.

    analyzer.py --messages messages.jsonl --gremlin gremlin.json [options]

Prints `PORT n` once it listens (the kernel chooses the port unless --port is given). With a pipe as standard input it
takes commands from there, one a line, and ends when the pipe is closed; otherwise it ends on SIGTERM. At its end it
prints one JSON object: connections, their headers, pings and pongs, how they were closed, queries.

Commands: send TEXT, send-file FILE, ping, close [CODE [REASON]], drop (reset the connection), stall (say and hear
nothing any more on open connections), refuse STATUS (0: take connections again), summary (print it now).

The WebSocket side is the independent python3-websockets when it is installed (its protocol core without its I/O), else
a small one at the end of this file; --own-websocket asks for that.
"""

import argparse
import asyncio
import base64
import gzip
import hashlib
import json
import os
import signal
import socket
import ssl
import stat
import struct
import sys
import time

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
REASONS = {200: "OK", 204: "No Content", 301: "Moved Permanently", 400: "Bad Request", 401: "Unauthorized",
           403: "Forbidden",
           404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
           500: "Internal Server Error", 503: "Service Unavailable"}


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--messages", help="file of messages, one a line")
    p.add_argument("--gremlin", help='JSON object {query: answer}; a query that is not in it is answered `[]`')
    g = p.add_argument_group("WebSocket")
    g.add_argument("--delay", type=float, default=0, help="seconds before each message")
    g.add_argument("--repeat", type=int, default=1, help="send the messages so often, on each connection; 0: for ever")
    g.add_argument("--first-only", action="store_true", help="send the messages on the first connection only")
    g.add_argument("--ping", type=float, default=2, help="seconds between pings, the first at once; 0: none")
    g.add_argument("--pong-timeout", type=float, default=5, help="drop a client whose pong is so late; 0: never")
    g.add_argument("--write-timeout", type=float, default=0, help="drop a client that takes nothing for so long; 0: never")
    g.add_argument("--forgetful", action="store_true", help="as Skydive does: when a subscriber leaves, the others get no "
                   "flows until one comes")
    g.add_argument("--close-after", type=int, default=0, help="close after so many messages")
    g.add_argument("--close-code", type=int, default=1000)
    g.add_argument("--drop-after", type=int, default=0, help="reset the connection after so many messages")
    g.add_argument("--stall-after", type=int, default=0, help="fall silent after so many messages, without closing")
    g.add_argument("--fragment", type=int, default=0, help="cut messages to frames of so many bytes, pings in between")
    g.add_argument("--chunk", type=int, default=0, help="write to the socket in pieces of so many bytes")
    g.add_argument("--binary", action="store_true", help="send binary messages")
    g.add_argument("--mask", action="store_true", help="mask the frames, which a server must not do")
    g.add_argument("--raw", metavar="HEX", help="send these bytes after the handshake")
    g.add_argument("--giant", type=int, default=0, help="first send a message of so many bytes")
    g.add_argument("--no-header", action="append", default=[], metavar="NAME",
                   help="leave this header out of the answer")
    g.add_argument("--header", action="append", default=[], metavar="NAME: VALUE", help="add this header to the answer")
    g.add_argument("--bad-accept", action="store_true", help="answer with a wrong Sec-WebSocket-Accept")
    g.add_argument("--silent", action="store_true", help="take connections, never answer a handshake")
    g.add_argument("--refuse", type=int, default=0, help="refuse WebSocket connections with this status")
    g.add_argument("--refuse-times", type=int, default=0, help="only so many; 0: all")
    g.add_argument("--unique-host-id", action="store_true",
                   help="409 when a connected subscriber has the same X-Host-ID")
    g.add_argument("--own-websocket", action="store_true", help="do not use python3-websockets")
    g = p.add_argument_group("both")
    g.add_argument("--user", help="USER:PASSWORD that clients must give")
    g.add_argument("--cert", help="serve TLS with this PEM certificate")
    g.add_argument("--key", help="and this PEM key")
    g.add_argument("--client-ca", help="and want client certificates of this authority")
    g = p.add_argument_group("REST")
    g.add_argument("--rest-delay", type=float, default=0, help="seconds before each answer")
    g.add_argument("--rest-status", type=int, default=200, help="answer with this status")
    g.add_argument("--rest-fail-times", type=int, default=0, help="with --rest-status: only the first so many")
    g.add_argument("--rest-gzip", action="store_true", help="answer with Content-Encoding: gzip")
    g.add_argument("--rest-text", help="answer with this text, whatever is asked")
    return p.parse_args()


class Head:
    """The head of an HTTP request."""

    def __init__(self, data):
        lines = data.decode("latin-1").split("\r\n")
        self.data = data
        self.method, self.path = (lines[0].split(" ") + ["", ""])[:2]
        self.fields = [(k.strip(), v.strip()) for k, _, v in (line.partition(":") for line in lines[1:] if line)]

    def get(self, name, default=None):
        for k, v in self.fields:
            if k.lower() == name.lower():
                return v
        return default


class Analyzer:
    def __init__(self, a):
        self.a = a
        self.messages = []
        if a.messages:
            with open(a.messages, "rb") as f:
                self.messages = [line.rstrip(b"\n") for line in f if line.strip()]
        self.known, self.known_of = {}, None
        self.refuse, self.refused = a.refuse, 0
        self.rest_failed = 0
        self.open = []
        self.broadcasts = False
        self.connections = []
        self.queries = {}
        self.rest_requests = 0
        self.rest_refused = 0
        self.tasks = set()

    @property
    def answers(self):
        """Of the file as it is now: a test may put another in its place."""
        of = os.stat(self.a.gremlin) if self.a.gremlin else None
        if of and self.known_of != (of.st_ino, of.st_mtime_ns):
            with open(self.a.gremlin, encoding="utf-8") as f:
                self.known, self.known_of = json.load(f), (of.st_ino, of.st_mtime_ns)
        return self.known

    # ---- HTTP

    async def connection(self, reader, writer):
        try:
            while not reader.at_eof():
                data = await reader.readuntil(b"\r\n\r\n")
                head = Head(data)
                if (head.get("Upgrade") or "").lower() == "websocket":
                    await self.subscriber(head, reader, writer)
                    return
                if not await self.rest(head, reader, writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    def authorized(self, head):
        if not self.a.user:
            return True
        want = "Basic " + base64.b64encode(self.a.user.encode()).decode()
        return head.get("Authorization") == want

    @staticmethod
    async def answer(writer, status, body=b"", fields=()):
        text = f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}\r\n"
        text += "".join(f"{k}: {v}\r\n" for k, v in fields)
        writer.write(text.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    async def rest(self, head, reader, writer):
        body = await reader.readexactly(int(head.get("Content-Length") or 0))
        self.rest_requests += 1
        if not self.authorized(head):
            self.rest_refused += 1
            await self.answer(writer, 401, b"Wrong credentials\n")
            return True
        if head.path.split("?")[0] != "/api/topology":
            await self.answer(writer, 404, b"404 page not found\n")
            return True
        if head.method != "POST":
            await self.answer(writer, 405)
            return True
        try:
            query = json.loads(body)["GremlinQuery"]
        except (ValueError, KeyError, TypeError):
            await self.answer(writer, 204)
            return True
        self.queries[query] = self.queries.get(query, 0) + 1
        if self.a.rest_delay:
            await asyncio.sleep(self.a.rest_delay)
        if self.a.rest_status != 200 and (not self.a.rest_fail_times or self.rest_failed < self.a.rest_fail_times):
            self.rest_failed += 1
            await self.answer(writer, self.a.rest_status, b"refused by the test\n")
            return True
        text = self.a.rest_text
        if text is None:
            text = json.dumps(self.answers.get(query, []), separators=(",", ":")) + "\n"
        data, fields = text.encode(), [("Content-Type", "; charset=UTF-8")]
        if self.a.rest_gzip and "gzip" in (head.get("Accept-Encoding") or ""):
            data = gzip.compress(data)
            fields.append(("Content-Encoding", "gzip"))
        await self.answer(writer, 200, data, fields)
        return (head.get("Connection") or "").lower() != "close"

    # ---- WebSocket

    def refusal(self, head):
        """Status and text, or None."""
        if self.refuse and (not self.a.refuse_times or self.refused < self.a.refuse_times):
            self.refused += 1
            return self.refuse, "refused by the test"
        if not self.authorized(head):
            return 401, "Wrong credentials"
        if head.path != "/ws/subscriber/flow":
            return 404, "404 page not found"
        if not head.get("X-Client-Type"):
            return 400, "no client type"
        if head.get("X-Client-Protocol") not in ("", "json"):
            return 400, "unknown protocol"
        ids = [s.record["headers"].get("X-Host-ID") for s in self.open]
        if self.a.unique_host_id and head.get("X-Host-ID") and head.get("X-Host-ID") in ids:
            return 409, "host_id is already in use"
        return None

    async def subscriber(self, head, reader, writer):
        record = {"headers": dict(head.fields), "path": head.path, "status": 101, "messages": 0, "pings": 0, "pongs": 0,
                  "pong_payloads_right": True, "unasked_pongs": 0, "close_code": None, "close_reason": None,
                  "how": None, "data_frames": 0, "seconds": 0}
        self.connections.append(record)
        if self.a.silent:
            record["how"] = "silent"
            await reader.read()
            return
        refusal = self.refusal(head)
        if refusal:
            record["status"], record["how"] = refusal[0], "refused"
            await self.answer(writer, refusal[0], refusal[1].encode() + b"\n")
            return
        session = Subscriber(self, record, reader, writer)
        self.open.append(session)
        self.broadcasts = True
        try:
            await session.run(head)
        finally:
            self.open.remove(session)
            self.broadcasts = not self.a.forgetful

    # ---- commands and end

    async def command(self, line):
        word, _, rest = line.strip().partition(" ")
        for s in list(self.open):
            if word == "send":
                s.message(rest.encode())
            elif word == "send-file":
                with open(rest, "rb") as f:
                    for message in f:
                        s.message(message.rstrip(b"\n"))
            elif word == "ping":
                s.ping()
            elif word == "close":
                code, _, reason = rest.partition(" ")
                s.close(int(code or 1000), reason)
            elif word == "drop":
                s.drop()
            elif word == "stall":
                s.stalled = True
        if word == "refuse":
            self.refuse = int(rest or 0)
        elif word == "summary":
            print(self.summary(), flush=True)

    def summary(self):
        return json.dumps({"connections": self.connections, "open": len(self.open), "queries": self.queries,
                           "query_count": sum(self.queries.values()), "rest_requests": self.rest_requests,
                           "rest_refused": self.rest_refused})


class Subscriber:
    """One connection after its handshake."""

    def __init__(self, analyzer, record, reader, writer):
        self.a, self.analyzer, self.record = analyzer.a, analyzer, record
        self.reader, self.writer = reader, writer
        self.core = None
        self.stalled = False
        self.over = False
        self.waiting = {}  # payload of a ping: when it was sent
        self.last_pong = time.monotonic()
        self.pings = 0
        self.namespace = record["headers"].get("X-Websocket-Namespace", "flow").encode()

    def flush(self):
        if self.stalled or self.over:
            return
        data = self.core.data_to_send()
        if self.a.mask:
            data = [mask_frames(b"".join(data))] if data else []
        for piece in data:
            if piece:
                self.writer.write(piece)

    def message(self, data):
        if self.over or self.stalled:
            return
        if not self.analyzer.broadcasts:
            return
        n = self.a.fragment
        self.record["messages"] += 1
        if self.namespace != b"flow":  # as the analyzer does it for flow/CAPTURE_ID
            data = data.replace(b'"Namespace":"flow"', b'"Namespace":"' + self.namespace + b'"', 1)
        if not n or len(data) <= n:
            self.core.send(data, self.a.binary, True)
        else:
            for i in range(0, len(data), n):
                piece, fin = data[i:i + n], i + n >= len(data)
                if i:
                    self.core.continuation(piece, fin)
                else:
                    self.core.send(piece, self.a.binary, fin)
                if not fin and i % (7 * n) == 0:
                    self.ping()
        self.flush()

    def ping(self):
        if self.over or self.stalled:
            return
        self.pings += 1
        payload = f"ping {self.pings}".encode()
        self.waiting[payload] = time.monotonic()
        self.record["pings"] += 1
        self.core.ping(payload)
        self.flush()

    def close(self, code, reason=""):
        if not self.over and not self.stalled:
            self.record["how"] = self.record["how"] or "closed by the analyzer"
            self.core.close(code, reason)
            self.flush()

    def drop(self, how="dropped"):
        self.record["how"] = how
        self.over = True
        s = self.writer.get_extra_info("socket")
        if s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def drain(self):
        if self.stalled or self.over:
            return
        try:
            await asyncio.wait_for(self.writer.drain(), self.a.write_timeout or None)
        except asyncio.TimeoutError:
            self.drop("took nothing")

    def open_core(self, head):
        if websockets_core and not self.a.own_websocket:
            self.core = WebsocketsCore(head)
        else:
            self.core = OwnCore(head)
        fields = [("X-Host-ID", "test-analyzer"), ("X-Service-Type", "analyzer")]
        fields += [tuple(h.split(": ", 1)) for h in self.a.header]
        return self.core.accept(fields, self.a.no_header, self.a.bad_accept)

    async def run(self, head):
        begin = time.monotonic()
        self.writer.write(self.open_core(head))
        jobs = [asyncio.ensure_future(j) for j in (self.receive(), self.pinging(), self.sending())]
        try:
            await jobs[0]
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            self.record["how"] = self.record["how"] or "reset by the client"
        finally:
            self.record["seconds"] = time.monotonic() - begin
            self.over = True
            for j in jobs:
                j.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    async def receive(self):
        while True:
            while self.stalled:
                await asyncio.sleep(0.1)
            data = await self.reader.read(65536)
            if self.stalled:
                continue
            if not data:
                self.record["how"] = self.record["how"] or "end of file from the client"
                return
            for kind, payload, extra in self.core.receive(data):
                self.event(kind, payload, extra)
            self.flush()
            if self.core.finished():
                self.record["how"] = self.record["how"] or "closed by the client"
                await self.drain()
                return

    def event(self, kind, payload, extra):
        if kind == "pong":
            self.last_pong = time.monotonic()
            if payload in self.waiting:
                self.record["pongs"] += 1
                self.waiting = {p: t for p, t in self.waiting.items() if t > self.waiting[payload]}
            elif payload:
                self.record["pong_payloads_right"] = False
            else:
                self.record["unasked_pongs"] += 1
        elif kind == "close":
            self.record["close_code"], self.record["close_reason"] = extra, payload.decode("utf-8", "replace")
        elif kind == "data":
            self.record["data_frames"] += 1
        elif kind == "error":
            self.record["how"] = f"protocol error by the client: {payload}"

    async def pinging(self):
        while self.a.ping:
            self.ping()
            await asyncio.sleep(self.a.ping)
            # as the analyzer does it: any pong will do, but one has to come
            if self.a.pong_timeout and time.monotonic() - self.last_pong > self.a.ping + self.a.pong_timeout:
                self.drop("no pong in time")

    async def sending(self):
        a, sent, rounds = self.a, 0, 0
        if a.raw:
            self.writer.write(bytes.fromhex(a.raw))
        if a.giant:
            self.message(b'"' + b"x" * (a.giant - 2) + b'"')
        first = len(self.analyzer.connections) == 1
        while (rounds < a.repeat or not a.repeat) and not self.over and (first or not a.first_only):
            rounds += 1
            for m in self.analyzer.messages:
                if a.delay:
                    await asyncio.sleep(a.delay)
                self.message(m)
                await self.drain()
                sent += 1
                if sent == a.close_after:
                    self.close(a.close_code, "test is over")
                    return
                if sent == a.drop_after:
                    await asyncio.sleep(0.2)
                    self.drop()
                    return
                if sent == a.stall_after:
                    self.stalled = True
                    return
                if self.over or self.stalled:
                    return
            await asyncio.sleep(0)


def mask_frames(data):
    """Unmasked frames of a server, masked."""
    out, i = b"", 0
    while i < len(data):
        n, head = data[i + 1] & 0x7f, 2
        if n == 126:
            n, head = struct.unpack(">H", data[i + 2:i + 4])[0], 4
        elif n == 127:
            n, head = struct.unpack(">Q", data[i + 2:i + 10])[0], 10
        out += bytes([data[i], data[i + 1] | 0x80]) + data[i + 2:i + head] + b"\0\0\0\0" + data[i + head:i + head + n]
        i += head + n
    return out


# ---- python3-websockets, without its I/O

try:
    from websockets.frames import Close, Opcode
    from websockets.server import ServerConnection
    websockets_core = True
except ImportError:
    websockets_core = False


class WebsocketsCore:
    def __init__(self, head):
        self.c = ServerConnection(max_size=None)
        self.c.receive_data(head.data)
        self.request = self.c.events_received()[0]

    def accept(self, fields, without, bad_accept):
        response = self.c.accept(self.request)
        for k, v in fields:
            response.headers[k] = v
        for name in without:
            if name in response.headers:
                del response.headers[name]
        if bad_accept:
            del response.headers["Sec-WebSocket-Accept"]
            response.headers["Sec-WebSocket-Accept"] = base64.b64encode(b"x" * 20).decode()
        self.c.send_response(response)
        return b"".join(self.c.data_to_send())

    def receive(self, data):
        self.c.receive_data(data)
        for f in self.c.events_received():
            if f.opcode is Opcode.PONG:
                yield "pong", bytes(f.data), None
            elif f.opcode is Opcode.CLOSE:
                c = Close.parse(f.data)
                yield "close", c.reason.encode(), c.code
            elif f.opcode is not Opcode.PING:
                yield "data", f.data, None
        if self.c.parser_exc:
            yield "error", str(self.c.parser_exc), None

    def finished(self):
        """Both close frames are through. (close_expected() holds as soon as ours is sent.)"""
        return self.c.close_rcvd is not None and self.c.close_sent is not None

    def data_to_send(self):
        return [d for d in self.c.data_to_send() if d]

    def send(self, data, binary, fin):
        (self.c.send_binary if binary else self.c.send_text)(data, fin)

    def continuation(self, data, fin):
        self.c.send_continuation(data, fin)

    def ping(self, payload):
        self.c.send_ping(payload)

    def close(self, code, reason):
        self.c.send_close(code, reason)


# ---- where it is missing


class OwnCore:
    def __init__(self, head):
        self.key = (head.get("Sec-WebSocket-Key") or "").encode()
        self.out, self.buffer = [], b""
        self.sent_close = self.got_close = False

    def accept(self, fields, without, bad_accept):
        digest = hashlib.sha1(self.key + (b"wrong" if bad_accept else GUID)).digest()
        fields = [("Upgrade", "websocket"), ("Connection", "Upgrade"),
                  ("Sec-WebSocket-Accept", base64.b64encode(digest).decode()), *fields]
        fields = [f for f in fields if f[0] not in without]
        return b"HTTP/1.1 101 Switching Protocols\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields).encode() + b"\r\n"

    def receive(self, data):
        self.buffer += data
        while len(self.buffer) >= 2:
            b, n, at = self.buffer, self.buffer[1] & 0x7f, 2
            if not b[1] & 0x80:
                yield "error", "frame is not masked", None
            if n == 126:
                n, at = struct.unpack(">H", b[2:4].ljust(2, b"\0"))[0], 4
            elif n == 127:
                n, at = struct.unpack(">Q", b[2:10].ljust(8, b"\0"))[0], 10
            if len(b) < at + 4 + n:
                return
            mask, payload = b[at:at + 4], b[at + 4:at + 4 + n]
            payload = bytes(c ^ mask[i % 4] for i, c in enumerate(payload))
            self.buffer = b[at + 4 + n:]
            opcode = b[0] & 0x0f
            if opcode == 10:
                yield "pong", payload, None
            elif opcode == 9:
                self.frame(10, payload, True)
            elif opcode == 8:
                self.got_close = True
                if not self.sent_close:
                    self.frame(8, payload, True)
                    self.sent_close = True
                yield "close", payload[2:], struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 1005
            else:
                yield "data", payload, None

    def finished(self):
        return self.got_close and self.sent_close

    def frame(self, opcode, data, fin):
        n = len(data)
        head = bytes([opcode | (0x80 if fin else 0)])
        if n < 126:
            head += bytes([n])
        else:
            head += b"\x7e" + struct.pack(">H", n) if n < 65536 else b"\x7f" + struct.pack(">Q", n)
        self.out.append(head + data)

    def data_to_send(self):
        out, self.out = self.out, []
        return out

    def send(self, data, binary, fin):
        self.frame(2 if binary else 1, data, fin)

    def continuation(self, data, fin):
        self.frame(0, data, fin)

    def ping(self, payload):
        self.frame(9, payload, True)

    def close(self, code, reason):
        if not self.sent_close:
            self.frame(8, struct.pack(">H", code) + reason.encode(), True)
            self.sent_close = True


# ---- main


async def commands(analyzer, done):
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while True:
        line = await reader.readline()
        if not line:
            done.set()
            return
        await analyzer.command(line.decode())


async def main():
    a = arguments()
    analyzer = Analyzer(a)
    tls = None
    if a.cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(a.cert, a.key)
        if a.client_ca:
            tls.load_verify_locations(a.client_ca)
            tls.verify_mode = ssl.CERT_REQUIRED
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for s in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(s, done.set)
    server = await asyncio.start_server(analyzer.connection, a.host, a.port, ssl=tls)
    print("PORT", server.sockets[0].getsockname()[1], flush=True)
    mode = os.fstat(0).st_mode
    reading = asyncio.ensure_future(commands(analyzer, done)) if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else None
    await done.wait()
    if reading:
        reading.cancel()
    server.close()
    print(analyzer.summary(), flush=True)
    os._exit(0)  # connections that still stand end with the process


if __name__ == "__main__":
    asyncio.run(main())
