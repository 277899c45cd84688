#!/usr/bin/env python3
"""fmt_test - flowc fmt: each rule of the layout at its smallest, what is laid out stays as it is, standard input, --check, --write."""

import glob
import os

import support

HEAD = 'pipeline p "p";\n'

# (what is written, what comes of it)
CASES = [
    # the first line, and lines behind others, with blanks and tabs before them
    ("  pipeline x \"\";\n", "pipeline x \"\";\n"),
    ("\tpipeline x \"\";\n", "pipeline x \"\";\n"),
    ("schema In {\nn : int;\n\t\ta : int;\n}\n", "schema In {\n    n : int;\n    a : int;\n}\n"),
    # what goes on with a statement moves with it: right, left, not over the edge; a tab goes to a multiple of four
    ("schema In {\n  n : int\n      = 3;\n}\n", "schema In {\n    n : int\n        = 3;\n}\n"),
    ("schema In {\n        n : int\n            = 3;\n}\n", "schema In {\n    n : int\n        = 3;\n}\n"),
    ("schema In {\n        n : int\n  = 3;\n}\n", "schema In {\n    n : int\n    = 3;\n}\n"),
    ("schema In {\n\tn : int\n\t\t= 3;\n}\n", "schema In {\n    n : int\n        = 3;\n}\n"),
    ("schema In {\n  \tn : int\n   \t  = 3;\n}\n", "schema In {\n    n : int\n      = 3;\n}\n"),
    ("  const A = [1,\n             2];\n", "const A = [1,\n           2];\n"),
    ("const A = 1;\n  const B = [1,\n               2];\n", "const A = 1;\nconst B = [1,\n             2];\n"),
    # blanks between tokens: one or none, more are an alignment
    ("let a=b+c;\n", "let a = b + c;\n"),
    ("let a   = b;\nlet abc = b ;\n", "let a   = b;\nlet abc = b;\n"),
    ("let a = f ( b , c )[ 0 ] . d;\n", "let a = f(b, c)[0].d;\n"),
    ("schema In { a?:int; m : map < string >; }\n", "schema In { a? : int; m : map<string>; }\n"),
    # comments keep their place, empty lines are one at most and none at a block's ends
    ("let a = 1;# why\n\n\n\n# more  \nlet b = 2;\n\n\n", "let a = 1; # why\n\n# more\nlet b = 2;\n"),
    ("schema In {\n\n\n  # first\n n : int;\n\n\n a : int;   # last\n\n}\n",
     "schema In {\n    # first\n    n : int;\n\n    a : int;   # last\n}\n"),
]


def formatted(text):
    return support.run(support.FLOWC, "fmt", "-", stdin=text.encode()).expect(0).out


def every_rule(_):
    wrong = []
    for text, want in CASES:
        got = formatted(text)
        if got != want:
            wrong.append(f"{text!r}:\n{got!r}, expected\n{want!r}")
        elif formatted(got) != got:
            wrong.append(f"{got!r} does not stay as it is")
    assert not wrong, "\n".join(wrong)


def what_is_in_the_tree_stays(_):
    files = glob.glob(os.path.join(support.SRC, "pipelines", "*.flow"))
    assert files
    for name in files:
        with open(name, encoding="utf-8") as f:
            text = f.read()
        once = formatted(text)
        assert formatted(once) == once, name
        assert "".join(once.split()) == "".join(text.split()), name


def files(folder):
    good, bad = os.path.join(folder, "good.flow"), os.path.join(folder, "bad.flow")
    for path, text in (good, HEAD), (bad, "  " + HEAD):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    r = support.run(support.FLOWC, "fmt", "--check", good, bad).expect(1)
    assert bad in r.out + r.err and good not in r.out + r.err, r
    support.run(support.FLOWC, "fmt", "--check", good).expect(0)
    assert support.run(support.FLOWC, "fmt", bad).expect(0).out == HEAD
    support.run(support.FLOWC, "fmt", "--write", good, bad).expect(0)
    for path in good, bad:
        with open(path, encoding="utf-8") as f:
            assert f.read() == HEAD, path


if __name__ == "__main__":
    support.main([every_rule, what_is_in_the_tree_stays, files])
