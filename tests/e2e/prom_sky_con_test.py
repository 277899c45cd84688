#!/usr/bin/env python3
"""prom_sky_con_test - recorded flows as metrics, over HTTP and as a file, against the original's page and against what the flows say.

The original's page has one series less for each connection that was seen at a second capture point: it forgets the second one's labels and
writes its values under the first one's. Here each has its own. Everything else is the same, line by line.
"""

import collections
import http.client
import json
import os
import re
import signal

import support
from support import FIXTURES, FLOWS, LOOKUPS, MESSAGES

EXPECTED = os.path.join(FIXTURES, "expected", "prom_sky_con")
NAME = "skydive_network_connection_"
MEANT = {  # name: (help, [(direction, counter)])
    "rtt_nanoseconds": ("Round Trip Time of packets that have been transmitted on this connection", [("initiator_to_target", "RTT")]),
    "total_bytes": ("Number of bytes that have been transmmitted on this connection",
                    [("initiator_to_target", "ABBytes"), ("target_to_initiator", "BABytes")]),
    "total_packets": ("Number of packets that have been transmmitted on this connection",
                      [("initiator_to_target", "ABPackets"), ("target_to_initiator", "BAPackets")]),
}


def shortest(v):
    """As Go's %g without a precision."""
    text = repr(float(v))
    mantissa, _, exponent = f"{float(v):.17e}".partition("e")
    for digits in range(17):
        if float(f"{float(v):.{digits}e}") == float(v):
            mantissa, _, exponent = f"{float(v):.{digits}e}".partition("e")
            break
    if -4 <= int(exponent) < 6:
        return text[:-2] if text.endswith(".0") else text
    return f"{mantissa}e{exponent[0]}{int(exponent[1:]):02d}"


def escaped(s):
    return s.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def flows():
    with open(MESSAGES) as f:
        for line in f:
            yield from json.loads(line)["Obj"]


def modelled(linked=False):
    """The page that the flows make, sorted lines; and labels -> value of the last flow with this L3TrackingID, first labels, as the original has them."""
    values, first, overwritten = {}, {}, {}
    for f in flows():
        if "Transport" not in f or "Metric" not in f or (linked and ("Link" not in f or "Network" not in f)):
            continue
        t, n = f["Transport"], f.get("Network", {})
        labels = {"initiator_ip": n.get("A", ""), "target_ip": n.get("B", ""), "initiator_port": str(t.get("A", 0)),
                  "target_port": str(t.get("B", 0)), "protocol": t.get("Protocol", "ETHERNET"), "node_tid": f.get("NodeTID", "")}
        old = first.setdefault(f["L3TrackingID"], labels)
        for name, (_, series) in MEANT.items():
            for direction, counter in series:
                v = shortest(f["Metric"].get(counter, 0))

                def key(of):
                    every = sorted({**of, "direction": direction}.items())
                    return NAME + name + "{" + ",".join(f'{k}="{escaped(x)}"' for k, x in every) + "}"
                values[key(labels)] = v
                overwritten[key(old)] = v
    return values, overwritten


def page(series):
    lines = [f"{k} {v}" for k, v in series.items()]
    for name, (text, _) in MEANT.items():
        lines += [f"# HELP {NAME}{name} {text}", f"# TYPE {NAME}{name} gauge"]
    return sorted(lines)


def compare(text, what):
    values, _ = modelled()
    got, want = collections.Counter(text.splitlines()), collections.Counter(page(values))
    assert got == want, f"{what}: {list((got - want).items())[:3]} instead of {list((want - got).items())[:3]}"
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# HELP")]
    assert names == sorted(names), f"families aren't sorted: {names}"
    for line in text.splitlines():
        if not line.startswith("#"):
            labels = re.findall(r'([a-z_]+)="', line)
            assert labels == sorted(labels), line


