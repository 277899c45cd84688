#!/usr/bin/env python3
"""growth_test - twice the program takes about twice the time and memory, and what is large still works.

    growth    each kind of thing a program can have many of: `flowc check` and `flowc emit` of n and of 2n. Memory is the
              largest size of the process. CPU time is the best of three, of twelve where that is too much, compared where it
              is more than a busy machine's noise: what grows as the square is; CHECK_LONG=yes, on a quiet one, looks closer.
              Of a build with sanitizers only that it works is asked: most of its time and memory is theirs
    fields    records of 65, 200 and 1,024 fields, decoded and encoded, in order and in any other, against Python's json
    classes   300 classes: each record in its own folder
    equal     one value compared with 10,000 constants, in all ways that there are, is compiled in seconds
    rules     450 rules, of numbers, texts and other conditions; 10,000 of numbers are compiled in a minute of CPU
    key       a member whose key has 300 bytes
    refused   65,536 classes and reasons: the message, whole
"""

import json
import os
import random
import resource

import support

# Of CPU, at most so many times as long; below the floor a measurement is noise. On a busy machine what isn't the square, 4 times, is let through.
MOST_SECONDS, FLOOR_SECONDS = (2.5, 0.05) if os.environ.get("CHECK_LONG") else (3.5, 0.25)
FLOOR_BYTES = 16 << 20  # a forked Python has as much
MOST = 2.5

HEAD = 'pipeline p "p";\nschema S { id : string; n : int = 0; a? : ip; t? : string; u? : string; }\nsource stdin { decode json; }\n'
TAIL = "\noutput { store buffered; encode ndjson; write stdout; }\n"


def rows(n, form, between=""):
    return between.join(form.replace("#", str(i)) for i in range(n))


def prefixes(n):
    return ", ".join(f"10.{i >> 8 & 255}.{i & 255}.{(i >> 16) * 32}/27" for i in range(n))


def tree(n):
    """Records of eight fields, three deep, n of them side by side."""
    return (HEAD.replace("schema S { id", "record A { " + rows(8, "f# : int; ") + "}\nrecord B { " + rows(8, "f# : A; ") + "}\n"
                         "schema S { " + rows(n, "r# : B; ") + "id") + "transform T { id; " + rows(n, "r#; ") + "}")


KINDS = {
    "classes": (8000, lambda n: HEAD + "classify { " + rows(n, "c# when n == #;\n") + "o otherwise; }"),
    "rules of 50 classes": (8000, lambda n: HEAD + "classify { " + "".join(f"c{i % 50} when n == {i};\n" for i in range(n)) + "o otherwise; }"),
    "reasons": (8000, lambda n: HEAD + "filter { " + rows(n, 'drop r# when n == #;\n') + "}"),
    "rules with facts": (4000, lambda n: HEAD + "filter { " + rows(n, 'drop x when t == "#";\n') + "drop y when not has u; }"),
    "prefixes of a param": (10000, lambda n: HEAD + f"param c : [cidr] = [{prefixes(n)}];\nfilter {{ drop x when a in c; }}"),
    "prefixes of a list": (10000, lambda n: HEAD + f"filter {{ drop x when a in [{prefixes(n)}]; }}"),
    "strings of a list": (10000, lambda n: HEAD + "filter { drop x when id in [" + rows(n, '"s#"', ", ") + "]; }"),
    "numbers of a list": (10000, lambda n: HEAD + "filter { drop x when n in [" + rows(n, "#", ", ") + "]; }"),
    "strings of a param": (10000, lambda n: HEAD + "param c : [string] = [" + rows(n, '"s#"', ", ") + "];\nfilter { drop x when id in c; }"),
    "one of": (2000, lambda n: HEAD + 'param c : string = "s1" yaml "p.c" one of [' + rows(n, '"s#"', ", ") + "];\nfilter { drop x when id == c; }"),
    "consts": (4000, lambda n: HEAD + rows(n, 'const k# = "v#";\n') + "filter { " + rows(n, "drop x when id == k#;\n") + "}"),
    "params": (2000, lambda n: HEAD + rows(n, 'param k# : string = "v#" yaml "p.k#";\n') + "filter { " + rows(n, "drop x when id == k#;\n") + "}"),
    "lets": (2000, lambda n: HEAD + rows(n, "let l# = n + #;\n") + "transform T { id; " + rows(n, "f# = l#; ") + "}"),
    "functions": (2000, lambda n: HEAD + rows(n, "function f#(x : int) : int = x + #;\n") + "filter { " + rows(n, "drop x when f#(n) == 1;\n") + "}"),
    "tables": (300, lambda n: HEAD + rows(n, "table t#[string] : int expire 1m max 10;\n") + "update { " + rows(n, "t#[id] = n;\n") + "}"),
    "enums": (1000, lambda n: HEAD.replace("schema S {", rows(n, "enum E# { A = 1; B = 2; }\n") + "schema S { " + rows(n, "e#? : E#; "))
              + "filter { " + rows(n, "drop x when e# == A;\n") + "}"),
    "enumerators": (4000, lambda n: HEAD.replace("schema S {", "enum E : string { " + rows(n, 'v# as "w#"; ') + "}\nschema S { e? : E; ")
                    + "filter { " + rows(n, "drop x when e == v#;\n") + "}"),
    "fields passed on": (2000, lambda n: HEAD.replace("schema S {", "schema S { " + rows(n, "f#? : int; ")) + "transform T { id; " + rows(n, "f#?; ") + "}"),
    "fields read": (2000, lambda n: HEAD.replace("schema S {", "schema S { " + rows(n, "f# : int = #; ")) + "transform T { id; " + rows(n, "f# = f# + 1; ") + "}"),
    "record trees": (20, tree),
    "or": (4000, lambda n: HEAD + "filter { drop x when " + rows(n, 'id == "#"', " or ") + "; }"),
    "or of numbers": (4000, lambda n: HEAD + "filter { drop x when " + rows(n, "n == #", " or ") + "; }"),
    "and of what may be null": (2000, lambda n: HEAD + "filter { drop x when " + rows(n, 't != "#"', " and ") + "; }"),
    "arms": (2000, lambda n: HEAD + "transform T { id; m = match n { " + rows(n, '# => "a#"; ') + '_ => "o"; }; }'),
    "arms of texts": (4000, lambda n: HEAD + "transform T { id; m = match t { " + rows(n, '"#" => "a#"; ') + '_ => "o"; }; }'),
    "templates": (2000, lambda n: HEAD + "transform T { id; m = f\"" + rows(n, "a{n}b#") + '"; }'),
    "statements": (2000, lambda n: HEAD + "table seen[string] : int expire 1m max 10;\nupdate { " + rows(n, "if n == # { seen[id] = #; }\n") + "}"),
    "tests": (1000, lambda n: HEAD + "transform T { id; n; }" + rows(n, '\ntest "t#" { given { "id": "#", "n": # }; expect record.n == #; }')),
}


