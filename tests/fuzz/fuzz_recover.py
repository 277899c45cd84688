#!/usr/bin/env python3
"""fuzz_recover.py - streams of records that are damaged in known places: what comes out, and what the books say was passed over.

    tests/fuzz/fuzz_recover.py [--keep FILE] ROUNDS SEED

Each round makes a stream of lines, records one behind another, records over several lines and lists of records, damages some of them,
and reads it from a file, or from a pipe in pieces. The model doesn't read: it knows what it put where. It holds the program to this:

  - A record that is whole and outside of what is damaged comes out, once, in its order; of what is damaged nothing does, neither what
    stands in its texts nor the records inside it. So it is for damage that leaves brackets and quotes as they were, anywhere; for what
    is cut off, if a line ends there, or a whole record begins where no value may stand and its line (in a list: element) ends behind it.
  - A cut in a list, or between records without line ends, is otherwise allowed to cost what stands before the next line that begins
    with a record: it could be a part of what is broken. That may come out or not, the rest may not.
  - Every byte that is no blank and stands in no record that came out is in skipped_bytes, but for brackets and commas of lists.
  - The ledger balances, each damaged record is reported, and none twice; the status is 1 exactly when nothing was good.

Environment: FLOWC, FLOWC_RUNTIME, CC, EXTRA_CFLAGS.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

FLOWC = os.environ.get("FLOWC", "flowc")
MAX_MESSAGE = 4096
BLOCK = 512 << 10       # what the program reads at a time
FLOW = """pipeline recover "reads what is damaged";
schema R { n : int; s? : string; }
source stdin { decode json; }
transform T { n; }
output { store direct; encode ndjson; write stdout; }
"""
BOM = b"\xef\xbb\xbf"
# Texts that would be records if they were taken for structure; 900000 and above never come out.
TEXTS = ["", "a", "é", "ab cd", '{"n":900001}', '}{"n":900002}', "]", '[{"n":900003}],', '\n{"n":900004}\n', "\\", '"', "{", "},{", "\\{", "x" * 60]
INSIDE = [1, -2.5e3, True, None, [], {}, {"n": 900005}, [{"n": 900006}, {"n": 900007}], {"s": {"n": 900008, "x": [1, [{"n": 900009}]]}}, "a",
          '{"n":900010}']
GARBAGE = [b"hello", b"\xff\xfe", b"===", b"}", b"]", b"}]", b'"', b"'", b"\\", b"<a>", b"12", b"null", b"\x01\x02", b":",
           b"2026-01-01 12:00 started"]
WRONG = [b"\x01", BOM, b"nope ", b";", b"=", b"'", b"+"]  # between two tokens it is no JSON, whatever stands around it
GOOD, BAD, OPEN, SLACK = "good", "bad", "open", "slack"


class Failure(Exception):
    pass


# ---- records and places in them ---------------------------------------------------------------------------------------


def record(rnd, n, indent=None):
    members = [("n", n)]
    if rnd.random() < 0.6:
        members.append(("s", rnd.choice(TEXTS)))
    for key in rnd.sample(["x", "list", '{"n":900011}', "k{"], rnd.choice((0, 0, 1, 2))):
        members.append((key, rnd.choice(INSIDE)))
    if rnd.random() < 0.3:
        rnd.shuffle(members)
    separators = rnd.choice(((",", ":"), (", ", ": "), (" , ", " : "))) if indent is None else None
    return json.dumps(dict(members), indent=indent, separators=separators, ensure_ascii=rnd.random() < 0.5).encode()


TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d[-+.eE\d]*|[a-z]+|[{}\[\],:]')
NUMBER = re.compile(rb"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?\Z")


def cuts(data):
    """(place, kind, the bracket it is in) of each cut in a record, which is valid JSON. Kinds: text: within a string; value: a value may
    stand there; word: in a name or number that is none so far; done: behind a value; next: behind `{`, a key, or a comma in an object."""
    stack, found, kind = [], [], None
    for m in TOKEN.finditer(data):
        t, first = m.group(), m.start()
        inside = stack[-1] if stack else None
        if t[:1] == b'"':
            found += [(k, "text", inside) for k in range(first + 1, m.end())]
        elif t[:1].isdigit() or t[:1] == b"-" or t.isalpha():
            found += [(k, "done" if NUMBER.match(data[first:k]) else "word", inside) for k in range(first + 1, m.end())]
        if t in (b"{", b"["):
            stack.append(t)
            kind = "next" if t == b"{" else "value"
        elif t in (b"}", b"]"):
            stack.pop()
            kind = "done"
        elif t == b",":
            kind = "next" if inside == b"{" else "value"
        elif t == b":":
            kind = "value"
        else:
            kind = "next" if t[:1] == b'"' and kind == "next" else "done"
        if stack:
            found.append((m.end(), kind, stack[-1]))
    return found


def spoiled(rnd, data):
    """No JSON any more, with all its brackets and quotes."""
    places = [m.end() for m in TOKEN.finditer(data)][:-1]
    at = rnd.choice(places)
    how = rnd.random()
    if how < 0.3:
        texts = [m for m in TOKEN.finditer(data) if m.group()[:1] == b'"']
        at = rnd.choice(texts).end() - 1
        backslashes = len(data[:at]) - len(data[:at].rstrip(b"\\"))
        if backslashes == 0:
            return data[:at] + rnd.choice((b"\x01", b"\x1f", b"\xff", b"\xc3", b"\xed\xa0\x80")) + data[at:]
        at += 1
    elif how < 0.4:
        at = data.index(b":", data.index(b'"n"'))
        return data[:at] + data[at + 1:]
    return data[:at] + rnd.choice(WRONG) + data[at:]


# ---- streams ----------------------------------------------------------------------------------------------------------


class Stream:
    """Parts (kind, bytes, n, reports) one behind another; what they are is known because they are made so."""

    def __init__(self, rnd):
        self.rnd, self.parts, self.n = rnd, [], 0
        self.loose = False      # how often something is reported isn't known
        self.empty = False      # there is a list of no records, which is good

    def put(self, kind, data, n=None, reports=0):
        self.parts.append((kind, data, n, reports))

    def number(self):
        self.n += 1
        return self.n

    def good(self, kind=GOOD):
        n = self.number()
        self.put(kind, record(self.rnd, n), n)

    def bad(self, data, reports=1):
        self.put(BAD, data, None, reports)

    def calm(self):
        """Else an end without its begin may make whole what was torn: `{"x":`, a record, `}`."""
        last = [p[0] for p in self.parts if p[0] != SLACK][-2:]
        return last == [GOOD, GOOD]

    def slack(self, data):
        self.put(SLACK, data)

    def newline(self):
        self.slack(self.rnd.choice((b"\n", b"\n", b"\n", b"\r\n", b" \n", b"\n\n")))

    def gap(self):
        """What may stand between records."""
        self.bad(self.rnd.choice((b"\0" * self.rnd.choice((1, 3, 700)), BOM, b"," * self.rnd.choice((1, 2)))), 0)

    def overlong(self, size):
        """A record of so many bytes."""
        n = self.number()
        begin = b'{"n":%d,"s":"%s' % (n, self.rnd.choice((b"", b'{\\"n\\":900012}', b"}]")))
        data = begin + b"y" * (size - len(begin) - 2) + b'"}'
        if size > MAX_MESSAGE:
            self.bad(data)
        else:
            self.put(GOOD, data, n)

    def cut(self, element):
        """A record that is cut off and another one that goes on there; in a list, with or without the comma. True: up to the next line
        all is open."""
        data = record(self.rnd, self.number())
        at, kind, inside = self.rnd.choice(cuts(data))
        comma = element and self.rnd.random() < 0.5
        hole = not element and self.rnd.random() < 0.3
        sure = kind == "text" or (kind == "done" and (inside == b"{" or not element))
        sure |= kind == "next" and not comma
        sure |= hole and kind != "word"
        self.bad(data[:at])
        if hole:
            self.bad(b"\0" * self.rnd.choice((1, 5, 300)), 0)
        if comma:
            self.slack(b",")
        self.good(GOOD if sure else OPEN)
        return not sure

    # -- kinds of pieces; each begins at the begin of a line and ends with one

    def lines(self):
        rnd = self.rnd
        for _ in range(rnd.randrange(1, 8)):
            how = rnd.random()
            if how < 0.45 or (0.72 <= how < 0.85 and not self.calm()):
                self.good()
            elif how < 0.55:    # a torn line
                data = record(rnd, self.number())
                self.bad(data[:rnd.randrange(1, len(data))])
            elif how < 0.65:
                self.cut(False)
            elif how < 0.72:
                self.bad(spoiled(rnd, record(rnd, self.number())))
            elif how < 0.78:    # the begin of a line is missing
                data = record(rnd, self.number())
                ends = [data[k:] for k in range(1, len(data)) if data[k] not in b"}], " and not set(b"{[") & set(data[k:])]
                self.bad(rnd.choice(ends or [b"1}"]), 0)
                self.loose = True
            elif how < 0.85:
                self.bad(rnd.choice(GARBAGE) + rnd.choice((b"", b" ", b"!")) + rnd.choice(GARBAGE), 0)
                self.loose = True
            elif how < 0.89:
                while not self.calm():
                    self.good()
                    self.newline()
                self.good()
                self.bad(rnd.choice((b"", b" ")) + rnd.choice(GARBAGE), 0)
                self.loose = True
            elif how < 0.95:
                self.gap()
                self.good()
            else:
                self.overlong(rnd.choice((MAX_MESSAGE - 1, MAX_MESSAGE, MAX_MESSAGE + 1, 9000, 20000)))
            self.newline()

    def concatenated(self):
        rnd, kind = self.rnd, GOOD
        for _ in range(rnd.randrange(2, 9)):
            how = rnd.random()
            if kind == OPEN or how < 0.6:
                self.good(kind)
            elif how < 0.75:
                self.bad(spoiled(rnd, record(rnd, self.number())))
            elif how < 0.82:    # what follows may be a part of it: its line isn't over behind the next record
                data = record(rnd, self.number())
                self.bad(data[:rnd.randrange(1, len(data))])
                kind = OPEN
            elif how < 0.92:
                self.gap()      # no blanks behind it: lines that are indented belong to what is torn before them
                continue
            else:
                self.overlong(rnd.choice((MAX_MESSAGE, MAX_MESSAGE + 1, 9000)))
            self.slack(rnd.choice((b"", b"", b" ", b"\t")))
        self.newline()

    def indented(self):
        """Over several lines. What is broken in its first one isn't known to have more, so it is spoiled behind that."""
        rnd = self.rnd
        for _ in range(rnd.randrange(1, 5)):
            n = self.number()
            data = record(rnd, n, rnd.choice((1, 2, 4)))
            first = data.index(b"\n") + 1
            how = rnd.random()
            if how < 0.5:
                self.put(GOOD, data, n)
            elif how < 0.75:
                self.bad(data[:rnd.randrange(first, len(data))].rstrip())
            else:
                places = [m.end() for m in TOKEN.finditer(data) if first < m.end() < len(data)]
                at = rnd.choice(places)
                self.bad(data[:at] + rnd.choice(WRONG) + data[at:])
            self.slack(b"\n")

    def list(self):
        rnd, kind, damaged = self.rnd, GOOD, False
        per_line = rnd.random() < 0.5
        count = rnd.choice((0, 1, 2, 5, 9, 60))
        wrong = 0 if rnd.random() < 0.3 else 0.3
        self.slack(b"[" + rnd.choice((b"", b"", b"\n")))
        for i in range(count):
            if i:
                self.slack(b"," + (b"\n" if per_line else rnd.choice((b"", b" "))))
                if per_line:
                    kind = GOOD
            if kind == OPEN or i == 0 or rnd.random() >= wrong: # the first one is good: else it's a broken list without any
                self.good(kind)
                continue
            damaged = True
            how = rnd.random()
            if how < 0.35:
                self.bad(spoiled(rnd, record(rnd, self.number())))
            elif how < 0.5:
                self.bad(rnd.choice((b"nope", b"tru", b"01", b"-", b"'a'", b'{"n":}', b'{"n" 1}', b"{,}")))
            elif how < 0.65:    # a comma is missing
                self.good()
                self.slack(rnd.choice((b" ", b"")))
                self.good()
            elif how < 0.9:
                if self.cut(True):
                    kind = OPEN
            else:
                self.overlong(rnd.choice((MAX_MESSAGE, MAX_MESSAGE + 1, 7000)))
        how = rnd.random()
        self.empty |= count == 0
        if count == 0 or how < 0.7:
            self.slack(rnd.choice((b"", b"\n")) + b"]")
        elif how < 0.85:        # never closed, and its last element is torn
            data = record(rnd, self.number())
            self.slack(b",")
            self.bad(data[:rnd.randrange(1, len(data))], 0)
        self.loose |= damaged or how >= 0.7
        self.newline()

    def data(self):
        return b"".join(p[1] for p in self.parts)


