#!/usr/bin/env python3
"""cli_test - the command line of pipelines and of flowc: exit codes, help, configuration in and out, errors that help."""

import os
import re

import compare
import support
from support import FIXTURES, KEPT, LOOKUPS, MESSAGES, run

CONFIG = os.path.join(FIXTURES, "expected", "dummy", "config.yml")


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def records(folder):
    return sum(map(len, compare.written(folder).values()))


def help_names_every_option(_):
    for program in ("dummy", "secadvisor"):
        r = run(program, "--help").expect(0)
        for option in ("--input", "--output", "--set", "--lookups", "--check-config", "--print-config", "--help", "--version",
                       "--metrics-listen", "--stop-timeout", "--ledger-every", "--ready-age", "--core-files"):
            assert option in r.out, f"{program} --help doesn't name {option}"
        assert not r.err, r.err


def version_is_one_line(_):
    for program in ("dummy", "secadvisor"):
        r = run(program, "--version").expect(0)
        assert re.match(rf"{program}\b.*flowc \d+\.\d+\.\d+", r.out) and r.out.count("\n") == 1, r.out
    r = run(support.FLOWC, "--version").expect(0)
    assert re.match(r"flowc \d+\.\d+\.\d+", r.out), r.out


def logged(err):
    """Without times."""
    return [line.split(" ", 1)[1] for line in err.splitlines() if " " in line]


def secrets_open_to_others_are_said(folder):
    text = ("pipeline:\n  write:\n    type: s3\n    s3:\n      endpoint: https://127.0.0.1:1\n      access_key: a\n"
            "      secret_key: b\n  store:\n    buffered:\n      dirname: d\n")
    path = write(folder, "c.yml", text)
    said = [f"WARN the configuration holds a secret and is open to others; chmod 600 it file={path} "
            "key=pipeline.write.s3.secret_key what=\"everybody may read it\""]
    for mode, expected in ((0o600, []), (0o640, []), (0o644, said)):
        os.chmod(path, mode)
        r = run("dummy", path, "--input", "/dev/null", "--check-config").expect(0)
        assert [l for l in logged(r.err) if "open to others" in l] == expected, r.err
    os.chmod(path, 0o602)
    r = run("dummy", path, "--input", "/dev/null", "--check-config").expect(1)
    assert r.err == (f"{path}: everybody may write this file, and so decide where records and credentials go: chmod o-w {path}\n"
                     "dummy: 1 error in the configuration; nothing was started\n"), r.err
    run("dummy", path, "--print-config").expect(0)
    key = write(folder, "key", "b\n")
    os.chmod(path, 0o600)
    for mode, expected in ((0o600, []), (0o644, [f"WARN a file with a secret is open to others; chmod 600 it "
                                                 f"key=pipeline.write.s3.secret_key_file file={key} what=\"everybody may read it\""])):
        os.chmod(key, mode)
        with open(path, "w") as f:
            f.write(text.replace("secret_key: b", f"secret_key_file: {key}"))
        r = run("dummy", path, "--input", "/dev/null", "--check-config").expect(0)
        assert [l for l in logged(r.err) if "open to others" in l] == expected, r.err
    os.chmod(path, 0o644)
    for user, what in ("u", []), ("u\n      password: p", ["key=analyzer.auth.cluster.password what=\"everybody may read it\""]):
        with open(path, "w") as f:
            f.write(f"pipeline:\n  write:\n    type: stdout\nanalyzer:\n  auth:\n    cluster:\n      username: {user}\n")
        r = run("dummy", path, "--input", "/dev/null", "--check-config").expect(0)
        assert [l.split(f"file={path} ")[1] for l in logged(r.err) if "open to others" in l] == what, r.err
    with open(path, "w") as f:
        f.write("pipeline:\n  write:\n    type: file\n")
    r = run("dummy", path, "--input", "/dev/null", "--check-config")
    assert "open to others" not in r.err, r.err


def passwords_in_urls_are_masked(folder):
    path = write(folder, "c.yml", "analyzers: [\"me:PASS@host:8082\"]\npipeline:\n  subscriber:\n    url: ws://me:PASS@host/ws\n"
                 "  write:\n    type: s3\n    s3:\n      endpoint: https://me:PASS@host\n      access_key: a\n      secret_key: b\n"
                 "  store:\n    buffered:\n      dirname: d\n")
    for program in ("dummy", "secadvisor"):
        for args in (("--print-config",), ("--check-config",), ("--check-config", "--lookups", "http://me:PASS@host")):
            r = run(program, path, *args)
            assert "PASS" not in r.out + r.err, r.out + r.err
    r = run("dummy", path, "--print-config").expect(0)
    assert '\n# analyzers: [***@host:8082]\n' in r.out, r.out


