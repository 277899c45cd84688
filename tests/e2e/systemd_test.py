#!/usr/bin/env python3
"""systemd_test - a pipeline under a service manager: what it says to NOTIFY_SOCKET, secrets as credentials, priorities for the journal, and
the installed unit."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time

import support
from support import MESSAGES


class Manager:
    """The end of NOTIFY_SOCKET that systemd has."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name[0] == "@" else name)
        self.socket.settimeout(20 * support.SLOW)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def next(self):
        return self.socket.recv(4096).decode()

    def until(self, pattern):
        for _ in range(1000):
            text = self.next()
            if re.fullmatch(pattern, text):
                return text
        raise AssertionError(f"no {pattern}")


def running(folder, name, analyzer, **env):
    return support.Running("dummy", "--output", os.path.join(folder, "out"), "--set",
                           f"pipeline.subscriber.url=ws://127.0.0.1:{analyzer.port}/ws/subscriber/flow", env={"NOTIFY_SOCKET": name, **env})


def from_start_to_end(folder):
    for name in (os.path.join(folder, "notify"), f"@flowc-test-{os.getpid()}"):
        with Manager(name) as m, support.Analyzer("--messages", MESSAGES, "--first-only") as a, running(folder, name, a, WATCHDOG_USEC="200000") as p:
            assert m.next() == "READY=1"
            m.until(r"WATCHDOG=1\nSTATUS=running: received 751, written 0, pending 593")
            begin = time.monotonic()
            for _ in range(3):
                assert m.next().startswith("WATCHDOG=1\n")
            assert time.monotonic() - begin >= 0.2  # each 100 ms
            p.signal(signal.SIGHUP)
            m.until(r"RELOADING=1\nMONOTONIC_USEC=\d+")
            m.until(r"READY=1")
            p.signal()
            m.until(r"STOPPING=1\nSTATUS=stopping: what is open is written")
            p.wait().expect(0)


def the_watchdog_is_another_process(folder):
    name = os.path.join(folder, "notify")
    with Manager(name) as m, support.Analyzer("--messages", MESSAGES) as a, running(folder, name, a, WATCHDOG_USEC="1000", WATCHDOG_PID="1") as p:
        assert m.next() == "READY=1"
        assert m.next().startswith("WATCHDOG=1\n")
        m.socket.settimeout(1)
        try:
            raise AssertionError(m.next())
        except socket.timeout:
            pass
        p.signal()
        p.wait().expect(0)


def a_manager_that_is_gone(folder):
    with support.Analyzer("--messages", MESSAGES) as a, running(folder, os.path.join(folder, "nobody"), a) as p:
        p.until(lambda: "INFO started" in p.err, "a start")
        p.signal()
        p.wait().expect(0)


def lines_for_the_journal(folder):
    out, log = os.path.join(folder, "out"), os.path.join(folder, "log")
    for stream, line in ((lambda s: f"{s.st_dev}:{s.st_ino}", r"<6>started pipeline=dummy "), (lambda s: f"{s.st_dev}:1", r"\d{4}-\S+Z INFO started ")):
        with open(log, "w") as err:
            env = support.environment({"JOURNAL_STREAM": stream(os.fstat(err.fileno()))})
            subprocess.run([support.binary("dummy"), "--input", MESSAGES, "--output", out], stderr=err, env=env, check=True)
        text = open(log).read()
        assert re.search("^" + line, text, re.M), text
    with open(log, "w") as err:
        s = os.fstat(err.fileno())
        subprocess.run([support.binary("dummy"), "--input", os.devnull, "--output", "/dev/null/x"], stderr=err,
                       env=support.environment({"JOURNAL_STREAM": f"{s.st_dev}:{s.st_ino}"}))
    assert re.search(r"^<3>the output does not work", open(log).read(), re.M), open(log).read()


def secrets_as_credentials(folder):
    for name, text in (("pipeline.write.s3.access_key", "who"), ("pipeline.write.s3.secret_key", "hunter2\n")):
        with open(os.path.join(folder, name), "w") as f:
            f.write(text)
    config = os.path.join(folder, "dummy.yml")
    open(config, "w").close()
    bare = ("dummy", config, "--check-config", "--set", "pipeline.write.type=s3", "--set", "pipeline.subscriber.url=ws://127.0.0.1:1/")
    support.run(*bare, env={"HOME": folder}).expect(1)
    support.run(*bare, env={"CREDENTIALS_DIRECTORY": folder}).expect(0)
    shown = support.run("dummy", "--print-config", "--set", "pipeline.write.type=s3", env={"CREDENTIALS_DIRECTORY": folder}).expect(0)
    assert "hunter2" not in shown.out + shown.err, shown.out


def the_unit(folder):
    unit = os.path.join(support.BUILD, "pipelines", "flowc@.service")
    text = open(unit).read()
    assert not re.search(r"@[a-z]+dir@", text), text
    if not shutil.which("systemd-analyze"):
        support.skip("the unit's exposure needs systemd-analyze. On Debian: apt-get install systemd")
    r = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True)
    m = re.search(r"Overall exposure level for .*: (\d+\.\d)", r.stdout)
    assert m and float(m[1]) <= 1.2, r.stdout[-2000:] + r.stderr


if __name__ == "__main__":
    support.main([from_start_to_end, the_watchdog_is_another_process, a_manager_that_is_gone, lines_for_the_journal, secrets_as_credentials, the_unit])