def original_is_what_was_understood(folder):
    """So that the difference is the one that the docs name, and no other. It was given no flows without a link layer."""
    _, overwritten = modelled(linked=True)
    with open(os.path.join(EXPECTED, "metrics.txt")) as f:
        theirs = sorted(line for line in f.read().splitlines() if NAME in line)
    assert theirs == page(overwritten)


def ask(port, path="/metrics", method="GET", headers={}):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    c.request(method, path, headers=headers)
    r = c.getresponse()
    text = r.read().decode()
    c.close()
    return r.status, text, r.headers


def listening(p):
    """Its port."""
    return int(p.until(lambda: re.search(r"serving the pipeline's metrics.* port=(\d+)", p.err), "a server")[1])


def from_file(folder):
    config = os.path.join(EXPECTED, "config.yml")
    r = support.run("prom_sky_con", config, "--input", MESSAGES, "--output", "-").expect(0)
    compare(r.out, "standard output")
    support.balanced(support.ledger(r.err))
    out = os.path.join(folder, "out")
    support.run("prom_sky_con", config, "--input", MESSAGES, "--output", out).expect(0)
    assert os.listdir(out) == ["prom_sky_con.prom"], os.listdir(out)
    with open(os.path.join(out, "prom_sky_con.prom")) as f:
        compare(f.read(), "the file")
    r = support.run("prom_sky_con", config, "--input", MESSAGES, "--output", "/dev/null/x")
    assert r.status == 1 and "cannot write the metrics to /dev/null/x/prom_sky_con.prom: Not a directory" in r.err, r.err


def served_until_stopped(folder):
    """Also when the input has ended; the books go on being logged, and SIGHUP ends nothing."""
    with support.Running("prom_sky_con", "--input", MESSAGES, "--set", "listen=:0", "--ledger-every", "100ms") as p:
        port = listening(p)
        p.until(lambda: ask(port)[1].count("\n") > 2000, "all of it")
        status, text, headers = ask(port)
        assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
        compare(text, "served")
        status, text, headers = ask(port, method="HEAD")
        assert (status, text) == (200, ""), (status, text)
        assert ask(port, "/")[:2] == (404, "not found; there is /metrics\n")
        status, text, headers = ask(port, method="POST")
        assert (status, headers["Allow"]) == (405, "GET, HEAD"), (status, text)
        p.until(lambda: p.err.count(" INFO ledger received=751 written=554 ") >= 2, "the books, twice")
        p.signal(signal.SIGHUP)
        p.until(lambda: "SIGHUP ignored" in p.err, "an answer to SIGHUP")
        p.signal()
        p.wait().expect(0)


INTERFACE = "skydive_network_interface_"


def of_interfaces():
    """What the original showed of them, its lines sorted."""
    with open(os.path.join(EXPECTED, "metrics.txt")) as f:
        return sorted(line for line in f.read().splitlines() if INTERFACE in line)


def interfaces_from_file(folder):
    config = os.path.join(EXPECTED, "config.yml")
    r = support.run("prom_sky_con", config, "--input", MESSAGES, "--lookups", LOOKUPS, "--output", "-").expect(0)
    assert sorted(line for line in r.out.splitlines() if INTERFACE in line) == of_interfaces() and len(of_interfaces()) > 100
    compare("".join(line for line in r.out.splitlines(True) if INTERFACE not in line), "beside interfaces")


