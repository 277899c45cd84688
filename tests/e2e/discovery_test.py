#!/usr/bin/env python3
"""discovery_test - tables that are filled from outside, in a whole program: secadvisor's classifier subnet_autodiscovery.

The nodes come from a file of lookups, from an analyzer, or from nobody.
"""

import json
import os

import compare
import support
from support import LOOKUPS

QUERY = 'G.V().Has("Manager", "k8s", "Type", "node")'


def node(number, *addresses):
    return {"ID": str(number), "Metadata": {"K8s": {"Extra": {"Status": {"Addresses": list(addresses)}}}}}


def address(kind, text):
    return {"Type": kind, "Address": text}


NODES = [
    node(1, address("InternalIP", "192.0.2.1"), address("ExternalIP", "203.0.113.1"), address("ExternalIP", "203.0.113.2")),
    node(2, address("InternalIP", "192.0.2.2"), address("InternalIP", "2001:db8::2"), "no object", {"Type": "InternalIP"}),
    node(3, address("Hostname", "worker-3")),
    {"ID": "4", "Metadata": {"Name": "no addresses"}},
]
# addresses, and the class with the nodes and without
FLOWS = [
    ("10.0.0.1", "203.0.113.1", "internal", "egress"),
    ("203.0.113.2", "10.0.0.1", "ingress", "ingress"),  # only the first external address counts
    ("192.0.2.1", "203.0.113.1", "ingress", "other"),
    ("2001:DB8:0::2", "2001:db8::3", "egress", "other"),  # IPv6 nodes are one address, not a network
    ("worker-3", "10.0.0.1", "other", "other"),
]


def set_up(folder):
    flows = [{"UUID": str(i), "Start": 1, "Last": 2, "NodeTID": "", "Network": {"Protocol": "IPV4", "A": a, "B": b, "ID": 0}}
             for i, (a, b, _, _) in enumerate(FLOWS)]
    paths = [os.path.join(folder, name) for name in ("flows.json", "lookups.json", "config.yml", "out")]
    with open(LOOKUPS, encoding="utf-8") as f:
        lookups = json.load(f)
    lookups[QUERY] = NODES
    for path, value in zip(paths, (flows, lookups)):
        with open(path, "w", encoding="utf-8") as f:
            json.dump(value, f)
    with open(paths[2], "w", encoding="utf-8") as f:
        f.write("pipeline:\n  classify: {type: subnet_autodiscovery}\n  filter: {excluded_tags: []}\n  compress: {type: none}\n")
    return paths


def classes(out):
    found = {}
    for path, data in compare.objects(out):
        for record in json.loads(data)["data"]:
            found[record["UUID"]] = path.split("/")[2]
    return [found.get(str(i)) for i in range(len(FLOWS))]


def nodes_of_a_file(folder):
    flows, lookups, config, out = set_up(folder)
    p = support.run("secadvisor", config, "--input", flows, "--lookups", lookups, "--output", out)
    p.expect(0)
    assert classes(out) == [f[2] for f in FLOWS], classes(out)
    assert "a table was read table=nodes rows=2" in p.err, p.err
    assert "rows of a table were left out, they lack what is required table=nodes rows=2 of=4" in p.err, p.err


def with_masks_only(folder):
    flows, lookups, config, out = set_up(folder)
    support.run("secadvisor", config, "--input", flows, "--lookups", lookups, "--output", out,
                "--set", "pipeline.classify.type=subnet").expect(0)
    assert classes(out) == [f[3] for f in FLOWS], classes(out)


def query_not_in_the_file(folder):
    flows, _, config, out = set_up(folder)
    empty = os.path.join(folder, "empty.json")
    with open(empty, "w", encoding="utf-8") as f:
        f.write("{}")
    p = support.run("secadvisor", config, "--input", flows, "--lookups", empty, "--output", out)
    p.expect(0)
    assert classes(out) == [f[3] for f in FLOWS], classes(out)
    assert 'a table could not be read, its rows stay table=nodes error="the file of lookups lacks the query"' in p.err, p.err
    assert "a table is not read yet; records are taken without it table=nodes waited=5s" in p.err, p.err


support.main([nodes_of_a_file, with_masks_only, query_not_in_the_file])
