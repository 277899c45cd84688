#!/usr/bin/env python3
"""state_test - the state directory: one process at a time, whose it is, and tokens in the names of objects that no two runs share."""

import json
import os
import random
import re
import shutil
import signal
import time

import compare
import support
from support import MESSAGES


def keys(out):
    return sorted(os.path.relpath(os.path.join(d, f), out) for d, _, files in os.walk(out) for f in files)


def tokens(out):
    return {re.search(r"Z-([0-9a-f]{8}\.\d+)/", k).group(1) for k in keys(out)}


def each_run_has_a_token_of_its_own(folder):
    out, state = os.path.join(folder, "out"), os.path.join(folder, "state")
    for i in range(3):
        given = os.path.join(folder, f"in{i}")  # what was read once isn't read again
        shutil.copyfile(MESSAGES, given)
        support.run("dummy", "--input", given, "--output", out, "--state", state).expect(0)
    seen = tokens(out)
    assert len({t.split(".")[0] for t in seen}) == 1, seen
    assert {t.split(".")[1] for t in seen} == {"1", "2", "3"}, seen
    assert len(compare.written(out)) > 0


def by_configuration(folder):
    out, state = os.path.join(folder, "out"), os.path.join(folder, "state")
    support.run("dummy", "--input", MESSAGES, "--output", out, "--set", f"pipeline.state.directory={state}").expect(0)
    assert tokens(out) and sorted(os.listdir(state)) == ["identity", "journal", "lock"]


def by_the_flow(folder):
    flow, state = os.path.join(folder, "p.flow"), os.path.join(folder, "state")
    with open(flow, "w") as f:
        f.write(f'pipeline p "p"; state {{ directory = "{state}"; }} source stdin; schema S {{ a? : int; }}\n'
                'output { store buffered; encode ndjson; write stdout; }\n')
    support.run(support.FLOWC, "build", flow, "-o", os.path.join(folder, "p")).expect(0)
    r = support.run(os.path.join(folder, "p"), "--input", "-", stdin=b'{"a":1}\n').expect(0)
    assert re.search(r"Z-[0-9a-f]{8}\.1/", r.out) and '{"a":1}\n' in r.out, r.out
    assert os.path.exists(os.path.join(state, "identity")), r.err


def a_second_process_is_told_the_pid(folder):
    out, state, fifo = (os.path.join(folder, n) for n in ("out", "state", "fifo"))
    os.mkfifo(fifo)
    with support.Running("dummy", "--input", fifo, "--output", out, "--state", state) as first:
        writer = os.open(fifo, os.O_WRONLY)
        first.until(lambda: "started" in first.err, "start")
        r = support.run("dummy", "--input", MESSAGES, "--output", out, "--state", state).expect(1)
        assert f"the state directory {state} is in use by process {first.process.pid}: stop that one first" in r.err, r.err
        support.run("dummy", "--input", MESSAGES, "--output", out, "--state", state, "--check-config").expect(0)
        first.signal(signal.SIGKILL)
        first.process.wait()
        os.close(writer)
    support.run("dummy", "--input", MESSAGES, "--output", out, "--state", state).expect(0)
    assert {t.split(".")[1] for t in tokens(out)} == {"2"}, tokens(out)


def of_another_pipeline(folder):
    out, state = os.path.join(folder, "out"), os.path.join(folder, "state")
    support.run("dummy", "--input", MESSAGES, "--output", out, "--state", state).expect(0)
    r = support.run("secadvisor", "--input", MESSAGES, "--output", out, "--state", state).expect(1)
    assert f"the state directory {state} is that of pipeline dummy, and this one is secadvisor" in r.err, r.err


def a_check_leaves_nothing(folder):
    state = os.path.join(folder, "state")
    support.run("dummy", "--input", MESSAGES, "--output", folder, "--state", state, "--check-config").expect(0)
    assert not os.path.exists(state)


LINES = b'{"a":%d}\n'


def numbers(out):
    """All values of a, of all objects."""
    found = []
    for key in keys(out):
        with open(os.path.join(out, key)) as f:
            found += [json.loads(line)["a"] for line in f]
    return sorted(found)


def built(folder, follow):
    """A program that passes records on, one object per 1,000 of them; reads FOLDER/in, with a state directory."""
    path = os.path.join(folder, "p.flow")
    with open(path, "w") as f:
        f.write(f'pipeline p "p"; source file {{ path = "{folder}/in"; follow = {follow}; }}\n'
                f'state {{ directory = "{folder}/state"; every = 1s; }} schema S {{ a : int; }}\n'
                f'output {{ store buffered {{ max_flows_per_object = 1000; }} encode ndjson; write file {{ directory = "{folder}/out"; }} }}\n')
    support.run(support.FLOWC, "build", path, "-o", os.path.join(folder, "p")).expect(0)
    return os.path.join(folder, "p"), os.path.join(folder, "in"), os.path.join(folder, "out")


def put(path, first, last, mode="ab"):
    with open(path, mode) as f:
        f.write(b"".join(LINES % i for i in range(first, last)))


def a_file_is_read_once(folder):
    program, path, out = built(folder, "false")
    put(path, 0, 2500)
    for _ in range(2):
        support.run(program, "/dev/null").expect(0)
    assert numbers(out) == list(range(2500)), len(numbers(out))
    put(path, 2500, 2600)
    support.run(program, "/dev/null").expect(0)
    assert numbers(out) == list(range(2600)), len(numbers(out))
    put(path, 5000, 5010, "wb")  # another content under the same name
    support.run(program, "/dev/null").expect(0)
    assert numbers(out) == list(range(2600)) + list(range(5000, 5010)), numbers(out)[2590:]


