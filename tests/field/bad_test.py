#!/usr/bin/env python3
"""bad_test.py - wrong programs that people wrote: what flowc says of each, word by word and in the right place.

tests/field/bad has for each NNN-NAME.flow two files: NNN.expect says what an answer needs for the one who wrote it (where it has to
point: `at: LINE:COL-COL`, which words: `must`, `remedy`, how many errors at most), NNN-NAME.txt is the whole answer.

    bad_test.py [--update]    --update writes the answers anew; what the .expect files ask for holds all the same
"""

import glob
import os
import re
import subprocess
import sys

HERE = os.path.join(os.environ.get("srcdir", "."), "tests/field/bad")
FLOWC = os.path.abspath(os.environ.get("FLOWC", "compiler/flowc"))
HEAD = re.compile(r"^([^\s:]+):(\d+):(\d+)(?:-(\d+))?: (error|warning): (.*)$")


def expectation(path):
    wanted = {"at": []}
    with open(path, encoding="utf-8") as f:
        for row in f.read().splitlines():
            key, _, value = row.partition(": ")
            if key == "at":
                line, _, columns = value.partition(":")
                first, _, last = columns.partition("-")
                wanted["at"].append((int(line), int(first), int(last)))
            elif key:
                wanted[key] = value
    return wanted


def messages(text):
    """Each error and warning with its place; its text has its notes and help."""
    found = []
    for row in text.splitlines():
        m = HEAD.match(row)
        if m:
            found.append({"line": int(m[2]), "from": int(m[3]), "to": int(m[4] or m[3]), "kind": m[5], "text": m[6]})
        elif found and (row.startswith("help: ") or ": note: " in row):
            found[-1]["text"] += "\n" + row
    return found


def lacking(wanted, status, found):
    errors = [m for m in found if m["kind"] == "error"]
    able = errors[:1] if wanted["kind"] == "error" else [m for m in found if re.search(wanted["must"], m["text"], re.S)]
    if not able:
        return "nothing is said of it"
    if errors and status != 1:
        return f"status {status}"
    if len(errors) > int(wanted["max_errors"]):
        return f"{len(errors)} errors"
    for m in able:
        here = any(m["line"] == line and m["from"] <= last and m["to"] >= first for line, first, last in wanted["at"])
        if here and re.search(wanted["must"], m["text"], re.S) and re.search(wanted["remedy"], m["text"], re.S):
            return None
    return f"no message at {wanted['at']} with /{wanted['must']}/ and /{wanted['remedy']}/"


def main():
    failed = 0
    flows = sorted(glob.glob(os.path.join(HERE, "*.flow")))
    for flow in flows:
        name = os.path.basename(flow)
        p = subprocess.run([FLOWC, "check", name], cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=60)
        said = p.stdout.decode("utf-8")
        answer = flow.removesuffix(".flow") + ".txt"
        if "--update" in sys.argv:
            with open(answer, "w", encoding="utf-8") as f:
                f.write(said)
        with open(answer, encoding="utf-8") as f:
            exact = f.read()
        wrong = lacking(expectation(os.path.join(HERE, name[:3] + ".expect")), p.returncode, messages(said))
        if said != exact:
            wrong = f"another answer than in {os.path.basename(answer)}:\n{said}"
        if wrong:
            print(f"{name}: {wrong}")
            failed += 1
    print(f"{len(flows) - failed} programs are answered as expected, {failed} not")
    return 1 if failed or not flows else 0


if __name__ == "__main__":
    sys.exit(main())