class Cost:
    """Of one run of a program: CPU seconds and the most bytes it had."""

    def __init__(self, *args):
        out = os.path.join(args[0], "out.txt")
        pid = os.fork()
        if pid == 0:
            fd = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(fd, 1)
            os.dup2(fd, 2)
            resource.setrlimit(resource.RLIMIT_CPU, (20 * support.SLOW, 20 * support.SLOW))
            os.execv(args[1], args[1:])
        _, status, use = os.wait4(pid, 0)
        with open(out, errors="replace") as f:
            self.output = f.read()
        assert status == 0, (args, self.output[:2000])
        self.seconds = use.ru_utime + use.ru_stime
        self.bytes = use.ru_maxrss * 1024


def costs(folder, verb, path, runs=3):
    runs = [Cost(folder, support.FLOWC, verb, path, *(["-o", os.path.join(folder, "x.c")] if verb == "emit" else [])) for _ in range(runs)]
    return min(r.seconds for r in runs), min(r.bytes for r in runs)


def too_much(once, twice):
    return twice[0] > MOST_SECONDS * max(once[0], FLOOR_SECONDS) or twice[1] > MOST * max(once[1], FLOOR_BYTES)


def growth(folder):
    worse = []
    for name, (n, make) in KINDS.items():
        paths = []
        for size in (n, 2 * n):
            paths.append(os.path.join(folder, f"{size}.flow"))
            with open(paths[-1], "w") as f:
                f.write(make(size) + TAIL)
        for verb in ("check", "emit"):
            try:
                if support.INSTRUMENTED:
                    costs(folder, verb, paths[0], 1)
                    continue
                once, twice = costs(folder, verb, paths[0]), costs(folder, verb, paths[1])
                if too_much(once, twice):
                    twice = min(twice, costs(folder, verb, paths[1], 9))
            except AssertionError as e:
                worse.append(f"{verb} {name}: {e}")
                continue
            print(f"{verb:6} {name:26} {once[0]:8.3f} {twice[0]:8.3f} s   {once[1] >> 20:5} {twice[1] >> 20:5} MiB", flush=True)
            if too_much(once, twice):
                worse.append(f"{verb} {name}: {once} {twice}")
    assert not worse, "\n".join(worse)


