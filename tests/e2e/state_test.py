#!/usr/bin/env python3
"""state_test - the state directory: one process at a time, whose it is, and tokens in the names of objects that no two runs share."""

import os
import re
import signal

import compare
import support
from support import MESSAGES


def keys(out):
    return sorted(os.path.relpath(os.path.join(d, f), out) for d, _, files in os.walk(out) for f in files)


def tokens(out):
    return {re.search(r"Z-([0-9a-f]{8}\.\d+)/", k).group(1) for k in keys(out)}


def each_run_has_a_token_of_its_own(folder):
    out, state = os.path.join(folder, "out"), os.path.join(folder, "state")
    for _ in range(3):
        support.run("dummy", "--input", MESSAGES, "--output", out, "--state", state).expect(0)
    seen = tokens(out)
    assert len({t.split(".")[0] for t in seen}) == 1, seen
    assert {t.split(".")[1] for t in seen} == {"1", "2", "3"}, seen
    assert len(compare.written(out)) > 0


def by_configuration(folder):
    out, state = os.path.join(folder, "out"), os.path.join(folder, "state")
    support.run("dummy", "--input", MESSAGES, "--output", out, "--set", f"pipeline.state.directory={state}").expect(0)
    assert tokens(out) and sorted(os.listdir(state)) == ["identity", "lock"]


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


if __name__ == "__main__":
    support.main([each_run_has_a_token_of_its_own, by_configuration, by_the_flow, a_second_process_is_told_the_pid,
                  of_another_pipeline, a_check_leaves_nothing])
