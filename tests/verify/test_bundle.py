"""Bundles: what a forger changes is refused with the reason, and what is honest comes back the same."""

import hashlib
import io
import json
import random
import stat
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from adrs.archive.store import Archive
from adrs.cli.main import cli
from adrs.errors import BundleError
from adrs.model.evaluation import Failure, FailureKind, Split
from adrs.model.program import Program
from adrs.plugins.problems import find_problem
from adrs.verify.bundle import container, making
from adrs.verify.bundle.installed import hold, installed_problem, measured_by, other_libraries
from adrs.verify.bundle.making import export
from adrs.verify.bundle.reading import claim_said, read
from adrs.verify.bundle.reproduction import compare_draws
from adrs.verify.lineage import find_subject
from adrs.verify.sealed import INITIAL, latest, libraries

PLAIN = stat.S_IFREG | 0o644


def canonical(said):
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


class Forger:
    """A bundle taken apart. What is put together again has every digest and claim repaired."""

    def __init__(self, data):
        self.members = container.unpack(data)
        self.said = json.loads(self.members.pop("manifest.json"))

    def blob(self, digest):
        return self.members["blobs/" + digest]

    def put(self, old, body):
        del self.members["blobs/" + old]
        digest = hashlib.sha256(body).hexdigest()
        self.members["blobs/" + digest] = body
        return digest

    def results(self, change, place=0):
        draw = self.said["draws"][place]
        results = json.loads(self.blob(draw["results"]))
        change(results)
        draw["results"] = self.put(draw["results"], canonical(results))

    def own(self, change, place=0):
        self.results(lambda r: change(r["programs"][self.said["program"]]), place)

    def pack(self):
        return container.pack({"manifest.json": canonical(self.said), **self.members})

    def with_new_claims(self):
        problem = find_problem("flow_shop")
        found = measured_by(read(self.pack()), problem)
        self.said["claims"] = [claim_said(claim).model_dump(mode="json") for claim in found.claims(problem)]
        return self.pack()


