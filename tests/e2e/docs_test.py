#!/usr/bin/env python3
"""docs_test - the examples in README.md, HACKING.md and docs/*.md compile, run and fail as the text says.

What stands behind the three back quotes says what is done with a block:

    flow            a whole file: `flowc check` has nothing to say
    flow test       a whole file: `flowc test` passes too
    flow fragment   a piece: checked with a pipeline around it (what it doesn't say itself of pipeline, schema, source, output)
    flow error      a piece that is wrong; the next block has lines that flowc prints
    sh              pasted into a shell, in a folder as the page's reader has it: flowc and the programs are installed, the page's
                    first whole file lies there under the name that the text gives it, and tests/ is the source tree's
    sh runs on      the same; its last command goes on, is well when it says `started`, and is ended with SIGTERM
    sh .., needs X  runs only where X and so on are commands, else it is said that it didn't
    sh clone        builds all of it: .ci/run does that; here only its grammar is looked at
    m4              a piece of configure.ac: install_test.sh builds a project with README's
"""

import glob
import os
import re
import shutil
import signal
import subprocess
import time

import support

PAGES = ["README.md", "HACKING.md", *sorted(os.path.relpath(p, support.SRC) for p in glob.glob(os.path.join(support.SRC, "docs", "*.md")))]
AROUND = [
    ("pipeline", 'pipeline example "A piece of one";\n', ""),
    ("schema", "use skydive;\n", ""),
    ("source", "source skydive;\n", ""),
    ("output", "", "output { store buffered; encode json; write stdout; }\n"),
]


class Block:
    def __init__(self, page, line, info, text):
        self.where, self.info, self.text = f"{page}:{line}", info, text

    def whole(self):
        """The piece with a pipeline around it."""
        head, tail = "", ""
        for word, before, after in AROUND:
            if not re.search(rf"^{word}\b", self.text, re.M):
                head, tail = head + before, tail + after
        if re.search(r"\bcluster\b", self.text) and "param cluster" not in self.text:
            head += "param cluster : [cidr] = [10.0.0.0/8];\n"
        return head + self.text + tail


def blocks(page):
    with open(os.path.join(support.SRC, page), encoding="utf-8") as f:
        rows = f.read().split("\n")
    found, begin = [], None
    for number, row in enumerate(rows, 1):
        m = re.match(r"```(.*)$", row)
        if m and begin is None:
            begin, info = number, m[1].strip()
        elif m:
            found.append(Block(page, begin, info, "\n".join(rows[begin : number - 1]) + "\n"))
            begin = None
    return found


def flowc(folder, verb, text):
    with open(os.path.join(folder, "example.flow"), "w", encoding="utf-8") as f:
        f.write(text)
    return support.run(os.path.abspath(support.FLOWC), verb, "example.flow", cwd=folder, env={"TMPDIR": folder})


def wrong(block, result):
    return f"{block.where}: `{block.info}`: exit status {result.status}\n{result.out}{result.err}"


def check_error(folder, block, following):
    result = flowc(folder, "check", block.whole())
    if result.status != 1:
        return wrong(block, result)
    if following is None or following.info != "":
        return f"{block.where}: no block with the message follows"
    printed = [re.sub(r"^example\.flow:[\d:-]+ ", "", row) for row in result.err.split("\n")]
    for row in following.text.rstrip("\n").split("\n"):
        if row not in printed:
            return f"{following.where}: flowc does not say `{row}` but\n{result.err}"
    return None


def reader(folder, page):
    """The environment of somebody who has installed flowc and got so far in the page."""
    home = os.path.join(folder, page.replace("/", "_"))
    if not os.path.exists(home):
        os.makedirs(os.path.join(home, "bin"))
        for program in (support.FLOWC, support.binary("dummy"), support.binary("secadvisor")):
            os.symlink(os.path.abspath(program), os.path.join(home, "bin", os.path.basename(program)))
        os.symlink(os.path.join(support.SRC, "tests"), os.path.join(home, "tests"))
        for b in blocks(page):
            name = re.search(r"^pipeline (\w+)", b.text, re.M)
            if b.info.startswith("flow") and name and not os.path.exists(os.path.join(home, name[1] + ".flow")):
                with open(os.path.join(home, name[1] + ".flow"), "w", encoding="utf-8") as f:
                    f.write(b.text)
    path = os.path.join(home, "bin") + ":" + os.environ["PATH"]
    return home, support.environment({"PATH": path, "TMPDIR": folder, "FLOWC_RUNTIME": os.environ.get("FLOWC_RUNTIME", os.path.join(support.BUILD, "sdk"))})


def check_shell(folder, block):
    kind, _, needs = block.info.partition(", needs ")
    grammar = subprocess.run(["bash", "-n"], input=block.text.encode(), stderr=subprocess.PIPE)
    if grammar.returncode:
        return f"{block.where}: {grammar.stderr.decode()}"
    missing = [n for n in needs.split() if not shutil.which(n)]
    if missing:
        print(f"        ({block.where} needs {' and '.join(missing)}: left out)")
    if kind == "sh clone" or missing:
        return None
    if kind not in ("sh", "sh runs on"):
        return f"{block.where}: `{block.info}` is no kind of example"
    home, env = reader(folder, block.where.partition(":")[0])
    with open(os.path.join(folder, "log"), "w+b") as log:
        p = subprocess.Popen(["bash", "-e", "-c", block.text], cwd=home, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                             start_new_session=True)
        end = time.monotonic() + 60 * support.SLOW
        while p.poll() is None and time.monotonic() < end and not (kind == "sh runs on" and re.search(r" INFO started ", support.said(log))):
            time.sleep(0.05)
        runs = p.poll() is None
        if runs:
            os.killpg(p.pid, signal.SIGTERM)
            try:
                p.wait(30 * support.SLOW)
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
        if p.wait() == 0 and kind == "sh" or runs and kind == "sh runs on" and " INFO started " in support.said(log):
            return None
        return f"{block.where}: `{block.info}`: exit status {p.returncode}{', runs on' if runs else ''}\n{support.said(log)}"


