#!/usr/bin/env python3
"""print_config_test.py - what --print-config prints is read back as the same, for params of every type with odd values."""

import os
import subprocess
import sys
import tempfile

FLOWC = os.path.abspath(os.environ.get("FLOWC", "compiler/flowc"))
FLOW = r"""pipeline p "p"; use skydive; source skydive;
param s : string = "a: \"b\" 'c' # \u00e4\t\\"  yaml "x.s";
param zeros : string = "007"  yaml "x.zeros";
param empty : string = ""  yaml "x.empty";
param lines : string = "a\nb\n"  yaml "x.lines";
param l : [string] = ["a b", "", "true", "1", "- x", "null", "~", "[", "a, b", "é"]  yaml "x.l";
param m : map<string> = { "a": "1", "b c": "x: y" }  yaml "x.m";
param c : [cidr] = [10.0.0.0/8, fd00::/8]  yaml "x.c";
param address : ip = fd00::1  yaml "x.address";
param d : duration = 1500ms  yaml "x.d";
param n : int = -5  yaml "x.n";
param f : float = 1e300  yaml "x.f";
param b : bool = true  yaml "x.b";
param bytes : bytes = 5MiB  yaml "x.bytes";
param finish : FinishType = TIMEOUT  yaml "x.finish";
param at_start : time = 0  yaml "x.time";
transform T { UUID; s; zeros; empty; lines; l; m; c; address; d; n; f; b; bytes; finish = text(finish); at_start; }
output { store direct { filename_prefix = "a: #b"; } encode json; write stdout; }
"""


def run(*command, folder):
    p = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    if p.returncode:
        sys.exit(f"{' '.join(command)}: status {p.returncode}\n{p.stderr.decode()}")
    return p.stdout


def main():
    with tempfile.TemporaryDirectory(prefix="flow-print.") as folder:
        with open(os.path.join(folder, "p.flow"), "w", encoding="utf-8") as f:
            f.write(FLOW)
        run(FLOWC, "build", "p.flow", "-o", "p", folder=folder)
        first = run("./p", "--print-config", folder=folder)
        with open(os.path.join(folder, "first.yml"), "wb") as f:
            f.write(first)
        again = run("./p", "first.yml", "--print-config", folder=folder)
        if again != first:
            sys.exit(f"read back as something else:\n{first.decode()}\n----\n{again.decode()}")
        run("./p", "first.yml", "--input", "/dev/null", "--output", "out", folder=folder)
    print("printed, read, printed the same")


if __name__ == "__main__":
    main()
