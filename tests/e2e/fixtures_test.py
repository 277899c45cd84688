#!/usr/bin/env python3
"""fixtures_test - recorded flows give exactly the records that the original exporter made of them.

Each case runs three times: from the file (--input), over a WebSocket from a test analyzer that also answers the lookups, and
from the file by allinone, which does what the configuration says.
The case's config.yml is the original's and is used as it is.
"""

import json
import os

import compare
import support
from support import FIXTURES, FLOWS, LOOKUPS, MESSAGES

CASES = {
    "awsflowlogs": "awsflowlogs",
    "dummy": "dummy",
    "dummy-pretty": "dummy",
    "secadvisor-plain": "secadvisor",
    "vpclogs": "vpclogs",
    "secadvisor-extend": "secadvisor",
    "secadvisor": "secadvisor",
    "secadvisor-autodiscovery": "secadvisor",
}


TRANSPORT = os.path.join(FIXTURES, "messages-transport.jsonl")  # those without Network, Transport or Link taken out: on these the original crashes
TCP = os.path.join(FIXTURES, "messages-tcp.jsonl")  # TCP flows only: on others the original crashes
RECORDED = {"awsflowlogs": (TRANSPORT, 535), "vpclogs": (TCP, 377)}


def recorded(case):
    """The messages of the case, and how many flows are in them."""
    return RECORDED.get(case, (MESSAGES, FLOWS))


def check(case, out):
    folder = os.path.join(FIXTURES, "expected", case)
    found = compare.case_differences(os.path.join(FIXTURES, "expected", "dummy") if case == "dummy-pretty" else folder, out)
    assert not found, f"{case}: records differ from the original's\n" + "\n".join(found)
    for path, data in compare.objects(out):
        assert path.endswith(".json") or ("." not in os.path.basename(path)), f"{path}: uncompressed, so no .gz"
        pretty = b"\n\t" in data
        assert pretty == (case in ("dummy-pretty", "secadvisor")), f"{path}: {'' if pretty else 'not '}indented"
        assert data.endswith(b"\n"), f"{path}: no line end at the end"


def from_file(case, program=None):
    def test(folder):
        out = os.path.join(folder, "out")
        config = os.path.join(FIXTURES, "expected", case, "config.yml")
        support.run(program or CASES[case], config, "--input", recorded(case)[0], "--lookups", LOOKUPS, "--output", out).expect(0)
        check(case, out)
    test.__name__ = case + (f"-{program}" if program else "-file")
    return test


def from_analyzer(case):
    def test(folder):
        out = os.path.join(folder, "out")
        config = os.path.join(folder, "config.yml")
        with support.Analyzer("--messages", recorded(case)[0], "--gremlin", LOOKUPS) as analyzer:
            with open(os.path.join(FIXTURES, "expected", case, "config.yml")) as f:
                text = f.read().replace("127.0.0.1:8082", f"127.0.0.1:{analyzer.port}")
            with open(config, "w") as f:
                f.write(text)
            port = support.free_port()
            with support.Running(CASES[case], config, "--output", out, "--metrics-listen", f"127.0.0.1:{port}") as p:
                p.until(lambda: support.metrics(port).get("flowc_received_total", 0) >= recorded(case)[1], f"{recorded(case)[1]} flows received")
                p.signal()
                p.wait().expect(0)
        check(case, out)
    test.__name__ = case + "-websocket"
    return test


def awsflowlogs_versions(folder):
    """Version 3 is the record of 2 and seven fields behind it; any other number is 2. Flows without layers, on which the original crashes, are records too."""
    def written(version):
        out = os.path.join(folder, str(version))
        config = os.path.join(FIXTURES, "expected", "awsflowlogs", "config.yml")
        support.run("awsflowlogs", config, "--input", MESSAGES, "--output", out, "--set", f"pipeline.transform.awsflowlogs.version={version}",
                    "--set", "pipeline.filter.excluded_tags=[]").expect(0)
        return compare.written(out)

    two, three = written(2), written(3)
    assert sum(map(len, two.values())) == FLOWS, {c: len(r) for c, r in two.items()}
    assert written(7) == two and written(0) == two
    more = ["VpcID", "SubnetID", "InstanceID", "TCPFlags", "Type", "PktSrcAddr", "PktDstAddr"]
    for c, records in three.items():
        for r, of_two in zip(records, two[c], strict=True):
            assert list(r)[14:] == more and {k: r[k] for k in list(r)[:14]} == {**of_two, "Version": 3}, r
            kind = "IPv6" if ":" in r["SrcAddr"] else "IPv4" if r["SrcAddr"] else ""
            assert [r[k] for k in more] == ["", "", "", 0, kind, "", ""], r