def interfaces_are_read_again(folder):
    """Asked of an analyzer; at SIGHUP the new values are there, and an interface that is gone goes when its time is over."""
    answers = os.path.join(folder, "answers.json")

    def write(*interfaces):
        with open(answers + ".new", "w") as f:
            json.dump({"G.V().Has('EncapType', 'ether')": [
                {"Host": "h", "Metadata": {"TID": tid, "Name": tid, "Type": "veth", "IPV4": ["10.0.0.1/24"], "Metric": {"RxBytes": rx}}} for tid, rx in interfaces]}, f)
        os.rename(answers + ".new", answers)

    def shown(port):
        return sorted(re.findall(r'rx_bytes\{.*node_tid="(\w+)"\} (\S+)', ask(port)[1]))

    write(("a", 1), ("b", 2))
    with support.Analyzer("--messages", MESSAGES, "--gremlin", answers) as analyzer:
        at, config = f"127.0.0.1:{analyzer.port}", os.path.join(folder, "config.yml")
        with open(config, "w") as f:
            f.write(f"analyzers: [{at}]\npipeline: {{subscriber: {{url: 'ws://{at}/ws/subscriber/flow'}}}}\n")
        with support.Running("prom_sky_con", config, "--set", "listen=:0", "--set", "connection_timeout=3s") as p:
            port = listening(p)
            p.until(lambda: shown(port) == [("a", "1"), ("b", "2")], "both")
            write(("a", 7))
            p.signal(signal.SIGHUP)
            p.until(lambda: ("a", "7") in shown(port), "the new value")
            p.until(lambda: "b" not in dict(shown(port)), "that the other is gone", 20)
            p.signal()
            p.wait().expect(0)


def accounted(metrics):
    return metrics.get("flowc_written_total", 0) + metrics.get('flowc_dropped_total{reason="no_transport"}', 0)


def from_analyzer(folder):
    config = os.path.join(folder, "config.yml")
    port = support.free_port()
    with support.Analyzer("--messages", MESSAGES) as analyzer:
        with open(os.path.join(EXPECTED, "config.yml")) as f:
            text = f.read().replace("127.0.0.1:8082", f"127.0.0.1:{analyzer.port}").replace("port: 9100", f"port: {port}")
        with open(config, "w") as f:
            f.write(text)
        books = support.free_port()
        with support.Running("prom_sky_con", config, "--metrics-listen", f"127.0.0.1:{books}") as p:
            p.until(lambda: accounted(support.metrics(books)) >= FLOWS, f"{FLOWS} flows written or dropped")
            compare(ask(port)[1], "from an analyzer")
            p.signal()
            p.wait().expect(0)


def where_it_listens(folder):
    port = support.free_port()
    for listen in (f"{port}", f":{port}", f"127.0.0.1:{port}", f"localhost:{port}"):
        with support.Running("prom_sky_con", "--input", MESSAGES, "--set", f"pipeline.store.prom_sky_con.port={listen}") as p:
            assert listening(p) == port
            ss = open("/proc/net/tcp").read() + open("/proc/net/tcp6").read()
            assert f"0100007F:{port:04X} 00000000:0000 0A" in ss, f"{listen}: not on 127.0.0.1"
            assert f" 00000000:{port:04X} " not in ss and f"{'0' * 32}:{port:04X} " not in ss, f"{listen}: on all addresses"
            r = support.run("prom_sky_con", "--input", MESSAGES, "--set", f"listen={port}")
            assert r.status == 1 and f"metrics at {port}: cannot listen there: the port is in use" in r.err, r.err
            assert " started " not in r.err
    r = support.run("prom_sky_con", "--input", MESSAGES, "--set", "listen=here")
    assert r.status == 1 and "metrics at here: expected host:port or :port" in r.err, r.err


def connections_expire(folder):
    fifo = os.path.join(folder, "fifo")
    os.mkfifo(fifo)
    with support.Running("prom_sky_con", "--set", "listen=:0", "--set", "connection_timeout=1s", "--input", fifo) as p:
        with open(fifo, "w") as f:
            port = listening(p)
            f.write(open(MESSAGES).read())
            f.flush()
            p.until(lambda: NAME in ask(port)[1], "series")
            p.until(lambda: ask(port)[1] == "", "none", 10)


TESTS = [original_is_what_was_understood, from_file, served_until_stopped, where_it_listens, connections_expire,
         interfaces_from_file]

if __name__ == "__main__":
    try:
        import websockets  # noqa: F401
        TESTS += [from_analyzer, interfaces_are_read_again]
    except ImportError:
        print("SKIPPED: the WebSocket half needs python3-websockets (apt-get install python3-websockets)")
    support.main(TESTS)