def program(folder, name, text):
    """The pipeline of this text. What the C compiler makes of it isn't asked here: it may be quick."""
    path = os.path.join(folder, name + ".flow")
    with open(path, "w") as f:
        f.write(text)
    out = os.path.join(folder, name)
    support.run(support.FLOWC, "build", path, "-o", out, env={"FLOWC_CFLAGS": f"-O0 {support.INSTRUMENTED}"}, timeout=300 * support.SLOW).expect(0)
    return out


def written(got):
    return [json.loads(line) for line in got.out.splitlines() if line.startswith("{")]


def wide(n):
    """A record of n fields of several types, and what the pipeline makes of one that came."""
    types = ("int?", "string?", "float?", "bool?", "time?", "int = 7")
    members, fields = [], []
    for i in range(n):
        optional, t = types[i % 6].endswith("?"), types[i % 6].rstrip("?")
        members.append(f"f{i}{'?' if optional else ''} : {t};")
        fields.append(f"f{i} = f{i} + 1;" if t == "int = 7" else f"f{i}? = f{i} + 1;" if t == "int" else f"f{i}?;")
    text = ('pipeline p "p";\nschema S { ' + " ".join(members) + " }\nsource stdin { decode json; }\ntransform T { " + " ".join(fields)
            + " }\noutput { store buffered; encode ndjson; write stdout; }\n")

    def expected(record):
        out = {}
        for i in range(n):
            kind, value = i % 6, record.get(f"f{i}")
            if kind == 5:
                out[f"f{i}"] = (7 if value is None else value) + 1
            elif value is not None:
                out[f"f{i}"] = value + 1 if kind == 0 else value
        return out

    return text, expected


def some_records(n, choose):
    """All fields in order; all in another; some; every 64th; one; none."""
    def value(i):
        return (choose.randrange(10**6), f"text {i}", choose.randrange(1000) / 8, i % 2 == 0, choose.randrange(10**12), choose.randrange(100))[i % 6]

    everything = [(f"f{i}", value(i)) for i in range(n)]
    other = everything[:]
    choose.shuffle(other)
    some = [m for m in other if choose.random() < 0.5]
    nulls = [(key, None if choose.random() < 0.3 else v) for key, v in everything]
    return [dict(rows) for rows in (everything, other, some, nulls, everything[63::64], everything[64::64], [everything[-1]], [], list(reversed(everything)))]


def fields(folder):
    choose = random.Random(1)
    for n in (65, 200, 1024):
        text, expected = wide(n)
        records = some_records(n, choose)
        path = os.path.join(folder, "in.json")
        with open(path, "w") as f:
            f.writelines(json.dumps(r) + "\n" for r in records)
        got = support.run(program(folder, f"wide{n}", text), "--input", path, "--output", "-", timeout=60).expect(0)
        assert written(got) == [expected(r) for r in records], n


def classes(folder):
    flow = ('pipeline p "p";\nschema S { n : int; }\nsource stdin { decode json; }\nclassify { ' + rows(299, "c# when n == #;\n") + "rest otherwise; }\n"
            + "transform T { n; k = class; }\noutput { store buffered; encode ndjson; write file; }\n")
    path, out = os.path.join(folder, "in.json"), os.path.join(folder, "out")
    with open(path, "w") as f:
        f.writelines(json.dumps({"n": n}) + "\n" for n in range(300))
    support.run(program(folder, "classes", flow), "--input", path, "--output", out, timeout=60).expect(0)
    got = {}
    for at, _, names in os.walk(out):
        for name in names:
            with open(os.path.join(at, name)) as f:
                for line in f:
                    record = json.loads(line)
                    where = os.path.relpath(at, out).split(os.sep)
                    assert record["k"] in where, (record, where)
                    got[record["n"]] = record["k"]
    assert got == {n: f"c{n}" if n < 299 else "rest" for n in range(300)}, len(got)


