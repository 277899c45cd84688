"""support - what the end-to-end tests share: where things are, running pipelines, waiting, a tiny test runner.

    FLOWC_BIN_DIR   the built pipelines           FLOWC    the compiler
    srcdir          the source tree               builddir where it was built
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request

SRC = os.path.abspath(os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "..", "..")))
BUILD = os.path.abspath(os.environ.get("builddir", "."))
BIN = os.path.abspath(os.environ.get("FLOWC_BIN_DIR", os.path.join(BUILD, "pipelines")))
FLOWC = os.environ.get("FLOWC", os.path.join(BUILD, "compiler", "flowc"))
FIXTURES = os.path.join(SRC, "tests", "fixtures", "skydive")
MESSAGES = os.path.join(FIXTURES, "messages.jsonl")
LOOKUPS = os.path.join(FIXTURES, "gremlin.json")
FLOWS = 751  # in messages.jsonl
KEPT = 593   # of them not of class other
# What programs have to be compiled with when their test chooses FLOWC_CFLAGS itself: as the runtime they are linked with.
INSTRUMENTED = os.environ.get("INSTRUMENTED", "")
SLOW = 5 if os.environ.get("SANITIZERS", "no") not in ("no", "") else 1


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def need_module(name, package):
    try:
        __import__(name)
    except ImportError:
        skip(f"needs the Python module {name}. On Debian: apt-get install {package}")


def binary(name):
    path = os.path.join(BIN, name)
    if not os.access(path, os.X_OK):
        raise SystemExit(f"{path} is missing: run make first, or set FLOWC_BIN_DIR")
    return path


def environment(extra=None):
    """Nothing of the caller's settings reaches a pipeline."""
    env = {k: v for k, v in os.environ.items() if not re.match(r"(SKYDIVE_|AWS_|FLOW_|https?_proxy|no_proxy|all_proxy)", k, re.I)}
    env.update(extra or {})
    return env


class Result:
    def __init__(self, args, status, out, err):
        self.args, self.status, self.out, self.err = args, status, out, err

    def expect(self, status):
        if self.status != status:
            raise AssertionError(f"{' '.join(self.args)}: exit status {self.status}, expected {status}\n"
                                 f"--- standard output (end)\n{self.out[-2000:]}\n--- standard error (end)\n{self.err[-4000:]}")
        return self


def run(program, *args, stdin=b"", env=None, timeout=60, cwd=None):
    """Run to the end; output as text."""
    args = [program if os.sep in program else binary(program), *map(str, args)]
    p = subprocess.run(args, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(env),
                       timeout=timeout * SLOW, cwd=cwd)
    return Result(args, p.returncode, p.stdout.decode("utf-8", "replace"), p.stderr.decode("utf-8", "replace"))


def said(file):
    """What stands in a file that a running program writes. Its offset is the program's too: it must not be moved."""
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode("utf-8", "replace")


class Running:
    """A pipeline in the background. Always ended when the `with` block is left."""

    def __init__(self, program, *args, env=None, cwd=None):
        self.args = [program if os.sep in program else binary(program), *map(str, args)]
        self.err_file = tempfile.TemporaryFile()
        self.out_file = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.args, stdin=subprocess.DEVNULL, stdout=self.out_file, stderr=self.err_file,
                                        env=environment(env), cwd=cwd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def err(self):
        return said(self.err_file)

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, timeout=30):
        """To the end."""
        try:
            status = self.process.wait(timeout * SLOW)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{' '.join(self.args)}: still running after {timeout * SLOW} s\n{self.err[-3000:]}")
        return Result(self.args, status, said(self.out_file), self.err)

    def until(self, condition, what, timeout=20):
        """Wait until condition() is true; the process must stay alive."""
        end = time.monotonic() + timeout * SLOW
        while True:
            value = condition()
            if value:
                return value
            if self.process.poll() is not None:
                raise AssertionError(f"{' '.join(self.args)}: ended with {self.process.returncode} before {what}\n{self.err[-3000:]}")
            if time.monotonic() > end:
                raise AssertionError(f"{' '.join(self.args)}: no {what} after {timeout * SLOW} s\n{self.err[-3000:]}")
            time.sleep(0.02)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def metrics(port):
    """{name{labels}: value}, or {} while nobody listens."""
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        text = opener.open(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
    except OSError:
        return {}
    return {m[1]: float(m[2]) for m in re.finditer(r"^([^#\s]\S*(?:\{.*\})?)\s+(\S+)$", text, re.M)}


def ledger(log):
    """The counters of the last ledger line of a log: {name: number}."""
    found = {}
    for line in log.splitlines():
        if re.search(r"\breceived=\d+", line):
            found = {k: int(v) for k, v in re.findall(r"([a-z_.]+)=(\d+)\b", line)}
    return found


def balanced(counters):
    """received + emitted = written + malformed + overflow + refused + undelivered + dropped + pending, and something was received."""
    left = counters.get("received", 0) + counters.get("emitted", 0)
    right = sum(v for k, v in counters.items()
                if k in ("written", "malformed", "overflow", "refused", "undelivered", "pending") or k.startswith("dropped."))
    assert left > 0 and left == right, f"the ledger doesn't balance: {left} in, {right} accounted for: {counters}"


class Analyzer:
    """tests/peers/analyzer.py: sends the recorded messages over a WebSocket, answers Gremlin queries."""

    def __init__(self, *args):
        script = os.path.join(SRC, "tests", "peers", "analyzer.py")
        if not os.path.exists(script):
            skip(f"{script} is missing")
        self.process = subprocess.Popen([sys.executable, script, *map(str, args)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, env=environment())
        line = self.process.stdout.readline().decode()
        m = re.match(r"PORT (\d+)", line)
        if not m:
            raise AssertionError(f"analyzer.py said {line!r} instead of PORT n")
        self.port = int(m[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Listener:
    """A server on a free port of loopback: connection(c, number) of a subclass runs in a thread for each, numbered from 1."""

    def __init__(self):
        self.listener, self.number = socket.create_server(("127.0.0.1", 0)), 0
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                c = self.listener.accept()[0]
            except OSError:
                return
            self.number += 1
            threading.Thread(target=self.connection, args=(c, self.number), daemon=True).start()


class Stuck(Listener):
    """Takes all that is sent, and never answers."""

    def connection(self, c, _):
        try:
            while c.recv(65536):
                pass
        except OSError:
            pass


def main(tests):
    """Run functions test(folder), each in an empty folder; names given as arguments choose. Exit status 1 if one fails."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would be ignored by all that is started here
    chosen = [t for t in tests if not sys.argv[1:] or t.__name__ in sys.argv[1:]]
    failed = 0
    for test in chosen:
        folder = tempfile.mkdtemp(prefix="flow-e2e.")
        begin = time.monotonic()
        try:
            test(folder)
            print(f"ok      {test.__name__} ({time.monotonic() - begin:.1f} s)", flush=True)
        except Exception as e:  # a test's failure, whatever it is, is reported and the next one runs
            failed += 1
            print(f"FAILED  {test.__name__}", flush=True)
            if isinstance(e, AssertionError):
                where = traceback.extract_tb(e.__traceback__)[-1]
                print(f"  {os.path.basename(where.filename)}:{where.lineno}: " + str(e).replace("\n", "\n  "), flush=True)
            else:
                traceback.print_exc(file=sys.stdout)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    if not chosen:
        raise SystemExit("no such test")
    print(f"{len(chosen) - failed} as expected, {failed} not")
    sys.exit(1 if failed else 0)