def input_twice_adds_nothing(folder):
    out, state = os.path.join(folder, "out"), os.path.join(folder, "state")
    seen = []
    for _ in range(2):
        support.run("dummy", "--input", MESSAGES, "--output", out, "--state", state).expect(0)
        seen.append(keys(out))
    assert seen[0] and seen[0] == seen[1], seen


def followed(folder, *steps):
    """A run per step, each stopped when it has stored as many as there are by then."""
    program, path, out = built(folder, "true")
    total = 0
    for step in steps:
        total += step(path)
        port = support.free_port()
        with support.Running(program, "/dev/null", "--metrics-listen", f"127.0.0.1:{port}") as p:
            before = len(numbers(out)) if os.path.isdir(out) else 0
            p.until(lambda: "started" in p.err, "start")
            p.until(lambda: support.metrics(port).get("flowc_received_total", 0) >= total - before, "all received")
            p.signal(signal.SIGTERM)
            p.wait().expect(0)
        assert numbers(out) == list(range(total)), (step, total, len(numbers(out)))


def writes(first, last):
    def step(path):
        put(path, first, last)
        return last - first
    return step


def a_followed_file_goes_on(folder):
    followed(folder, writes(0, 1500), writes(1500, 1500), writes(1500, 3000))


def rotated_while_stopped(folder):
    def rotate(path):
        put(path, 1500, 1600)
        os.rename(path, path + ".1")
        put(path, 1600, 2000)
        return 500

    def twice(path):
        for n in range(2):
            put(path, 2000 + n * 100, 2100 + n * 100)
            for i in (2, 1):
                os.rename(f"{path}.{i}", f"{path}.{i + 1}") if os.path.exists(f"{path}.{i}") else None
            os.rename(path, path + ".1")
        put(path, 2200, 2300)
        return 300
    followed(folder, writes(0, 1500), rotate, twice)


def copied_and_truncated_while_stopped(folder):
    def copy(path):
        put(path, 1500, 1600)
        shutil.copyfile(path, path + ".1")
        os.truncate(path, 0)
        put(path, 1600, 1650)
        return 150

    def grown(path):
        shutil.copyfile(path, path + ".1")
        os.truncate(path, 0)
        put(path, 1650, 2650)
        return 1000
    followed(folder, writes(0, 1500), copy, grown)


def half_a_line_waits_for_its_end(folder):
    program, path, out = built(folder, "true")
    put(path, 0, 10)
    with open(path, "ab") as f:
        f.write(b'{"a":')
    port = support.free_port()
    with support.Running(program, "/dev/null", "--metrics-listen", f"127.0.0.1:{port}") as p:
        p.until(lambda: support.metrics(port).get("flowc_received_total", 0) >= 10, "all received")
        p.signal(signal.SIGTERM)
        r = p.wait().expect(0)
    assert support.ledger(r.err).get("rejected_messages", 0) == 0, r.err
    with open(path, "ab") as f:
        f.write(b"10}\n")
    with support.Running(program, "/dev/null", "--metrics-listen", f"127.0.0.1:{port}") as p:
        p.until(lambda: support.metrics(port).get("flowc_received_total", 0) >= 1, "the last")
        p.signal(signal.SIGTERM)
        p.wait().expect(0)
    assert numbers(out) == list(range(11)), numbers(out)


def killed_anywhere_loses_nothing(folder):
    """SIGKILL at random points while a writer writes and rotates: each record is stored, those since the last checkpoint perhaps twice."""
    program, path, out = built(folder, "true")
    seed = int(os.environ.get("SEED", "1"))
    rounds = int(os.environ.get("ROUNDS", "12"))
    random.seed(seed)
    total = 0
    put(path, 0, 0)  # one that was there and gone before the first start is nobody's
    for n in range(rounds):
        with support.Running(program, "/dev/null") as p:
            p.until(lambda: "started" in p.err, "start")
            for _ in range(random.randrange(1, 8)):
                put(path, total, total + 500)
                total += 500
                time.sleep(random.random() * 0.4)
                if random.random() < 0.2:
                    os.rename(path, f"{path}-{total:09d}")
            p.signal(signal.SIGKILL)
            p.process.wait()
    put(path, total, total + 1)
    total += 1
    with support.Running(program, "/dev/null") as p:
        p.until(lambda: total - 1 in numbers(out), "the last record")
        p.signal(signal.SIGTERM)
        r = p.wait().expect(0)
    found = numbers(out)
    missing = set(range(total)) - set(found)
    assert not missing, f"seed {seed}: {len(missing)} of {total} lost, the first {min(missing)}\n{r.err}"
    assert not support.ledger(r.err).get("gaps"), r.err
    print(f"        rounds={rounds} records={total} lost=0 stored_again={len(found) - total}", flush=True)


def an_outage_moves_no_position(folder):
    program, path, out = built(folder, "false")
    put(path, 0, 1500)
    support.run(program, "/dev/null", "--set", "pipeline.write.type=s3", "--set", "pipeline.write.s3.endpoint=http://127.0.0.1:1",
                "--set", "pipeline.write.s3.bucket=b", "--set", "pipeline.write.s3.access_key=k", "--set", "pipeline.write.s3.secret_key=s",
                "--stop-timeout", "500ms").expect(1)
    support.run(program, "/dev/null").expect(0)
    assert numbers(out) == list(range(1500)), len(numbers(out))


if __name__ == "__main__":
    support.main([each_run_has_a_token_of_its_own, by_configuration, by_the_flow, a_second_process_is_told_the_pid,
                  of_another_pipeline, a_check_leaves_nothing, a_file_is_read_once, input_twice_adds_nothing, a_followed_file_goes_on,
                  rotated_while_stopped, copied_and_truncated_while_stopped, half_a_line_waits_for_its_end, killed_anywhere_loses_nothing,
                  an_outage_moves_no_position])