def check(folder, block, following):
    """None, or what is wrong."""
    if block.info in ("flow", "flow test"):
        result = flowc(folder, "check", block.text)
        if result.status != 0 or result.err:
            return wrong(block, result)
        if block.info == "flow test":
            result = flowc(folder, "test", block.text)
            if result.status != 0 or not re.search(r"^[1-9]\d* passed, 0 failed", result.out, re.M):
                return wrong(block, result)
    elif block.info == "flow fragment":
        result = flowc(folder, "check", block.whole())
        if result.status != 0:
            return wrong(block, result)
    elif block.info == "flow error":
        return check_error(folder, block, following)
    elif block.info == "sh" or block.info.startswith("sh "):
        return check_shell(folder, block)
    elif block.info.startswith("flow"):
        return f"{block.where}: `{block.info}` is no kind of example"
    return None


def examples(folder):
    problems = []
    for page in PAGES:
        found = blocks(page)
        problems += [check(folder, b, after) for b, after in zip(found, [*found[1:], None])]
    problems = [p for p in problems if p]
    assert not problems, "\n".join(problems)


def commands_stand_in_marked_blocks(_):
    """A piece that is only indented would be run by nobody."""
    for page in PAGES:
        with open(os.path.join(support.SRC, page), encoding="utf-8") as f:
            text = re.sub(r"^```.*?^```$", "", f.read(), flags=re.S | re.M)
        loose = re.findall(r"^    +(?:\./|make\b|flowc (?:check|test|build|emit)\b|autoreconf\b|\.\./configure).*", text, re.M)
        assert not loose, (page, loose)


def language_has_every_kind(_):
    kinds = {b.info for b in blocks("docs/language.md")}
    assert {"flow", "flow test", "flow fragment", "flow error"} <= kinds, kinds


def wrong_examples_are_seen(folder):
    bad, message = "transform T { nonsense; }\n", Block("x", 2, "", "error: not what it says\n")
    for info in ("flow", "flow test", "flow fragment", "flow other"):
        assert check(folder, Block("x", 1, info, bad), None), info
    assert check(folder, Block("x", 1, "flow error", bad), message)
    assert check(folder, Block("x", 1, "flow error", "transform T { UUID; }\n"), message)
    for info, text in (("sh", "flowc check nothing.flow; flowc --version\n"), ("sh", "if\n"), ("sh clone", "if\n"), ("sh other", "true\n"),
                       ("sh runs on", "true\n"), ("sh runs on", "dummy --input /dev/null --set x=y\n")):
        assert check(folder, Block("README.md:1", 1, info, text), None), (info, text)
    assert check(folder, Block("README.md:1", 1, "sh, needs nosuchcommand", "false\n"), None) is None


def every_word_is_explained(_):
    """Each keyword stands in the page outside the tables that are made, or names what isn't built yet."""
    with open(os.path.join(support.SRC, "docs", "language.md"), encoding="utf-8") as f:
        text = re.sub(r"<!-- made from .*?<!-- end -->", "", f.read(), flags=re.S)
    with open(os.path.join(support.SRC, "compiler", "syntax", "words.def"), encoding="utf-8") as f:
        words = re.findall(r'^[RW]\(\w+, "(\w+)"\)', f.read(), re.M)
    later = {"alone", "both", "by", "counter", "gauge", "having", "labels", "late", "over", "top", "within"}
    missing = {w for w in words if not re.search(rf"\b{w}\b", text)} - later
    assert not missing, missing


NOT_YET = [
    "transform T { UUID; } join by UUID within 5s max 10 { a when UUID == 'a'; b when UUID == 'b'; both { } } transform U { UUID; }",
    "aggregate A by (UUID) over 1m max 10 { n = 1; }",
    "transform T;",
    "source kafka;",
    "transform T { o { ...input; } }",
    "transform T { UUID; o? { x = 1; } } mangle { each { emit { o from input.Link { x = 1; } } } }",
    'table t[cidr] : string from csv "x.csv" reload 1h;',
    "table t[int, int] : bool expire 1m max 10; transform T { UUID; } mangle { absent k in t every 1m { } }",
    *(f"transform T {{ x = {f}(Start); }}" for f in ("sum", "avg", "percentile", "first", "last", "count_distinct", "collect", "mask",
                                                    "masked", "hmac", "community_id")),
    "lookup l(p : string) : { A : string; } cache 1m max 10 from gremlin f\"G.V({p})\" { A = Name; }",
]


def not_yet_is_refused(folder):
    """What the page lists under `Not yet` is E0406, nothing else: neither a syntax error nor accepted."""
    for text in NOT_YET:
        result = flowc(folder, "check", Block("x", 1, "", text + "\n").whole())
        ids = set(re.findall(r"error: .*\[(E\d+)\]", result.err))
        assert result.status == 1 and "E0406" in ids and "E0002" not in ids, f"{text}\n{result.err}"


if __name__ == "__main__":
    support.main([examples, commands_stand_in_marked_blocks, language_has_every_kind, wrong_examples_are_seen, every_word_is_explained, not_yet_is_refused])