def awsflowlogs_csv(folder):
    """As AWS writes it, unless the names of the original are asked for; the values are those of the JSON."""
    config = os.path.join(FIXTURES, "expected", "awsflowlogs", "config.yml")
    aws = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status",
           "vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr")

    def lines(name, *sets):
        out = os.path.join(folder, name)
        args = [a for s in ("compress.type=none", "encode.type=csv", "filter.excluded_tags=[]", *sets) for a in ("--set", f"pipeline.{s}")]
        support.run("awsflowlogs", config, "--input", MESSAGES, "--output", out, *args).expect(0)
        found = {}
        for base, _, files in os.walk(out):
            for file in files:
                with open(os.path.join(base, file), newline="") as f:
                    found.setdefault(os.path.basename(os.path.dirname(base)), []).append(f.read())
        assert found
        return found

    def records():
        out = os.path.join(folder, "json")
        support.run("awsflowlogs", config, "--input", MESSAGES, "--output", out, "--set", "pipeline.filter.excluded_tags=[]").expect(0)
        return sum(map(len, compare.written(out).values()))

    count = 0
    for text in sum(lines("2", "transform.awsflowlogs.version=2").values(), []):
        rows = text.split("\n")
        assert rows[0] == aws[0] and rows[-1] == "" and "\r" not in text, rows[0]
        assert all(len(row.split(" ")) == 14 and row.startswith("2 12345678 ") and row.endswith(" ACCEPT OK") for row in rows[1:-1])
        count += len(rows) - 2
    assert count == records() == FLOWS, count
    for text in sum(lines("3", "transform.awsflowlogs.version=3").values(), []):
        rows = text.split("\n")
        assert rows[0] == " ".join(aws), rows[0]
        for row in rows[1:-1]:
            cells = row.split(" ")
            kind = "IPv6" if ":" in cells[3] else "IPv4" if cells[3] != "-" else "-"
            assert cells[14:] == ["-", "-", "-", "-", kind, "-", "-"], row
    for text in sum(lines("o", "transform.awsflowlogs.names=original").values(), []):
        assert text.startswith("Version,AccountID,InterfaceID,SrcAddr,DstAddr,SrcPort,DstPort,Protocol,Packets,Bytes,Start,End,Action,LogStatus\r\n"), text[:200]


def logstatus_by_value(folder):
    """SKIPDATA: a counter went on by something else than what the report says; each of the four. Not: a report that is repeated, or goes on."""
    def flow(uuid, metric, last):
        names = ("ABPackets", "ABBytes", "BAPackets", "BABytes")
        return {"UUID": uuid, "Start": 1, "Last": 2, "Network": {"Protocol": "IPV4", "A": "10.0.0.1", "B": "10.0.0.2"},
                "Metric": dict(zip(names, metric)), "LastUpdateMetric": dict(zip(names, last))}
    first = (1, 100, 2, 200)
    second = {"same": (first, first), "on": ((2, 150, 4, 260), (1, 50, 2, 60)), "none": (first, (0, 0, 0, 0))}
    for i, name in enumerate(("abp", "abb", "bap", "bab")):
        second[name] = (tuple(n + (k == i) * 5 for k, n in enumerate(first)), (0, 0, 0, 0))
    path = os.path.join(folder, "flows.json")
    with open(path, "w") as f:
        for uuid in second:
            print(json.dumps(flow(uuid, first, first)), file=f)
        for uuid, (metric, last) in second.items():
            print(json.dumps(flow(uuid, metric, last)), file=f)
    out = os.path.join(folder, "out")
    support.run("secadvisor", "--input", path, "--output", out, "--set", "pipeline.mangle.type=logstatus",
                "--set", "pipeline.classify.type=subnet").expect(0)
    got = [(r["UUID"], r["LogStatus"]) for r in compare.written(out)["internal"]]
    skipped = ("abp", "abb", "bap", "bab")
    assert got == [(u, "OK") for u in second] + [(u, "SKIPDATA" if u in skipped else "OK") for u in second], got


if __name__ == "__main__":
    names = list(CASES)
    if os.path.exists(os.path.join(support.SRC, "tests", "peers", "analyzer.py")):
        try:
            import websockets  # noqa: F401
            over_network = [from_analyzer(c) for c in names]
        except ImportError:
            print("SKIPPED: the WebSocket half needs python3-websockets (apt-get install python3-websockets)")
            over_network = []
    else:
        over_network = []
    from_files = [from_file(c) for c in names] + [from_file(c, "allinone") for c in names]
    support.main(from_files + [awsflowlogs_versions, awsflowlogs_csv, logstatus_by_value] + over_network)
