#!/usr/bin/env python3
"""cases_test - what people reported about programs for this job, each with a small input and what they would want.

A folder of tests/field/cases is a case: README (the public thread, what happened, what is expected), pipeline.flow, config.yml, input, expected.txt
(the lines of standard output, in any order). run.sh, if there is one, is run instead of the program: BIN is the program, CASE the folder.
status, if there is one, holds the expected exit status, otherwise 0.
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "cases")
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
import support  # noqa: E402


def lines(data):
    return sorted(x for x in data.split(b"\n") if x and not x.startswith(b"--- bucket/"))


def case(name):
    def test(folder):
        at = os.path.join(CASES, name)
        program = os.path.join(folder, "bin")
        subprocess.run([support.FLOWC, "build", os.path.join(at, "pipeline.flow"), "-o", program], check=True, env=support.environment())
        args = [program, os.path.join(at, "config.yml"), "--input", os.path.join(at, "input"), "--output", "-"]
        if os.path.exists(os.path.join(at, "run.sh")):
            args = ["bash", os.path.join(at, "run.sh")]
        r = subprocess.run(args, cwd=folder, env=support.environment({"BIN": program, "CASE": at}), capture_output=True, timeout=120 * support.SLOW)
        with open(os.path.join(at, "expected.txt"), "rb") as f:
            want = lines(f.read())
        status = 0
        if os.path.exists(os.path.join(at, "status")):
            with open(os.path.join(at, "status"), encoding="ascii") as f:
                status = int(f.read())
        said = r.stderr.decode("utf-8", "replace")[-2000:]
        assert lines(r.stdout) == want, f"expected {want}\ncame {lines(r.stdout)[:30]}\n{said}"
        assert r.returncode == status, f"status {r.returncode}, expected {status}\n{said}"
    test.__name__ = name
    return test


if __name__ == "__main__":
    support.main([case(x) for x in sorted(os.listdir(CASES)) if os.path.exists(os.path.join(CASES, x, "pipeline.flow"))])