def passwords_in_the_clear_are_said(folder):
    auth = "analyzer:\n  auth:\n    cluster:\n      username: me\n      password: p\n"
    for url, warned in (("ws://192.0.2.1:8082/ws", True), ("wss://192.0.2.1:8082/ws", False), ("ws://127.0.0.1:8082/ws", False),
                        ("ws://[::1]:8082/ws", False), ("ws://localhost/ws", False), ("ws://localhost.example.com/ws", True)):
        path = write(folder, "c.yml", auth + f"pipeline:\n  subscriber:\n    url: {url}\n")
        os.chmod(path, 0o600)
        r = run("dummy", path, "--output", folder, "--check-config").expect(0)
        lines = [l for l in logged(r.err) if "as it is" in l]
        assert lines == ([f"WARN the password goes over the network as it is; connect with wss:// url={url}"] if warned else []), r.err


def limits_are_named(folder):
    """Of the system: which one it is, and what to do."""
    def limited(limit):
        return run("/bin/sh", "-c", f'ulimit {limit}; exec "$0" "$@"', support.binary("dummy"), "--input", MESSAGES, "--output",
                   os.path.join(folder, "out"))
    if support.SLOW > 1:
        support.skip("sanitizers need more than these limits")
    r = limited("-s 256").expect(1)
    assert r.err == "dummy: the stack is limited to 256 KiB (ulimit -s), 512 are needed: raise it\n", r.err
    for kilobytes in range(20000, 120001, 20000):
        r = limited(f"-v {kilobytes}")
        if r.status == 0:
            return
        assert r.status in (1, 3, 127), f"ulimit -v {kilobytes}: {r.status} {r.err}"
        assert r.status == 127 or "(ulimit -v)" in r.err or "error while loading" in r.err, f"ulimit -v {kilobytes}: {r.err}"


def builds_are_the_same_anywhere(folder):
    """The same program from two folders, byte for byte; what flowc and the library are made of doesn't say where they were made."""
    binaries = []
    for name in ("one", "another/below"):
        place = os.path.join(folder, name)
        os.makedirs(place)
        write(place, "p.flow", "pipeline p \"p\";\nschema S { id : string; }\nsource stdin { decode json; }\ntransform T { id; }\n"
              "output { store direct; encode ndjson; write stdout; }\n")
        run(support.FLOWC, "build", "p.flow", "-o", "p", cwd=place, env={"TMPDIR": place}).expect(0)
        with open(os.path.join(place, "p"), "rb") as f:
            binaries.append(f.read())
    assert binaries[0] == binaries[1], "flowc build in another folder gives another program"
    if support.SLOW > 1:
        support.skip("gcov and sanitizers keep paths")
    build = os.getcwd()
    top = os.path.realpath(os.environ.get("srcdir", ".."))
    for name in (support.FLOWC, os.path.join(os.path.dirname(os.path.dirname(support.FLOWC)), "libflowrt.a")):
        if not os.path.exists(name):
            continue # installed
        with open(name, "rb") as f:
            content = f.read()
        for path in (build, top): # where it will be installed may lie below, as in make distcheck
            for end in ("\0", "/compiler", "/runtime", "/dsl"):
                assert (path + end).encode() not in content, f"{name} holds {path}{end}"


def unknown_option_is_an_error(_):
    r = run("dummy", "--inptu", "x")
    r.expect(2)
    assert "--inptu" in r.err and "--input" in r.err, f"should name the option and the near one: {r.err}"
    assert not r.out


def missing_config_file(folder):
    r = run("dummy", os.path.join(folder, "none.yml")).expect(1)
    assert "none.yml" in r.err and "No such file" in r.err, r.err


def unknown_key_suggests_the_near_one(folder):
    path = write(folder, "c.yml", "pipeline:\n  store:\n    type: buffered\n    buffered:\n      max_flows_per_objekt: 10\n")
    r = run("dummy", path, "--check-config")
    r.expect(1)
    assert "max_flows_per_objekt" in r.err and "max_flows_per_object" in r.err, r.err
    assert re.search(r"c\.yml:5\b", r.err), f"should say the line: {r.err}"