def make(rnd):
    s = Stream(rnd)
    kinds = rnd.choice(([s.lines], [s.lines], [s.concatenated], [s.list], [s.indented], [s.lines, s.concatenated, s.list, s.indented]))
    if rnd.random() < 0.04:     # the damage lies where a block ends
        size, until = 0, BLOCK - rnd.randrange(3000)
        while size < until:
            n = s.number()
            s.put(GOOD, b'{"n":%d,"s":"%s"}\n' % (n, b"z" * 900), n)
            size += len(s.parts[-1][1])
    if rnd.random() < 0.05:     # nothing of it is good
        for _ in range(rnd.randrange(3)):
            s.bad(rnd.choice((spoiled(rnd, record(rnd, s.number())), b"\0\0\0", BOM)), 0)
            s.newline()
        s.loose = True
        return s
    for _ in range(rnd.randrange(1, 7)):
        rnd.choice(kinds)()
    if rnd.random() < 0.3:      # the end is missing
        data = record(rnd, s.number())
        s.bad(data[:rnd.randrange(1, len(data))], 0)
        s.loose = True
    return s


# ---- the program and the check ------------------------------------------------------------------------------------------


def build(where):
    with open(os.path.join(where, "x.flow"), "w", encoding="utf-8") as f:
        f.write(FLOW)
    env = dict(os.environ, FLOWC_CFLAGS="-O1 " + os.environ.get("EXTRA_CFLAGS", ""))
    r = subprocess.run([FLOWC, "build", os.path.join(where, "x.flow"), "-o", os.path.join(where, "x")], capture_output=True, text=True, env=env,
                       timeout=600, check=False)
    if r.returncode:
        raise Failure(f"does not build\n{r.stderr[-4000:]}")
    return os.path.join(where, "x")