def zipped(data, change=None, *, extra=(), comment=b"", order=sorted):
    """Return the same members in another zip file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = comment
        for name, body in [*order(container.unpack(data).items()), *extra]:
            member = zipfile.ZipInfo(name)
            member.create_system, member.external_attr = 3, PLAIN << 16
            if change is not None:
                change(member)
            archive.writestr(member, body)
    return file.getvalue()


def manifest(change):
    def forge(data):
        forger = Forger(data)
        change(forger.said)
        return forger.pack()

    return forge


def raw_manifest(change):
    def forge(data):
        members = container.unpack(data)
        return container.pack(members | {"manifest.json": change(members["manifest.json"])})

    return forge


def changed_number(data):
    members = container.unpack(data)
    name = "blobs/" + json.loads(members["manifest.json"])["draws"][0]["results"]
    return container.pack(members | {name: members[name].replace(b"1", b"2", 1)})


def repaired_number(data):
    forger = Forger(data)
    forger.own(lambda mine: mine["values"].update(makespan_s=[v / 2 for v in mine["values"]["makespan_s"]]))
    return forger.pack()


def infinite_number(data):
    forger = Forger(data)
    forger.own(lambda mine: mine["values"]["makespan_s"].__setitem__(0, float("inf")))
    return forger.pack()


def huge_number(data):
    forger = Forger(data)
    forger.own(lambda mine: mine["values"]["makespan_s"].__setitem__(0, 1e200))
    return forger.pack()


def fewer_workloads(data):
    forger = Forger(data)
    forger.own(lambda mine: mine["values"]["makespan_s"].pop())
    return forger.pack()


def a_failure_twice(data):
    forger = Forger(data)
    forger.own(lambda mine: mine["failures"].update(timeout=[3], crash=[3]))
    return forger.pack()


def changed_source(data):
    forger = Forger(data)
    entry = forger.said["files"][0]
    entry["blob"] = forger.put(entry["blob"], forger.blob(entry["blob"]) + b"# better\n")
    return forger.pack()


def source_with_cr(data):
    forger = Forger(data)
    entry = forger.said["files"][0]
    entry["blob"] = forger.put(entry["blob"], forger.blob(entry["blob"]).replace(b"\n", b"\r\n"))
    return forger.pack()


def no_baseline(data):
    forger = Forger(data)
    digest = forger.said["contenders"].pop("Johnson's rule")
    for place in range(2):
        forger.results(lambda results: results["programs"].pop(digest), place)
    forger.said["claims"] = [c for c in forger.said["claims"] if c["reference"] != "Johnson's rule"]
    return forger.pack()


def other_baseline(data):
    forger = Forger(data)
    digest = forger.said["contenders"]["Johnson's rule"]
    forger.said["contenders"]["Johnson's rule"] = "0" * 64
    for place in range(2):
        forger.results(lambda r: r["programs"].__setitem__("0" * 64, r["programs"].pop(digest)), place)
    return forger.pack()


def unnamed_blob(data):
    forger = Forger(data)
    forger.members["blobs/" + hashlib.sha256(b"x").hexdigest()] = b"x"
    return forger.pack()


def missing_blob(data):
    forger = Forger(data)
    del forger.members["blobs/" + forger.said["files"][0]["blob"]]
    return forger.pack()


def twice_in_the_directory(data):
    with pytest.warns(UserWarning, match="Duplicate name"):
        return zipped(data, extra=[("manifest.json", b"{}")])


def linked(member):
    member.external_attr = (stat.S_IFLNK | 0o777) << 16


def dated(member):
    member.date_time = (2026, 1, 1, 0, 0, 0)


def compressed(member):
    member.compress_type = zipfile.ZIP_DEFLATED


FORGED = {
    "a changed number": (changed_number, "does not have the digest that it is named by"),
    "a changed number with its digest": (repaired_number, "does not follow from its results"),
    "an infinite number": (infinite_number, "must be a finite number"),
    "a huge number": (huge_number, "1e+200"),
    "a whole number of 400 digits": (manifest(lambda said: said["made"].update(at_us=10**400)), "at_us"),
    "a number out of range": (
        raw_manifest(lambda raw: raw.replace(b'"level":0.975', b'"level":1e999')),
        "level",
    ),
    "fewer numbers": (fewer_workloads, "not one per workload"),
    "a failure of two kinds": (a_failure_twice, "not of different workloads"),
    "a changed claim": (
        manifest(lambda said: said["claims"][1].update(verdict="better")),
        "\"Johnson's rule\" on test does not follow",
    ),
    "another level": (manifest(lambda said: said["origin"].update(openings=4)), "does not follow"),
    "a claim left out": (manifest(lambda said: said["claims"].pop()), "makes 5 claims; its results give 6"),
    "a changed source": (changed_source, "source is that of the program"),
    "a source that is not canonical": (source_with_cr, "not in canonical form"),
    "a path that leads elsewhere": (
        manifest(lambda said: said["files"][0].update(path="../solver.py")),
        "not a plain relative path",
    ),
    "two files of one path": (
        manifest(lambda said: said["files"].append(said["files"][0])),
        "two files of one path",
    ),
    "another evaluator": (
        manifest(lambda said: said["problem"].update(evaluator_digest="0" * 64)),
        "its evaluator digest is 0000000000000000",
    ),
    "another problem digest": (
        manifest(lambda said: said["problem"].update(digest="0" * 64)),
        "its problem digest is 0000000000000000",
    ),
    "another version": (manifest(lambda said: said["problem"].update(version=7)), "its version is 7"),
    "another problem": (manifest(lambda said: said["problem"].update(id="eplb")), "another 'eplb'"),
    "an unknown problem": (
        manifest(lambda said: said["problem"].update(id="flow_shopp")),
        "not installed here; if you have its folder, name it with --problem. Did you mean 'flow_shop'?",
    ),
    "a baseline left out": (no_baseline, "leaves out \"Johnson's rule\""),
    "another baseline": (other_baseline, "and the one installed here is"),
    "one split": (manifest(lambda said: said["draws"].pop()), "does not name"),
    "a split of another name": (
        manifest(lambda said: said["draws"][1].update(split="train")),
        "must hold the splits",
    ),
    "another label": (manifest(lambda said: said.update(label="verified")), "must be 'self-attested'"),
    "an unknown key": (manifest(lambda said: said.update(run="rm -rf")), "unknown key 'run'"),
    "a blob that is not named": (unnamed_blob, "which its manifest does not name"),
    "a blob that is missing": (missing_blob, "lacks the blob"),
    "a compressed member": (lambda data: zipped(data, compressed), "is compressed"),
    "a symbolic link": (lambda data: zipped(data, linked), "not a plain file"),
    "a name twice": (twice_in_the_directory, "holds the name manifest.json twice"),
    "an additional member": (lambda data: zipped(data, extra=[("evaluate.py", b"x")]), "holds 'evaluate.py'"),
    "a path outside": (lambda data: zipped(data, extra=[("../../x", b"x")]), "holds '../../x'"),
    "another order": (lambda data: zipped(data, order=lambda m: sorted(m)[::-1]), "not in the one form"),
    "another date": (lambda data: zipped(data, dated), "not in the one form"),
    "a comment": (lambda data: zipped(data, comment=b"hello"), "its end is missing"),
    "bytes before": (lambda data: b"#!/bin/sh\n" + data, "bundle"),
    "bytes behind": (lambda data: data + b"\0", "its end is missing"),
    "half of it": (lambda data: data[: len(data) // 2], "its end is missing"),
    "JSON with spaces": (raw_manifest(lambda raw: raw.replace(b":", b": ", 1)), "not canonical JSON"),
    "a key twice": (raw_manifest(lambda raw: b'{"claims":[],' + raw[1:]), "not canonical JSON"),
    "deep nesting": (raw_manifest(lambda raw: b"[" * 100_000), "recursion limit"),
    "many keys": (
        raw_manifest(lambda raw: b"{" + b",".join(b'"%d":0' % i for i in range(50_000)) + b"}"),
        "more than 20000 keys",
    ),
    "no JSON": (raw_manifest(lambda raw: b"\x80\x04K\x01."), "is not JSON"),
    "no text": (raw_manifest(lambda raw: b""), "is not JSON"),
    "no manifest": (lambda data: container.pack({}), "has no manifest.json"),
    "nothing": (lambda data: b"", "not a bundle of adrs"),
    "bytes from nowhere": (lambda data: random.Random(0).randbytes(5000), "not a bundle of adrs"),
}  # fmt: skip


@pytest.fixture
def invoke(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "110")

    def call(command, data, *options):
        (tmp_path / "bundle.zip").write_bytes(data)
        return CliRunner().invoke(cli, [command, str(tmp_path / "bundle.zip"), *map(str, options)])

    return call


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_bundle_is_refused_with_the_reason_in_one_sentence(forgery, exported, invoke, tmp_path):
    forge, reason = FORGED[forgery]
    forged = forge(exported)

    for command, options in (("reproduce", ()), ("import", ("--runs", tmp_path / "runs"))):
        shown = invoke(command, forged, *options)

        assert shown.exit_code == 2, shown.output
        assert reason in shown.stderr
        assert shown.stderr.startswith("Error: ")
        assert shown.stderr.count("\n") == 1
        assert shown.stdout == ""
    assert not (tmp_path / "runs").exists()


def test_a_bundle_is_the_same_bytes_whenever_it_is_made(verified, exported):
    with Archive.open(verified) as archive:
        again = export(archive, find_subject(archive, "last"))

    assert again == exported


def test_the_form_of_the_file_does_not_change():
    members = {"manifest.json": b"{}", **{f"blobs/{hashlib.sha256(b).hexdigest()}": b for b in (b"a", b"bb")}}
    data = container.pack(members)

    # Another release of Python must write the same: a bundle is read by comparing bytes.
    digest = "43d0ed43510cfb5bf8570601b60e8a507fab13251589d260484ec09704c6cd4b"
    assert hashlib.sha256(data).hexdigest() == digest
    assert container.unpack(data) == members


def test_what_was_verified_comes_back_from_the_bundle(verified, exported):
    bundle = read(exported)
    problem = installed_problem(bundle)
    found = hold(bundle, problem)
    with Archive.open(verified) as archive:
        kept, at_us = latest(archive, find_subject(archive, "last"))

    assert found.claims(problem) == kept.claims(problem)
    assert bundle.manifest.made.at_us == at_us
    for ours, theirs in zip(found.draws, kept.draws, strict=True):
        for name, evaluation in ours.evaluations.items():
            assert evaluation.values("makespan_s") == theirs.evaluations[name].values("makespan_s")
            assert evaluation.objectives == theirs.evaluations[name].objectives


def test_a_bundle_reveals_the_keys_of_its_draws_and_no_other_secret(verified, exported):
    problem = find_problem("flow_shop")
    with Archive.open(verified) as archive:
        keys = {archive.key(problem, split, opening) for split in Split for opening in range(5)}
        shown = {archive.key(problem, split, 1) for split in (Split.TEST, Split.SHIFT)}
        secret = archive._secret
    held = b"".join(container.unpack(exported).values())

    assert {key for key in keys if key.hex().encode() in held or key in held} == shown
    assert secret not in held
    assert secret.hex().encode() not in held


def test_a_bundle_measured_again_gives_the_same_numbers_to_the_last_bit(exported, invoke):
    shown = invoke("reproduce", exported, "--workers", 2, "--json")
    plain = json.loads(shown.stdout)

    assert shown.exit_code == 0, shown.output
    assert plain["label"] == "self-attested"
    assert plain["reproduced"] is plain["identical"] is True
    assert plain["libraries_that_differ"] == {}
    assert [claim["sentence"] for claim in plain["again"]["claims"]]
    assert sum(line["numbers"] for line in plain["compared"]) == 600


def other_key(data):
    forger = Forger(data)
    forger.said["draws"][0]["key"] = "0" * 64
    return forger.pack()


def beyond_the_bound(data):
    forger = Forger(data)
    forger.own(lambda mine: mine["values"]["makespan_s"].__setitem__(0, 1.0))
    return forger.with_new_claims()


def a_failure_for_free(data):
    forger = Forger(data)
    forger.own(lambda mine: mine["failures"].update(timeout=[0]))
    return forger.pack()


def worse_than_worst(data):
    forger = Forger(data)
    digest = forger.said["contenders"]["Johnson's rule"]
    forger.results(lambda r: r["programs"][digest]["values"]["makespan_s"].__setitem__(0, 1e9))
    return forger.with_new_claims()


IMPOSSIBLE = {
    "a key that draws other workloads": (other_key, "key of test draws other workloads"),
    "a number beyond the bound": (beyond_the_bound, "is beyond the proven bound"),
    "a failure that does not count its worst": (a_failure_for_free, "a failure counts"),
    "a number worse than the worst": (worse_than_worst, "nothing is worse"),
}


@pytest.mark.parametrize("forgery", IMPOSSIBLE)
def test_numbers_that_its_keys_cannot_give_are_refused(forgery, exported, invoke, tmp_path):
    forge, reason = IMPOSSIBLE[forgery]
    shown = invoke("import", forge(exported), "--workers", 2, "--runs", tmp_path / "runs")

    assert shown.exit_code == 2, shown.output
    assert reason in shown.stderr
    assert shown.stderr.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_another_key_is_refused_by_reproduce_too(exported, invoke):
    shown = invoke("reproduce", other_key(exported), "--workers", 2)

    assert shown.exit_code == 2
    assert "draws other workloads" in shown.stderr


def test_numbers_made_up_from_end_to_end_do_not_come_again(exported, invoke):
    forger = Forger(exported)

    digest = forger.said["contenders"]["Longest job first"]

    def slower(results):
        scores = results["programs"][digest]["values"]
        scores["makespan_s"] = [1.01 * value for value in scores["makespan_s"]]

    forger.results(slower)
    forged = forger.with_new_claims()
    shown = invoke("reproduce", forged, "--workers", 2)
    rows = [line for line in shown.stdout.splitlines() if "differ;" in line]

    assert shown.exit_code == 1, shown.output
    assert "Not reproduced: 1 of 8 lines differ" in shown.stdout
    assert "Given by what was measured here:" in shown.stdout
    assert [" ".join(row.split()) for row in rows] == [
        "Longest job first test makespan_s 120 120 differ; 120 by more than rounding"
    ]


def test_a_program_that_the_gate_refuses_is_not_run(exported, invoke):
    forger = Forger(exported)
    old, entry = forger.said["program"], forger.said["files"][0]
    body = b"import os\n" + forger.blob(entry["blob"])
    entry["blob"] = forger.put(entry["blob"], body)
    program = Program.of({entry["path"]: body})
    del forger.said["contenders"][old[:12]]
    forger.said["program"] = forger.said["contenders"][program.digest[:12]] = program.digest
    for place in range(2):
        forger.results(lambda r: r["programs"].__setitem__(program.digest, r["programs"].pop(old)), place)
    shown = invoke("reproduce", forger.pack(), "--workers", 2)

    assert shown.exit_code == 2
    assert "is refused before it runs: forbidden" in shown.stderr


def test_a_bundles_program_runs_in_a_sandbox_only(exported, invoke):
    shown = invoke("reproduce", exported, "--sandbox", "none")

    assert shown.exit_code == 2
    assert "runs in a sandbox only" in shown.stderr


def test_versions_that_differ_are_told_and_not_refused(exported):
    forger = Forger(exported)
    forger.said["made"]["libraries"] |= {"numpy": "1.0.0", "torch": "2.0"}
    bundle = read(forger.pack())
    problem = installed_problem(bundle)
    here = libraries(problem)

    assert other_libraries(hold(bundle, problem), problem) == {
        "numpy": ("1.0.0", here["numpy"]),
        "torch": ("2.0", "not used"),
    }


def noisy(problem):
    objective = problem.primary.model_copy(update={"noise": "measured"})
    return problem.model_copy(update={"spec": problem.spec.model_copy(update={"objective": (objective,)})})


def with_values(draw, name, change):
    evaluation = draw.evaluations[name]
    rows = tuple(
        replace(row, values={"makespan_s": change(row.index, row.values["makespan_s"])})
        for row in evaluation.results
    )
    return replace(draw, evaluations={**draw.evaluations, name: replace(evaluation, results=rows)})


def test_noise_is_told_from_a_change_where_an_objective_is_measured(exported):
    bundle = read(exported)
    problem = find_problem("flow_shop")
    said = hold(bundle, problem).draws[0]
    factors = np.random.default_rng(0).normal(1, 0.05, 200)
    jittered = with_values(said, INITIAL, lambda index, value: value * factors[index])
    slower = with_values(said, INITIAL, lambda index, value: 1.05 * value * factors[index])

    def compared(again, problem):
        return next(one for one in compare_draws(said, again, problem, 2) if one.program == INITIAL)

    assert compared(jittered, noisy(problem)).within_noise
    assert compared(jittered, noisy(problem)).reproduced
    assert not compared(slower, noisy(problem)).reproduced
    assert not compared(jittered, problem).reproduced
    assert compared(said, problem).same


def test_the_last_bit_and_a_failure_count_where_nothing_is_noisy(exported):
    problem = find_problem("flow_shop")
    said = hold(read(exported), problem).draws[0]
    one_bit = with_values(
        said, INITIAL, lambda index, value: np.nextafter(value, 0).item() if index == 5 else value
    )
    evaluation = said.evaluations[INITIAL]
    failed = replace(evaluation.results[3], failure=Failure(FailureKind.TIMEOUT, ""))
    rows = (*evaluation.results[:3], failed, *evaluation.results[4:])
    otherwise = replace(said, evaluations={**said.evaluations, INITIAL: replace(evaluation, results=rows)})

    for again, different, failures in ((one_bit, 1, 0), (otherwise, 0, 1)):
        one = next(each for each in compare_draws(said, again, problem, 2) if each.program == INITIAL)
        assert (one.different, one.failures, one.beyond_rounding) == (different, failures, 0)
        assert not one.reproduced


def test_only_what_was_verified_is_exported(verified, tmp_path):
    with Archive.open(verified) as archive:
        initial = archive.run("last").initial
        with pytest.raises(BundleError, match="was not verified") as caught:
            export(archive, find_subject(archive, initial))

    assert "adrs verify" in str(caught.value)


def test_what_does_not_fit_into_a_bundle_is_one_sentence(verified, monkeypatch):
    with Archive.open(verified) as archive:
        subject = find_subject(archive, "last")
        found, at_us = latest(archive, subject)
        huge = with_values(found.draws[0], INITIAL, lambda index, value: 1e200)
        odd = replace(found, draws=(huge, *found.draws[1:]))
        monkeypatch.setattr(making, "latest", lambda *_: (odd, at_us))
        with pytest.raises(BundleError, match=r"does not fit into a bundle: .* not 1e\+200\.$"):
            export(archive, subject)


def test_export_writes_a_file_once_and_replaces_no_other(verified, exported, tmp_path):
    file = tmp_path / "result.zip"

    def call():
        return CliRunner().invoke(cli, ["export", "last", "--output", str(file), "--runs", str(verified)])

    assert call().exit_code == call().exit_code == 0
    assert file.read_bytes() == exported
    file.write_bytes(b"mine")
    refused = call()
    assert refused.exit_code == 2
    assert "holds something else" in refused.stderr
    assert file.read_bytes() == b"mine"


@pytest.mark.parametrize("path", ["nowhere.zip", ".", "a\0b"])
def test_what_is_no_file_is_one_sentence(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(cli, ["reproduce", path])

    assert shown.exit_code == 2
    assert shown.stderr.count("\n") == 1
