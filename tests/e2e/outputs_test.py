#!/usr/bin/env python3
"""outputs_test - several outputs: what each gets, its keys and books, and that one which is stuck costs the others nothing."""

import os
import re
import time

import support
from support import FLOWC, FLOWS, MESSAGES, Running, Stuck, balanced, free_port, metrics, run

FLOW = """pipeline two "two outputs";
use skydive;
source skydive;
classify { large when (Metric.ABBytes ?? 0) > 1000; small otherwise; }
output all { store buffered; encode ndjson; write file { directory = "all"; } }
output large {
    filter { drop too_small when class == small; }
    store direct; encode ndjson; write s3 { access_key = "a"; secret_key_file = "key"; }
    queue { max_bytes = 64KiB; }
}
"""


def compiled(folder, text=FLOW):
    with open(os.path.join(folder, "two.flow"), "w") as f:
        f.write(text)
    with open(os.path.join(folder, "key"), "w") as f:
        f.write("secret")
    os.chmod(os.path.join(folder, "key"), 0o600)
    run(FLOWC, "build", "two.flow", "-o", "two", cwd=folder, timeout=120).expect(0)
    return os.path.join(folder, "two")


def books(log):
    """Counters of the last ledger lines, by output, what is common to all included."""
    common, outputs = {}, {}
    for line in log.splitlines():
        if " ledger " not in line:
            continue
        counters = {k: int(v) for k, v in re.findall(r"([a-z_.]+)=(\d+)(?=\s|$)", line)}
        name = re.search(r"\boutput=(\w+)", line)
        if name:
            outputs[name[1]] = counters
        else:
            common = {k: v for k, v in counters.items() if k != "pending"}
    return {name: {**common, **counters} for name, counters in outputs.items()}


def records(folder):
    lines = []
    for base, _, files in os.walk(folder):
        for name in files:
            with open(os.path.join(base, name)) as f:
                lines += f.read().splitlines()
    return lines


def each_has_its_own(folder):
    program = compiled(folder)
    r = run(program, "--input", MESSAGES, "--output", "out", cwd=folder).expect(0)
    everything, large = records(os.path.join(folder, "out", "all")), records(os.path.join(folder, "out", "large"))
    assert len(everything) == FLOWS, len(everything)
    assert 0 < len(large) < FLOWS and set(large) < set(everything), len(large)
    found = books(r.err)
    assert found["all"]["written"] == FLOWS and "dropped.too_small" not in found["all"], found
    assert found["large"]["written"] == len(large) and found["large"]["dropped.too_small"] == FLOWS - len(large), found
    for counters in found.values():
        balanced(counters)


def keys_of_each(folder):
    program = compiled(folder)
    sets = ["--set", "pipeline.store.buffered.filename_prefix=first", "--set", "outputs.large.store.direct.filename_prefix=second",
            "--set", "outputs.LARGE.compress.type=gzip"]
    env = {"SKYDIVE_OUTPUTS_ALL_STORE_BUFFERED_DIRNAME": "here"}
    run(program, "--input", MESSAGES, "--output", "out", *sets, cwd=folder, env=env).expect(0)
    assert os.path.isdir(os.path.join(folder, "out", "all", "here", "first")), os.listdir(os.path.join(folder, "out", "all"))
    names = [n for _, _, files in os.walk(os.path.join(folder, "out", "large", "bucket", "second")) for n in files]
    assert names and all(n.endswith(".ndjson.gz") for n in names), names
    text = run(program, "--print-config", *sets, cwd=folder).expect(0).out
    with open(os.path.join(folder, "printed.yml"), "w") as f:
        f.write(text)
    assert text == run(program, "--print-config", "printed.yml", cwd=folder).expect(0).out
    r = run(program, "--check-config", "--input", "x", "--set", "outputs.large.store.direct.dir=b", "--set", "outputs.some.write.type=s3",
            "--set", "outputs.large.queue.when_full=stop", cwd=folder).expect(1)
    assert "unknown key outputs.large.store.direct.dir" in r.err and "unknown key outputs.some.write.type" in r.err, r.err
    assert "outputs.large.queue.when_full: `stop` is not known; expected block, drop_oldest or drop_newest" in r.err, r.err


def arguments(stuck, port, when_full, messages=MESSAGES):
    return ["--input", messages, "--set", f"outputs.large.write.s3.endpoint=http://127.0.0.1:{stuck.listener.getsockname()[1]}",
            "--set", f"outputs.large.queue.when_full={when_full}", "--set", "outputs.all.store.buffered.max_seconds_per_object=1s",
            "--metrics-listen", f"127.0.0.1:{port}", "--stop-timeout", "2s", "--ledger-every", "1s"]


def a_stuck_one_drops(folder):
    """Input goes on; what is lost is counted under the output that lost it, and the log says what waits there."""
    program = compiled(folder, FLOW.replace("> 1000", "> 100"))
    for when_full in "drop_oldest", "drop_newest":
        port = free_port()
        with Stuck() as stuck, Running(program, *arguments(stuck, port, when_full), cwd=folder) as p:
            p.until(lambda: metrics(port).get('flowc_written_total{output="all"}') == FLOWS, "records in the output that works")
            m = metrics(port)
            assert m['flowc_pending{output="all"}'] == 0 and m['flowc_written_total{output="large"}'] == 0, m
            assert m['flowc_dropped_total{output="large",reason="too_small"}'] > 0, m
            assert m['flowc_overflow_total{output="all"}'] == 0 < m['flowc_overflow_total{output="large"}'], m
            p.until(lambda: re.search(r"ledger output=large .* objects_waiting=\d+ bytes_waiting=\d+ oldest=\d+s", p.err), "line about what waits")
            p.signal()
            r = p.wait().expect(1)
        found = books(r.err)
        for counters in found.values():
            balanced(counters)
        assert found["all"]["written"] == FLOWS, found
        assert found["large"]["overflow"] > 0 < found["large"]["undelivered"], found
        assert 'too many records wait, dropping ' in r.err and "output=large" in r.err, r.err
        support.shutil.rmtree(os.path.join(folder, "all"))


def a_stuck_one_blocks(folder):
    """Input stops, the log names the output, and what the other one has open is sealed all the same."""
    program, port, much = compiled(folder, FLOW.replace("> 1000", "> 100")), free_port(), os.path.join(folder, "much.jsonl")
    with open(MESSAGES, "rb") as f, open(much, "wb") as to:
        to.write(f.read() * 10)
    with Stuck() as stuck, Running(program, *arguments(stuck, port, "block", much), cwd=folder) as p:
        p.until(lambda: "output is full, input waits output=large" in p.err, "line about the full output")
        p.until(lambda: metrics(port).get('flowc_written_total{output="all"}', 0) > 0, "records in the other output")
        end = time.monotonic() + 1
        while time.monotonic() < end:
            assert metrics(port)["flowc_received_total"] < 10 * FLOWS, metrics(port)
            time.sleep(0.1)
        p.signal()
        r = p.wait().expect(1)
    for counters in books(r.err).values():
        balanced(counters)


support.main([each_has_its_own, keys_of_each, a_stuck_one_drops, a_stuck_one_blocks])