def read(program, data, where, pieces):
    """(status, numbers, ledger); `pieces`: by a pipe, cut there."""
    path = os.path.join(where, "input")
    with open(path, "wb") as f:
        f.write(data)
    source = "stdin" if pieces else "file"
    cmd = [program, "--output", "-", "--input", "-" if pieces else path, "--set", f"pipeline.source.{source}.max_message={MAX_MESSAGE}"]
    stdin = subprocess.PIPE if pieces else subprocess.DEVNULL
    with open(os.path.join(where, "log"), "wb") as err, subprocess.Popen(cmd, stdin=stdin, stdout=subprocess.PIPE, stderr=err) as p:
        last = 0
        for at in pieces:
            os.write(p.stdin.fileno(), data[last:at])
            time.sleep(0.001)
            last = at
        out, _ = p.communicate(data[last:] if pieces else None, timeout=120)
    with open(os.path.join(where, "log"), encoding="utf-8", errors="replace") as f:
        log = f.read()
    if p.returncode not in (0, 1) or " ledger " not in log:
        raise Failure(f"ended with {p.returncode}\n{log[-4000:]}")
    ledger = {k: int(v) for k, v in re.findall(r"([a-z_.]+)=(\d+)", re.findall(r"ledger (.*)", log)[-1])}
    return p.returncode, [json.loads(line)["n"] for line in out.splitlines() if line.startswith(b"{")], ledger


