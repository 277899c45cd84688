#!/usr/bin/env python3
"""compare - are the records in a folder of objects those that the original wrote?

    compare.py CASE_FOLDER OUTPUT_FOLDER

CASE_FOLDER has CLASS.json files (an array, or {"data": array}); OUTPUT_FOLDER is what `--output` filled: BUCKET/PREFIX/CLASS/...
Records are compared as parsed JSON, every field, as multisets per class; order doesn't matter. Used by fixtures_test.py.

In the case `secadvisor` LogStatus is left out, and so are the expected records that the original made too many (NODATA, SKIPDATA)
and our own NODATA records, which depend on the clock. In `awsflowlogs` Protocol is expected to be IANA's number, in `vpclogs` ether_type is IPv6 where the
addresses are.
"""

import collections
import gzip
import json
import os
import sys


IANA = {0: 0, 2: 6, 3: 17, 4: 132} # of Skydive's numbers: none, TCP, UDP, SCTP


def parse(data, path):
    """The records of one object: an array, {"data": array}, or one document a line."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    text = data.decode("utf-8")
    try:
        top = json.loads(text)
    except json.JSONDecodeError:
        try:
            return [json.loads(line) for line in text.splitlines()]
        except json.JSONDecodeError as e:
            raise SystemExit(f"{path}: not JSON: {e}")
    if isinstance(top, dict) and set(top) == {"data"}:
        top = top["data"]
    if isinstance(top, dict) and "flow_logs" in top:
        top = top["flow_logs"]
    return top if isinstance(top, list) else [top]


def objects(folder):
    """(path relative to folder, bytes) of each object, sorted."""
    for base, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(base, name)
            with open(path, "rb") as f:
                yield os.path.relpath(path, folder), f.read()


def written(folder):
    """class -> records of a folder that --output filled."""
    result = collections.defaultdict(list)
    for path, data in objects(folder):
        parts = path.split(os.sep)
        if len(parts) < 4:
            raise SystemExit(f"{folder}/{path}: expected BUCKET/PREFIX/CLASS/...")
        result[parts[2]] += parse(data, path)
    return dict(result)


def expected(folder):
    result = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json"):
            with open(os.path.join(folder, name), "rb") as f:
                result[name[:-5]] = parse(f.read(), name)
    return result


def without_log_status(records, keep):
    return [{k: v for k, v in r.items() if k != "LogStatus"} for r in records if r.get("LogStatus") in keep]


def key(record):
    return json.dumps(record, sort_keys=True, ensure_ascii=True)


def leaves(value, path=""):
    if isinstance(value, dict) and value:
        for k, v in value.items():
            yield from leaves(v, f"{path}.{k}" if path else k)
    else:
        yield path, json.dumps(value, sort_keys=True)


def nearest(record, candidates):
    """The candidate that shares most leaves with record."""
    mine = set(leaves(record))
    return max(candidates, key=lambda c: len(mine & set(leaves(c))), default=None)


def differences(want, got, show=3):
    """Lines that say how two dictionaries class -> records differ; none if they don't."""
    lines = []
    for cls in sorted(set(want) | set(got)):
        a = collections.Counter(map(key, want.get(cls, [])))
        b = collections.Counter(map(key, got.get(cls, [])))
        missing, extra = a - b, b - a
        if not missing and not extra:
            continue
        lines.append(f"class {cls}: {sum(a.values())} records expected, {sum(b.values())} written; "
                     f"{sum(missing.values())} missing, {sum(extra.values())} not expected")
        others = [json.loads(k) for k in extra]
        for k in list(missing)[:show]:
            record = json.loads(k)
            near = nearest(record, others)
            if near is None:
                lines.append(f"  missing: {k[:300]}")
                continue
            lines.append(f"  UUID {record.get('UUID')}:")
            was, is_ = dict(leaves(record)), dict(leaves(near))
            for path in sorted(set(was) | set(is_)):
                if was.get(path) != is_.get(path):
                    lines.append(f"    {path}: expected {was.get(path, 'nothing')}, got {is_.get(path, 'nothing')}")
        if not missing:
            lines += [f"  not expected: {k[:300]}" for k in list(extra)[:show]]
    return lines


def case_differences(case_folder, output_folder):
    """As differences, with the exceptions of the case."""
    want, got = expected(case_folder), written(output_folder)
    if os.path.basename(os.path.normpath(case_folder)) == "secadvisor":
        want = {c: without_log_status(r, ("OK",)) for c, r in want.items()}
        got = {c: without_log_status(r, ("OK", "SKIPDATA")) for c, r in got.items()}
    if os.path.basename(os.path.normpath(case_folder)) == "awsflowlogs": # the original wrote Skydive's own number
        want = {c: [{**r, "Protocol": IANA[r["Protocol"]]} for r in records] for c, records in want.items()}
    if os.path.basename(os.path.normpath(case_folder)) == "vpclogs": # the original said IPv4 of IPv6 too
        want = {c: [{**r, "ether_type": "IPv6" if ":" in r["initiator_ip"] else "IPv4"} for r in records] for c, records in want.items()}
    if not any(want.values()):
        raise SystemExit(f"{case_folder}: no expected records")
    return differences(want, got)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    found = case_differences(sys.argv[1], sys.argv[2])
    print("\n".join(found) or "the same records")
    sys.exit(1 if found else 0)
