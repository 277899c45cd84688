#!/usr/bin/env python3
"""disk_test - disks, folders, descriptors and pipes that fail: nothing is lost that can still be written, and the books balance."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import compare  # noqa: E402
import support  # noqa: E402
from support import FLOWS, KEPT, MESSAGES  # noqa: E402

DUMMY = support.binary("dummy")


def records(folder):
    return sum(map(len, compare.written(folder).values())) if os.path.isdir(folder) else 0


def start(*args, **more):
    return subprocess.Popen([DUMMY, *args], env=support.environment(), **more)


def closed_descriptors(folder):
    """Files and sockets that get the numbers 0 to 2 must not get log lines or records."""
    for i, closed in enumerate(("2>&-", ">&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-")):
        out = os.path.join(folder, f"out{i}")
        subprocess.run(["sh", "-c", f'exec "$0" --input "$1" --output "$2" {closed}', DUMMY, MESSAGES, out], check=True,
                       env=support.environment(), timeout=20 * support.SLOW)
        assert records(out) == KEPT, closed
    for args, closed, text in (("--input $1 --output -", ">&-", b"standard output cannot be written"),
                               ("--input - --output $2", "<&-", b"Bad file descriptor")):
        r = subprocess.run(["sh", "-c", f"exec $0 {args} {closed}", DUMMY, MESSAGES, os.path.join(folder, "x")],
                           capture_output=True, env=support.environment(), timeout=20 * support.SLOW)
        assert r.returncode == 1 and text in r.stderr, r.stderr.decode()


def nobody_reads_the_log(folder):
    """Standard error is a full pipe: the pipeline goes on, and a signal ends it."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, b"x" * 4096)
    except BlockingIOError:
        pass
    os.set_blocking(write, True)
    fifo, out = os.path.join(folder, "fifo"), os.path.join(folder, "out")
    os.mkfifo(fifo)
    p = start("--input", fifo, "--output", out, "--set", "pipeline.store.buffered.max_flows_per_object=50",
              stderr=write, stdin=subprocess.DEVNULL)
    os.close(write)
    try:
        with open(fifo, "wb") as f, open(MESSAGES, "rb") as m:
            f.write(m.read())
            f.flush()
            end = time.monotonic() + 10 * support.SLOW
            while records(out) < KEPT - 150 and time.monotonic() < end:
                time.sleep(0.05)
            p.send_signal(signal.SIGTERM)
            assert p.wait(10 * support.SLOW) == 0
        assert records(out) == KEPT, records(out)
    finally:
        p.kill()
        p.wait()
        os.close(read)


def limited_file_size(folder):
    """SIGXFSZ doesn't kill; what can't be written is counted."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    bad = os.path.join(folder, "bad.json")
    with open(bad, "w", encoding="ascii") as f:
        f.write('{"Network":5}\n' * 3000)
    for name, path, status in (("sink", MESSAGES, 1), ("reject", bad, 1)):
        p = start("--input", path, "--output", os.path.join(folder, name), "--stop-timeout", "1s", "--set",
                  f"pipeline.reject.directory={folder}/rejected", stderr=subprocess.PIPE, preexec_fn=limit)
        err = p.communicate(timeout=20 * support.SLOW)[1].decode()
        assert p.returncode == status, err
        support.balanced(support.ledger(err))
    assert "can't keep rejected input" in err and support.ledger(err)["malformed"] == 3000, err


def folder_goes_and_comes(folder):
    fifo, out = os.path.join(folder, "fifo"), os.path.join(folder, "out")
    os.mkfifo(fifo)
    with open(MESSAGES, "rb") as f:
        message = f.read().splitlines(True)
    with support.Running("dummy", "--input", fifo, "--output", out, "--set",
                         "pipeline.store.buffered.max_flows_per_object=20") as p, open(fifo, "wb", buffering=0) as f:
        f.write(message[0])
        first = p.until(lambda: records(out), "records")
        time.sleep(0.3)
        first = records(out)
        shutil.rmtree(out)
        f.write(message[1])
        p.until(lambda: records(out), "records in the new folder")
        time.sleep(0.3)
        second = records(out)
        shutil.rmtree(out)
        with open(out, "wb"):
            pass  # a file where the folder was
        f.write(message[2])
        p.until(lambda: "cannot write, will try again" in p.err, "a failure in the log")
        os.unlink(out)
        f.close()
        r = p.wait().expect(0)
    counters = support.ledger(r.err)
    support.balanced(counters)
    assert counters["written"] == first + second + records(out), (counters, first, second, records(out))
    assert "writing works again" in r.err, r.err


def full_disk(folder):
    """/dev/full, and a reader of standard output that goes away."""
    with open("/dev/full", "wb") as full:
        p = start("--input", MESSAGES, "--output", "-", "--stop-timeout", "1s", stdout=full, stderr=subprocess.PIPE)
        err = p.communicate(timeout=20 * support.SLOW)[1].decode()
    assert p.returncode == 1 and support.ledger(err)["undelivered"] == KEPT and "No space left" in err, err
    support.balanced(support.ledger(err))
    p = start("--input", MESSAGES, "--output", "-", "--set", "pipeline.store.buffered.max_flows_per_object=50",
              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    p.stdout.read(10)
    p.stdout.close()
    err = p.stderr.read().decode()
    assert p.wait(20 * support.SLOW) == 1, err
    assert err.count("the output is gone") == 1 and "Broken pipe" in err and "nothing can be written any more" in err, err
    support.balanced(support.ledger(err))


def reader_is_gone(folder):
    """Though there is more to read for ever, the program ends when nobody takes what it writes."""
    fifo = os.path.join(folder, "in")
    os.mkfifo(fifo)
    p = start("--input", fifo, "--output", "-", "--set", "pipeline.store.buffered.max_flows_per_object=1",
              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    p.stdout.close()
    with open(MESSAGES, "rb") as f, open(fifo, "wb", buffering=0) as pipe:
        messages = f.readlines()
        try:
            while p.poll() is None:
                for message in messages:
                    pipe.write(message)
        except BrokenPipeError:
            pass
        err = p.stderr.read().decode()
        assert p.wait(20 * support.SLOW) == 1, err
    assert "Broken pipe" in err, err
    support.balanced(support.ledger(err))


def full_tmpfs(folder):
    """A disk that is full and gets room: everything is written, nothing twice, no temporaries are left."""
    disk = os.path.join(folder, "disk")
    os.mkdir(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], stderr=subprocess.DEVNULL).returncode:
        print("        (not allowed to mount a tmpfs: left out)")
        return
    try:
        out = os.path.join(disk, "out")
        with support.Running("dummy", "--input", MESSAGES, "--output", out, "--set", "pipeline.compress.type=none",
                             "--set", "pipeline.store.buffered.max_flows_per_object=50") as p:
            p.until(lambda: "No space left" in p.err, "a full disk")
            subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
            r = p.wait().expect(0)
        counters = support.ledger(r.err)
        support.balanced(counters)
        assert counters["written"] == records(out) == KEPT and counters["received"] == FLOWS, counters
        assert not [f for _, _, files in os.walk(disk) for f in files if f.startswith(".")]
    finally:
        subprocess.run(["umount", disk], check=False)


if __name__ == "__main__":
    support.main([closed_descriptors, nobody_reads_the_log, limited_file_size, folder_goes_and_comes, full_disk,
                  reader_is_gone, full_tmpfs])