def solid(data):
    return len(data) - sum(data.count(c) for c in b" \t\r\n")


def check(s, status, came, ledger):
    must = [n for kind, _, n, _ in s.parts if kind == GOOD]
    may = {n for kind, _, n, _ in s.parts if kind == OPEN}
    got = set(came)
    missing, extra = [n for n in must if n not in got], [n for n in came if n not in may and n not in set(must)]
    if missing or extra:
        raise Failure(f"missing: {missing[:20]}, not put in: {extra[:20]}")
    if came != sorted(got):
        raise Failure(f"twice or out of order: {came[:200]}")
    at_least = sum(solid(data) for kind, data, n, _ in s.parts if kind == BAD or (kind == OPEN and n not in got))
    at_most = at_least + sum(len(data) for kind, data, _, _ in s.parts if kind == SLACK)
    at_most += sum(len(data) - solid(data) for kind, data, n, _ in s.parts if kind == BAD or (kind == OPEN and n not in got))
    skipped = ledger.get("skipped_bytes", 0)
    if not at_least <= skipped <= at_most:
        raise Failure(f"skipped_bytes={skipped}, expected {at_least} to {at_most}")
    balance = sum(v for k, v in ledger.items() if k in ("written", "malformed", "overflow", "undelivered", "pending") or k.startswith("dropped."))
    if ledger.get("received", 0) != balance or ledger.get("written", 0) != len(came):
        raise Failure(f"the books: {len(came)} came, {ledger}")
    reports, known = ledger.get("rejected_messages", 0) + ledger.get("malformed", 0), sum(p[3] for p in s.parts)
    if not may and (reports < known or (reports > known and not s.loose)):
        raise Failure(f"{reports} reports, expected {known}")
    if status != (not came and solid(s.data()) > 0 and not s.empty):
        raise Failure(f"status {status}, {len(came)} came")


def one(program, rnd, where, keep):
    s = make(rnd)
    data = s.data()
    pieces = sorted(rnd.randrange(len(data)) for _ in range(rnd.choice((1, 2, 4)))) if data and rnd.random() < 0.5 else []
    try:
        check(s, *read(program, data, where, pieces))
    except (Failure, subprocess.TimeoutExpired):
        with open(keep, "wb") as f:
            f.write(data)
        print(f"the input that did it: {keep}, in pieces at {pieces}", file=sys.stderr)
        raise


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--keep", metavar="FILE", default=os.path.join(tempfile.gettempdir(), "fuzz-recover-input.json"))
    ap.add_argument("rounds", type=int)
    ap.add_argument("seed", type=int)
    args = ap.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-recover.") as where:
        try:
            program = build(where)
            for i in range(args.rounds):
                one(program, random.Random(f"{args.seed}/{i}"), where, args.keep)
        except Failure as f:
            print(f"seed {args.seed}: {f}")
            return 1
    print(f"{args.rounds} rounds as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