def bad_values_are_errors(folder):
    for key, value, word in (("pipeline.store.buffered.max_flows_per_object", "many", "many"),
                             ("pipeline.store.buffered.max_seconds_per_object", "12 parsecs", "parsecs"),
                             ("pipeline.classify.cluster_net_masks", "[10.0.0.0/99]", "10.0.0.0/99"),
                             ("pipeline.transform.type", "awsflowlogs", "awsflowlogs"),
                             ("pipeline.write.type", "s4", "s4"),
                             ("no.such.key", "1", "no.such.key")):
        r = run("secadvisor", "--set", f"{key}={value}", "--check-config", "--input", MESSAGES, "--output", folder).expect(1)
        assert word in r.err and key.split(".")[-1] in r.err, f"{key}={value}: {r.err}"
    assert os.listdir(folder) == [], "--check-config wrote something"


def duplicate_key_is_an_error(folder):
    path = write(folder, "c.yml", "host_id: a\nhost_id: b\n")
    r = run("dummy", path, "--check-config").expect(1)
    assert "host_id" in r.err and re.search(r"c\.yml:2\b", r.err), r.err


def original_configs_are_fine(_):
    for case, program in (("dummy", "dummy"), ("dummy-pretty", "dummy"), ("secadvisor", "secadvisor"),
                          ("secadvisor-plain", "secadvisor"), ("secadvisor-extend", "secadvisor")):
        run(program, os.path.join(FIXTURES, "expected", case, "config.yml"), "--check-config").expect(0)


# All that are shipped with a sample of their configuration.
PROGRAMS = sorted(n.split(".")[0] for n in os.listdir(os.path.join(support.SRC, "pipelines")) if n.endswith(".yml.default"))


def print_config_can_be_fed_back(folder):
    for program in PROGRAMS:
        first = run(program, "--print-config").expect(0).out
        assert first.count("#") > 10, "it should explain the keys"
        for key in ("port", "connection_timeout", "url") if program == "prom_sky_con" else ("cluster_net_masks", "max_flows_per_object", "endpoint", "url"):
            assert re.search(rf"^[\s#]*{key}:", first, re.M), f"{program} --print-config doesn't have {key}"
        path = write(folder, program + ".yml", first)
        run(program, path, "--check-config", "--input", MESSAGES, "--output", folder).expect(0)
        again = run(program, path, "--print-config").expect(0).out
        assert again == first, f"{program} --print-config of its own output is another text"


def shipped_defaults_are_good(folder):
    """They start, do work and begin with the name."""
    for program in PROGRAMS:
        path = os.path.join(support.SRC, "pipelines", program + ".yml.default")
        run(program, path, "--check-config").expect(0)
        out = os.path.join(folder, program)
        run(program, path, "--input", MESSAGES, "--output", out).expect(0)
        assert any(names for _, _, names in os.walk(out)), f"{program}.yml.default: nothing was written"
        first = open(path).read().split(":", 1)[0]
        assert first == f"# {program}", first


def set_beats_environment_beats_file(folder):
    path = write(folder, "c.yml", "pipeline:\n  store:\n    buffered:\n      filename_prefix: file\n")

    def prefix(*args, env=None):
        out = os.path.join(folder, "out%d" % len(os.listdir(folder)))
        run("dummy", path, "--input", MESSAGES, "--output", out, *args, env=env).expect(0)
        return os.listdir(os.path.join(out, "bucket"))

    env = {"SKYDIVE_PIPELINE_STORE_BUFFERED_FILENAME_PREFIX": "environment"}
    assert prefix() == ["file"], prefix()
    assert prefix(env=env) == ["environment"], prefix(env=env)
    option = ("--set", "pipeline.store.buffered.filename_prefix=option")
    assert prefix(*option, env=env) == ["option"], prefix(*option, env=env)


def no_config_is_needed_with_input_and_output(folder):
    out = os.path.join(folder, "out")
    run("secadvisor", "--input", MESSAGES, "--lookups", LOOKUPS, "--output", out).expect(0)
    assert records(out) == KEPT, records(out)


def standard_input_and_output(folder):
    with open(MESSAGES, "rb") as f:
        data = f.read()
    r = run("dummy", "--input", "-", "--output", "-", "--set", "pipeline.compress.type=none", stdin=data).expect(0)
    heads = re.findall(r"^--- bucket/logs/(\w+)/\S+ ---$", r.out, re.M)
    assert sorted(heads) == ["egress", "ingress", "internal"], heads
    assert "INFO" not in r.out, "the log goes to standard error"


def missing_input_file(folder):
    r = run("dummy", "--input", os.path.join(folder, "none.jsonl"), "--output", folder).expect(1)
    assert "none.jsonl" in r.err and "No such file" in r.err, r.err


def unwritable_output(folder):
    path = write(folder, "file", "")
    r = run("dummy", "--input", MESSAGES, "--output", os.path.join(path, "out")).expect(1)
    assert os.path.join(path, "out") in r.err or "Not a directory" in r.err, r.err


