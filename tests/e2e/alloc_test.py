#!/usr/bin/env python3
"""alloc_test - the path of a record allocates nothing: 100,000 flows take as many allocations as 1,000.

A preloaded counter (alloc_count.c) counts per thread; the worker threads decode, classify, filter, transform, encode and
compress.

    dropped   on one processor; every flow is decoded, classified and dropped: the counts are equal
    written   on all; every flow ends in an object: the largest load of a thread decides how much memory it gets, so 20,000
              flows warm it up, and 80,000 more may take a few pieces, not one per thousand flows
"""

import os
import subprocess

import support

A_FEW = 16


def build(folder):
    library = os.path.join(folder, "alloc_count.so")
    cc = os.environ.get("CC", "cc").split()
    subprocess.run([*cc, "-O2", "-shared", "-fPIC", "-D_GNU_SOURCE", os.path.join(support.SRC, "tests", "e2e", "alloc_count.c"),
                    "-o", library], check=True)
    return library


def flows(folder, n):
    """n flows from the recorded ones, with identifiers of their own per round, as lines of messages."""
    path = os.path.join(folder, f"{n}.jsonl")
    with open(support.MESSAGES) as f:
        messages = f.readlines()
    with open(path, "w") as out:
        left, turn = n, 0
        while left > 0:
            for m in messages:
                count = m.count('"RawPacketsCaptured"')
                if left < count:
                    left = 0
                    break
                out.write(m.replace('{"UUID":"', f'{{"UUID":"{turn:06x}'))
                left -= count
            turn += 1
    return path


def allocations(program, folder, library, path, *args):
    report = os.path.join(folder, "report")
    out = os.path.join(folder, "out-" + os.path.basename(path))
    support.run(program, "--input", path, "--output", out, *args,
                env={"LD_PRELOAD": library, "ALLOC_COUNT": report}, timeout=120).expect(0)
    with open(report) as f:
        rows = [line.rsplit(" ", 1) for line in f]
    workers = [int(n) for name, n in rows if name == "worker"]
    assert workers, f"which of these threads is a worker? {rows}"
    return sum(workers)


BIG = ("--set", "pipeline.store.buffered.max_flows_per_object=1000000", "--set", "pipeline.store.buffered.max_flow_array_size=0",
       "--set", "pipeline.store.buffered.max_seconds_per_object=3600")
NOTHING = ("--set", "pipeline.filter.excluded_tags=[internal, egress, ingress, other]")


def dropped(program):
    def test(folder):
        library = build(folder)
        processors = os.sched_getaffinity(0)
        os.sched_setaffinity(0, list(processors)[:1])
        try:
            small = allocations(program, folder, library, flows(folder, 1000), *NOTHING)
            large = allocations(program, folder, library, flows(folder, 100000), *NOTHING)
        finally:
            os.sched_setaffinity(0, processors)
        assert small == large, f"1,000 flows took {small} allocations of the worker, 100,000 flows {large}"
    test.__name__ = program + "-dropped"
    return test


def written(program):
    def test(folder):
        library = build(folder)
        small = allocations(program, folder, library, flows(folder, 20000), *BIG)
        large = allocations(program, folder, library, flows(folder, 100000), *BIG)
        assert large <= small + A_FEW, f"20,000 flows took {small} allocations of the workers, 100,000 flows {large}"
    test.__name__ = program + "-written"
    return test


if __name__ == "__main__":
    if support.SLOW > 1:
        support.skip("sanitizers have an allocator of their own")
    support.main([kind(program) for program in ("dummy", "secadvisor") for kind in (dropped, written)])
