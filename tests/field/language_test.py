#!/usr/bin/env python3
"""language_test - small programs that once did something else than the manual said.

A folder of tests/field/language is a program: README (what was wrong, what is right), pipeline.flow, and of these what there is:

    said.txt              all that `flowc check` says; with an error in it the program is refused, and nothing else is looked at
    input, expected.txt   what goes in, and the lines that come out, in this order: from a file, and from a pipe in pieces of seven bytes
    args                  more arguments of the program, one per line
    ledger                counters of the ledger that are asked for, NAME=NUMBER, one per line; 0: it isn't there

The `test` blocks of a program hold as well.
"""

import os
import subprocess
import sys

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "language")
sys.path.insert(0, os.path.join(HERE, "..", "..", "e2e"))
import support  # noqa: E402


def text(at, name):
    path = os.path.join(at, name)
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as f:
        return f.read()


def in_pieces(args, data):
    """The program with `data` at standard input, seven bytes at a time."""
    p = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=support.environment())
    for i in range(0, len(data), 7):
        p.stdin.write(data[i:i + 7])
        p.stdin.flush()
    out, err = p.communicate(timeout=60 * support.SLOW)
    return support.Result(args, p.returncode, out.decode(), err.decode())


def right(at, r):
    r.expect(0)
    lines = [x for x in r.out.splitlines() if x and not x.startswith("--- bucket/")]
    want = text(at, "expected.txt").splitlines()
    assert lines == want, f"expected {want}\ncame     {lines}\n{r.err[-2000:]}"
    counters = support.ledger(r.err)
    support.balanced(counters)
    for row in text(at, "ledger").splitlines():
        name, _, number = row.partition("=")
        assert counters.get(name, 0) == int(number), f"expected {row}: {counters}"


def program(name):
    def test(folder):
        at, path = os.path.join(HERE, name), os.path.join(folder, "bin")
        said = text(at, "said.txt")
        refused = ": error: " in said
        r = support.run(support.FLOWC, "check", "pipeline.flow", cwd=at).expect(1 if refused else 0)
        assert r.out + r.err == said, f"said\n{r.out + r.err}\nexpected\n{said}"
        if refused:
            return
        if "\ntest " in text(at, "pipeline.flow"):
            support.run(support.FLOWC, "test", os.path.join(at, "pipeline.flow")).expect(0)
        support.run(support.FLOWC, "build", os.path.join(at, "pipeline.flow"), "-o", path).expect(0)
        given = os.path.join(at, "input")
        if os.path.exists(given):
            args = [path, "--output", "-", *text(at, "args").splitlines()]
            right(at, support.run(*args, "--input", given))
            with open(given, "rb") as f:
                right(at, in_pieces([*args, "--input", "-"], f.read()))
    test.__name__ = name
    return test


def not_one_of(folder):
    """`one of` compares values, not texts, and says so when the value isn't one."""
    at, path = os.path.join(HERE, "one-of-duration"), os.path.join(folder, "bin")
    support.run(support.FLOWC, "build", os.path.join(at, "pipeline.flow"), "-o", path).expect(0)
    r = support.run(path, "--input", os.path.join(at, "input"), "--output", "-", "--set=home=[]", "--set=name=n", "--set=win=120s").expect(1)
    assert r.err == ("--set win: pipeline.win: `120s` is not allowed; expected one of 1m, 5m\n"
                     "e: 1 error in the configuration; nothing was started\n"), r.err


if __name__ == "__main__":
    support.main([program(x) for x in sorted(os.listdir(HERE)) if os.path.exists(os.path.join(HERE, x, "pipeline.flow"))] + [not_one_of])