def default_that_drops_is_named(folder):
    r = run("dummy", "--input", MESSAGES, "--output", os.path.join(folder, "out")).expect(0)
    assert "excluded_tags" in r.err, f"the log should name the default that decides what is dropped: {r.err}"


def libcurl_is_loaded_only_by_who_makes_requests(folder):
    open(os.path.join(folder, "libcurl.so.4"), "w").close() # no library
    env = {"LD_LIBRARY_PATH": folder}
    run("dummy", "--input", MESSAGES, "--output", os.path.join(folder, "out"), env=env).expect(0)
    for program, what in (("dummy", "the output"), ("secadvisor", "lookups")):
        path = os.path.join(FIXTURES, "expected", program, "config.yml")
        r = run(program, path, "--set", "pipeline.write.type=s3", "--check-config", env=env).expect(1)
        why = rf"cannot set up {what}: libcurl cannot be loaded \(.*: file too short\): install the package libcurl4\n$"
        assert re.search(why, r.err), r.err


def secrets_are_not_printed(folder):
    path = write(folder, "c.yml", "pipeline:\n  write:\n    type: s3\n    s3:\n      secret_key: hunter2hunter2\n")
    r = run("dummy", path, "--print-config").expect(0)
    assert "hunter2" not in r.out + r.err, r.out


def flowc_exit_codes(folder):
    run(support.FLOWC, "--help").expect(0)
    run(support.FLOWC, "no-such-verb").expect(2)
    run(support.FLOWC, "check", os.path.join(support.SRC, "pipelines", "dummy.flow")).expect(0)
    bad = write(folder, "bad.flow", "pipeline bad \"x\";\nfilter { drop other when nothing == 1; }\n")
    r = run(support.FLOWC, "check", bad).expect(1)
    assert "bad.flow:" in r.err and "error:" in r.err, r.err
    r = run(support.FLOWC, "explain", "E0001").expect(0)
    assert r.out.strip(), "explain says nothing"


def params_by_every_way(folder):
    flow = write(folder, "p.flow", """pipeline p "p";
param plain : map<string>;
param Named : map<string> = { "A": "b" };
param keyed : map<string> yaml "transform.p.keyed";
param nets  : [cidr] = [10.0.0.0/8] yaml "classify.nets";
param zone  : string = "" yaml "Transform.AZ.Zone";
schema In { id : string; a? : ip; }
source stdin { decode json; }
transform T { id; x? = plain["x"]; dots? = plain["a.B"]; named? = Named["A"]; k? = keyed["K"]; home? = a in nets; z? = zone == "" ? null : zone; }
output { store direct; encode ndjson; write stdout; }
""")
    program = os.path.join(folder, "p")
    run(support.FLOWC, "build", flow, "-o", program).expect(0)

    def record(*settings):
        args = [a for s in settings for a in ("--set", s)]
        r = run(program, "--input", "-", "--output", "-", *args, stdin=b'{"id":"1","a":"10.0.0.1"}').expect(0)
        return r.out.splitlines()[1]

    def refused(setting):
        r = run(program, "--input", "-", "--output", "-", "--set", setting, stdin=b"").expect(1)
        return r.err.splitlines()[0]

    assert record() == '{"id":"1","named":"b","home":true}', record()
    assert record("plain={x: y, a.B: c}") == '{"id":"1","x":"y","dots":"c","named":"b","home":true}'
    assert record("plain.x=z", "Named.A=q") == '{"id":"1","x":"z","named":"q","home":true}'
    assert record("keyed.K=w") == record("keyed={K: w}") == record("pipeline.transform.p.keyed={K: w}") == \
        '{"id":"1","named":"b","k":"w","home":true}'
    assert record("pipeline.transform.az.zone=q") == record("pipeline.Transform.AZ.Zone=q") == '{"id":"1","named":"b","home":true,"z":"q"}'
    assert record("nets=[192.0.2.0/24]") == '{"id":"1","named":"b","home":false}'
    assert refused("plain=5") == "--set plain: plain: expected names with texts, as {name: text}", refused("plain=5")
    assert refused("plain={x: [1]}") == "--set plain: plain.x: expected a text", refused("plain={x: [1]}")
    assert refused("nets=[2001:db8::1]") == "--set nets: pipeline.classify.nets[0]: `2001:db8::1` is wrong; expected a " \
        "prefix such as 10.0.0.0/8 or 2001:db8::/32; one address is 2001:db8::1/128", refused("nets=[2001:db8::1]")


if __name__ == "__main__":
    support.main([v for k, v in list(globals().items())
                  if callable(v) and getattr(v, "__module__", "") == "__main__" and k not in ("write", "records", "logged")])
