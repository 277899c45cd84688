#!/usr/bin/env python3
"""zstd_test - from a .flow to zstd objects and back; what is damaged; names that say gzip; a build without the library."""

import os
import subprocess

import support

FLOW = """
pipeline packed "records through zstd";
schema R { n : int; text? : string; }
source file { path = "in.zst"; decode json; %s }
transform T { n; text?; }
output { store direct { dirname = "b"; filename_prefix = "p"; instance = "none"; } encode ndjson; %s
         write file { directory = "out"; } }
"""
RECORDS = b"".join(b'{"n":%d,"text":"%s"}\n' % (i, b"x" * (i % 50)) for i in range(20000))
FIELD = os.path.join(support.SRC, "tests", "field", "cases", "54-zstd-input")
HAS = "#define HAVE_LIBZSTD 1" in open(os.path.join(support.BUILD, "config.h"), encoding="utf-8").read()


def built(folder, decompress, compress, name="packed"):
    with open(os.path.join(folder, name + ".flow"), "w", encoding="utf-8") as f:
        f.write(FLOW % (decompress, compress))
    support.run(support.FLOWC, "build", name + ".flow", "-o", name, cwd=folder, timeout=120).expect(0)
    return os.path.join(folder, name)


def put(folder, data, name="in.zst"):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def run(folder, program, *args, status=0):
    subprocess.run(["rm", "-rf", os.path.join(folder, "out")], check=True)
    return support.run(program, "/dev/null", *args, cwd=folder).expect(status)


def objects(folder):
    """Contents, in the order of their numbers."""
    found = []
    for where, _, names in os.walk(os.path.join(folder, "out")):
        found += [(n.split("-")[-1], os.path.join(where, n)) for n in names]
    assert all(number.endswith(".ndjson.zst") for number, _ in found), found
    return [open(path, "rb").read() for _, path in sorted(found)]


def there_and_back(folder):
    """gzip'd and plain records become zstd objects, and these, one behind the other, are input that gives the same records."""
    first = built(folder, "", "compress zstd { level = 3; }", "first")
    again = built(folder, "decompress zstd;", "compress zstd;", "again")
    put(folder, RECORDS)
    log = run(folder, first, "--set", "pipeline.compress.zstd.level=1").err
    assert support.ledger(log)["written"] == 20000, log
    made = objects(folder)
    assert len(made) > 0 and all(o.startswith(b"(\xb5/\xfd") for o in made), len(made)
    assert len(b"".join(made)) < len(RECORDS) / 3
    run(folder, first, "--set", "pipeline.compress.zstd.level=1")
    assert objects(folder) == made, "another run, other bytes"
    put(folder, b"".join(made))
    log = run(folder, again).err
    assert support.ledger(log)["written"] == 20000, log
    whole = b"".join(objects(folder))
    put(folder, whole)
    log = run(folder, again).err
    assert support.ledger(log)["written"] == 20000, log
    plain = run(folder, first, "--input", "in.zst", "--output", "-", "--set", "pipeline.compress.type=none").out
    records = "".join(line + "\n" for line in plain.splitlines() if line.startswith("{"))
    assert records == RECORDS.decode(), records[:200]


def what_is_damaged(folder):
    program = built(folder, "decompress zstd;", "compress zstd;")
    put(folder, RECORDS, "plain")
    run(folder, program, "--input", "plain")
    whole = b"".join(objects(folder))
    for data, least, why in ((whole[:-1], 20000, "zstd data end in the middle"),
                             (whole + b"hello", 20000, "something that is not zstd follows the zstd data"),
                             (RECORDS, 0, "not zstd, but the pipeline says decompress zstd")):
        put(folder, data)
        r = run(folder, program, status=1)
        assert support.ledger(r.err).get("written", 0) >= least and why in r.err and "input broke off" in r.err, r.err
    whole = b"P*M\x18\x03\0\0\0abc" + whole # a skippable frame
    put(folder, whole)
    for args in ((), ("--input", "in.zst")):
        assert support.ledger(run(folder, program, *args).err)["written"] == 20000


def plain_source_is_refused_by_name(folder):
    put(folder, open(os.path.join(FIELD, "input"), "rb").read())
    err = run(folder, built(folder, "", ""), status=1).err
    assert "the input is zstd: the pipeline has to say decompress zstd" in err, err


def names_that_say_gzip(folder):
    r = support.run("dummy", "--input", "/dev/null", "--output", folder, "--set", "pipeline.compress.type=zstd",
                    "--set", "pipeline.store.buffered.legacy_names=true").expect(1)
    assert r.err.strip().splitlines()[0] == (
        "--set pipeline.store.buffered.legacy_names: pipeline.store.buffered.legacy_names is true, but with compress zstd it "
        "can't be: these names say that objects are gzip. Leave one of them out"), r.err


def a_file_from_the_field(folder):
    flow = os.path.join(FIELD, "pipeline.flow")
    support.run(support.FLOWC, "build", flow, "-o", "zst", cwd=folder, timeout=120).expect(0)
    r = support.run(os.path.join(folder, "zst"), os.path.join(FIELD, "config.yml"), "--input", os.path.join(FIELD, "input"))
    if not HAS:
        assert "it is zstd, which is not in this build of flowc" in r.expect(1).err, r.err
        return
    with open(os.path.join(FIELD, "expected.txt"), encoding="utf-8") as f:
        assert sorted(x for x in r.expect(0).out.splitlines() if x.startswith("{")) == f.read().splitlines(), r.out


def not_in_this_build(folder):
    r = support.run("dummy", "--input", "/dev/null", "--output", folder, "--set", "pipeline.compress.type=zstd").expect(1)
    assert "pipeline.compress.type: zstd is not in this build of flowc, which has none, gzip; install its library and build " \
        "flowc again" in r.err, r.err


if __name__ == "__main__":
    with_it = [there_and_back, what_is_damaged, plain_source_is_refused_by_name, names_that_say_gzip]
    support.main([a_file_from_the_field, *(with_it if HAS else [not_in_this_build])])
