#!/usr/bin/env python3
"""select_test - the alternative is chosen at start, from the command line, the environment, the file or the .flow's default."""

import os
import re

import support
from support import FLOWC, run

FLOW = """pipeline chosen "alternatives";
use skydive;
param version : int = 2 yaml "transform.chosen.version";
param form : string = "json" yaml "encode.type";
source skydive;
select version {
    2 { param color : string = "red" yaml "transform.chosen.color"; transform V2 { UUID; color; } }
    3 { param size : int = 1 yaml "transform.chosen.size"; transform V3 { UUID; size; } }
    4, otherwise { transform Other { UUID; version; } }
}
select form {
    "json", "ndjson" { output { store direct; encode json; write stdout; } }
    "csv" { output { store direct; encode csv; write stdout; } }
}
"""


def compiled(folder):
    with open(os.path.join(folder, "chosen.flow"), "w") as f:
        f.write(FLOW)
    run(FLOWC, "build", "chosen.flow", "-o", "chosen", cwd=folder, timeout=120).expect(0)
    return os.path.join(folder, "chosen")


def written(program, *args, **more):
    """What is written of one flow, and the log without its times."""
    result = run(program, "--input", "-", "--output", "-", *args, stdin=b'{"UUID":"a"}', **more)
    lines = [line for line in result.out.splitlines() if line and not line.startswith("---")]
    return result, lines, [re.sub(r"^\S+ ", "", line) for line in result.err.splitlines()]


def by_value(folder):
    program = compiled(folder)
    config = os.path.join(folder, "c.yml")
    with open(config, "w") as f:
        f.write("pipeline:\n  transform:\n    chosen:\n      version: 3\n      size: 7\n")
    key = "SKYDIVE_PIPELINE_TRANSFORM_CHOSEN_VERSION"
    for args, env, lines in (
        ((), {}, ['[{"UUID":"a","color":"red"}]']),
        ((config,), {}, ['[{"UUID":"a","size":7}]']),
        ((config,), {key: "4"}, ['[{"UUID":"a","version":4}]']),
        ((config,), {key: "5"}, ['[{"UUID":"a","version":5}]']),
        (("--set", "form=ndjson"), {}, ['{"UUID":"a","color":"red"}']),
        ((config, "--set", "version=2"), {key: "4"}, ['[{"UUID":"a","color":"red"}]']),
        (("--set", "form=csv", "--set", "version=3"), {}, ["UUID,size", "a,1"]),
    ):
        result, got, log = written(program, *args, env={**os.environ, **env})
        result.expect(0)
        assert got == lines, (args, env, got)
        other = "WARN pipeline.transform.chosen.version: 5 is none of 4, 2, 3, so what is for all others holds"
        assert (other in log) == (env == {key: "5"}), log


def keys_of_the_others(folder):
    """They are accepted, with a note; a misspelled one is refused as ever."""
    program = compiled(folder)
    note = "INFO pipeline.transform.chosen.color has no effect: it belongs to an alternative that was not chosen"
    result, _, log = written(program, "--set", "version=3", "--set", "pipeline.transform.chosen.color=blue")
    result.expect(0)
    assert note in log, log
    result, _, log = written(program, "--set", "pipeline.transform.chosen.color=blue")
    assert result.status == 0 and note not in log, log
    result, _, _ = written(program, "--set", "pipeline.transform.chosen.colour=blue")
    assert result.status == 1
    assert result.err == ("--set pipeline.transform.chosen.colour: unknown key pipeline.transform.chosen.colour; did you mean "
                          "pipeline.transform.chosen.color?\nchosen: 1 error in the configuration; nothing was started\n"), result.err
    # The environment may hold a key of another alternative too.
    result, _, log = written(program, env={**os.environ, "SKYDIVE_PIPELINE_TRANSFORM_CHOSEN_SIZE": "3"})
    assert result.status == 0 and not any("WARN" in line for line in log), log


def refused(folder):
    program = compiled(folder)
    for value, meant in (("xml", ""), ("jsn", " (did you mean json?)")):
        result, _, _ = written(program, "--set", f"form={value}")
        assert result.status == 1
        assert result.err == (f"--set form: pipeline.encode.type: {value} is not in this program, which was compiled with json, ndjson, csv{meant}. "
                              "Use that, or change param form in chosen.flow and build it again\nchosen: 1 error in the configuration; nothing was started\n"), result.err
    result, _, _ = written(program, "--set", "version=two")
    assert result.status == 1
    assert "`two` is wrong; expected a whole number such as 6000" in result.err, result.err


def shown(folder):
    program = compiled(folder)
    text = run(program, "--help").expect(0).out
    assert ("\nAlternatives, of which one is chosen at start:\n"
            "  version is 2, form is json or ndjson\n  version is 2, form is csv\n  version is 3, form is json or ndjson\n  version is 3, form is csv\n"
            "  version is 4 or none of the others, form is json or ndjson\n  version is 4 or none of the others, form is csv\n") in text, text
    assert text.count("  color : string") == 1 and text.count("  size : int") == 1 and "encode csv:" in text, text
    text = run(program, "--print-config", "--set", "version=3").expect(0).out
    assert "      size: 1\n" in text and "param color" not in text, text
    # What it prints is what it reads.
    config = os.path.join(folder, "again.yml")
    with open(config, "w") as f:
        f.write(text)
    result, lines, _ = written(program, config)
    result.expect(0)
    assert lines == ['[{"UUID":"a","size":1}]'], lines


if __name__ == "__main__":
    support.main([by_value, keys_of_the_others, refused, shown])
