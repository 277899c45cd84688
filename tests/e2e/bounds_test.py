#!/usr/bin/env python3
"""bounds_test - what a pipeline remembers stays under what `flowc check -v` prints, however many keys come.

Each shipped pipeline that remembers something gets flows that are all of another UUID, link and connection, with everything on that
needs memory. Its bounds are lowered for that in a copy, so that a table which kept all would be seen at once: 100,000 flows may take as much
more than 1,000 as is printed, and a little. CHECK_LONG=yes sends ten million to the pipelines as they are shipped.
"""

import os
import re
import shutil
import subprocess
import threading

import support

LONG = bool(os.environ.get("CHECK_LONG"))
FEW, MANY = 1000, 10_000_000 if LONG else 100_000
SMALL = 2000                # rows, where a pipeline says 1M or 100k
SLACK = (64 if LONG else 8) << 20  # buffers grow to what objects, batches and blocks need
PIPELINES = os.path.join(support.SRC, "pipelines")

CASES = {
    "dummy": [],
    "secadvisor": ["--set", "pipeline.mangle.type=logstatus"],
    "awsflowlogs": [],
    "vpclogs": ["--set", "pipeline.mangle.type=action", "--set", "pipeline.action.tid1=t1", "--set", "pipeline.action.tid2=t2"],
    "prom_sky_con": [],
}


def flows(n, to):
    """Distinct in all that a pipeline may go by, a message for each hundred."""
    time = 1600000000000
    try:
        for begin in range(0, n, 100):
            to.write(("[" + ",".join(
                f'{{"UUID":"{i:016x}","LayersPath":"Ethernet/IPv4/TCP","Link":{{"Protocol":"ETHERNET","ID":{i}}},'
                f'"Network":{{"Protocol":"IPV4","A":"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}","B":"192.168.{i >> 8 & 255}.{i & 255}"}},'
                f'"Transport":{{"Protocol":"TCP","A":{i & 65535},"B":443}},"LastUpdateMetric":{{"ABPackets":1,"ABBytes":{i},"Start":{time},"Last":{time}}},'
                f'"Metric":{{"ABPackets":1,"ABBytes":{i},"Start":{time}}},"Start":{time},"Last":{time},"L3TrackingID":"{i:016x}","NodeTID":"t{1 + i % 2}"}}'
                for i in range(begin, min(begin + 100, n))) + "]\n").encode())
        to.flush()
    except BrokenPipeError:
        pass


def high_water(process):
    """Bytes; what wait4 says counts the memory of this test before exec too."""
    with open(f"/proc/{process.pid}/status") as f:
        return int(re.search(r"VmHWM:\s+(\d+) kB", f.read()).group(1)) * 1024


def peak(folder, program, n, args):
    """The most bytes that the program had, n flows being read from its standard input."""
    out = os.path.join(folder, "out")
    shutil.rmtree(out, ignore_errors=True)
    process = subprocess.Popen([program, "--input", "-", "--output", out, *args], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    said = []
    reader = threading.Thread(target=lambda: said.append(process.stderr.read()))
    reader.start()
    flows(n, process.stdin)
    most = high_water(process)  # all but what the pipe holds has been read
    process.stdin.close()
    reader.join()
    process.stderr.close()
    process.wait()
    text = said[0].decode(errors="replace")
    assert process.returncode == 0, text[-3000:]
    ledger = dict(re.findall(r"(received|malformed|pending)=(\d+)", next(line for line in text.splitlines() if "INFO ledger " in line)))
    assert ledger == {"received": str(n), "pending": "0"}, text[-1000:]
    return most


def printed(flow):
    """Bytes of all tables, joins and metrics."""
    got = support.run(support.FLOWC, "check", "-v", flow).expect(0)
    first = got.err.split("\nvariant 2")[0]
    lines = [line for line in first.splitlines() if line.startswith(("table ", "join ", "metrics "))]
    return sum(float(re.search(r"([0-9.]+) MiB", line).group(1)) for line in lines) * (1 << 20), len(lines)


def bounded(name):
    def test(folder):
        sources = os.path.join(folder, "pipelines")
        shutil.copytree(PIPELINES, sources, ignore=shutil.ignore_patterns("*.o", "*.c"))
        if not LONG:
            for file in os.listdir(sources):
                path = os.path.join(sources, file)
                if file.endswith(".flow"):
                    with open(path) as f:
                        text = f.read()
                    with open(path, "w") as f:
                        f.write(re.sub(r"\bmax (1M|100k)\b", f"max {SMALL}", text))
        flow, program = os.path.join(sources, name + ".flow"), os.path.join(folder, name)
        bound, remembers = printed(flow)
        assert remembers or name in ("dummy", "awsflowlogs"), name
        support.run(support.FLOWC, "build", flow, "-o", program, env={"FLOWC_CFLAGS": f"-O1 {support.INSTRUMENTED}"}, timeout=300).expect(0)
        few, many = peak(folder, program, FEW, CASES[name]), peak(folder, program, FEW if support.INSTRUMENTED else MANY, CASES[name])
        print(f"{name:13} {few / 2**20:8.1f} {many / 2**20:8.1f} MiB, {bound / 2**20:.1f} MiB printed", flush=True)
        assert support.INSTRUMENTED or many <= few + bound + SLACK + (256 << 20 if LONG else 0), (name, few, many, bound)
    test.__name__ = name
    return test


if __name__ == "__main__":
    support.main([bounded(name) for name in CASES])