def rules(folder):
    """Rules that are a switch in C, and others between them, in functions of 200: the first that holds is the one."""
    kinds = ("m == {0}", "t == \"{0}\"", "n > 1000 and m == {0}")
    tried = [(kinds[2], i + 30) if i % 50 == 49 else (kinds[i // 100 % 2], i) for i in range(450)]
    flow = ('pipeline p "p";\nschema S { n : int; m? : int; t? : string; }\nsource stdin { decode json; }\nclassify { '
            + "".join(f"c{i} when {kind.format(with_)};\n" for i, (kind, with_) in enumerate(tried)) + "rest otherwise; }\n"
            + "transform T { n; k = class; }\noutput { store buffered; encode ndjson; write stdout; }\n")
    records = [{"n": n, **m, **t} for n in (1, 2000) for m in ({}, *({"m": i} for i in range(-1, 460, 3)), {"m": 449}) for t in ({}, {"t": "149"}, {"t": "150"}, {"t": "5"})]

    def expected(r):
        for i, (kind, with_) in enumerate(tried):
            holds = r.get("t") == str(with_) if kind == kinds[1] else r.get("m") == with_ and (kind == kinds[0] or r["n"] > 1000)
            if holds:
                return f"c{i}"
        return "rest"

    path = os.path.join(folder, "in.json")
    with open(path, "w") as f:
        f.writelines(json.dumps(r) + "\n" for r in records)
    got = support.run(program(folder, "rules", flow), "--input", path, "--output", "-", timeout=60).expect(0)
    assert sorted((r["n"], r["k"]) for r in written(got)) == sorted((r["n"], expected(r)) for r in records)

    if support.SLOW > 1:
        return  # how long an instrumented build takes is nobody's concern
    path = os.path.join(folder, "many.flow")
    for stage, rule, last in (("classify", "c# when m == #;\n", "o otherwise;"), ("filter", "drop r# when m == #;\n", "")):
        with open(path, "w") as f:
            f.write(f"{HEAD.replace('n : int', 'm? : int; n : int')}{stage} {{ {rows(10000, rule)}{last} }}{TAIL}")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        support.run(support.FLOWC, "build", path, "-o", os.path.join(folder, "many"), timeout=600 * support.SLOW).expect(0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        assert seconds < 60 * support.SLOW, (stage, seconds)


def equal(folder):
    if support.SLOW > 1:
        return
    path = os.path.join(folder, "equal.flow")
    for what, n, text in (("or", 10000, "filter { drop x when " + rows(10000, 'id == "#"', " or ") + "; }"),
                          ("or, maybe null", 10000, "filter { drop x when " + rows(10000, 't == "#"', " or ") + "; }"),
                          ("and", 10000, "filter { drop x when " + rows(10000, "n != #", " and ") + "; }"),
                          ("in, texts", 10000, "filter { drop x when id in [" + rows(10000, '"#"', ", ") + "]; }"),
                          ("in, numbers", 10000, "filter { drop x when n in [" + rows(10000, "#", ", ") + "]; }"),
                          ("match, texts", 2000, "transform T { id; m = match id { " + rows(2000, '"#" => "a#"; ') + '_ => "o"; }; }'),
                          ("match, numbers", 2000, "transform T { id; m = match n { " + rows(2000, '# => "a#"; ') + '_ => "o"; }; }')):
        with open(path, "w") as f:
            f.write(HEAD + text + TAIL)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        support.run(support.FLOWC, "build", path, "-o", os.path.join(folder, "equal"), timeout=600).expect(0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"build {what:26} {n:6} {seconds:8.3f} s", flush=True)
        assert seconds < 8, (what, seconds)


def key(folder):
    names = {i: chr(97 + i % 26) * i for i in (10, 63, 64, 255, 256, 300)}
    flow = ('pipeline p "p";\nschema S { id : string; ' + "".join(f'n{i}? : int as "{k}"; ' for i, k in names.items())
            + "}\nsource stdin { decode json; }\ntransform T { id; " + "".join(f"n{i}?; " for i in names)
            + "}\noutput { store buffered; encode ndjson; write stdout; }\n")
    path = os.path.join(folder, "in.json")
    records = [{"id": "1", **{k: i for i, k in names.items()}}, {**{k: i for i, k in reversed(names.items())}, "id": "2"}]
    with open(path, "w") as f:
        f.writelines(json.dumps(r) + "\n" for r in records)
    got = support.run(program(folder, "key", flow), "--input", path, "--output", "-", timeout=60).expect(0)
    assert written(got) == [{"id": r["id"], **{f"n{i}": i for i in names}} for r in records], got.out


def refused(folder):
    path = os.path.join(folder, "t.flow")
    for what, stage in (("classes", "classify { %sother otherwise; }"), ("reasons", "filter { %s}")):
        rule = "c# when n == #;\n" if what == "classes" else "drop r# when n == #;\n"
        with open(path, "w") as f:
            f.write(HEAD + stage % rows(65536, rule) + TAIL)
        got = support.run(support.FLOWC, "check", path, timeout=60 * support.SLOW).expect(1)
        name = "c65535" if what == "classes" else "r65535"
        column = 1 if what == "classes" else 6
        line = rule.replace("#", "65535").rstrip()
        marks = " " * (column - 1) + "^" * len(name)
        assert got.err == f"{path}:65539:{column}-{column + len(name) - 1}: error: too many {what}: at most 65535 are possible [E0220]\n    {line}\n    {marks}\n", got.err


if __name__ == "__main__":
    support.main([growth, fields, classes, equal, rules, key, refused])
