"""The full self-check: it passes where it should, and it can fail."""

import platform

import pytest

from adrs import bundle
from adrs.errors import SandboxUnavailable
from adrs.sandbox import registry
from adrs.sandbox.contract import Guarantee
from adrs.sandbox.unconfined import Unconfined
from adrs.sandbox.view import scratch_folders
from adrs.verify import isolation
from adrs.verify.isolation import Verdict
from adrs.verify.probes import ALWAYS, helpers, probe, probes, solver

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64"), reason="needs an x86-64 or 64-bit Arm processor"
)
QUICK = (
    "archive",
    "bool_for_an_id",
    "close_the_pipe",
    "environment",
    "fork",
    "io_uring",
    "litter",
    "sockets",
)


class Boastful(Unconfined):
    """Confines nothing, and promises what bubblewrap does."""

    name = "boastful"

    def guarantees(self):
        names = ("no network", "files", "system calls", "environment")
        return tuple(Guarantee(name, True, "so it says") for name in names)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(isolation, "probes", lambda: tuple(map(probe, QUICK)))
    monkeypatch.setattr(isolation, "PAIRS", 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bubblewrap", "process", pytest.param("docker", marks=pytest.mark.docker)])
def test_a_back_end_holds_what_it_promises(name):
    try:
        sandbox = registry.sandbox(name)
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))

    found = isolation.check(sandbox)

    wrong = [one for one in found.findings if one.verdict is Verdict.BROKEN]
    assert wrong == []
    assert found.passed
    assert len(found.findings) == len(probes()) >= 50
    promised = {one.name for one in sandbox.guarantees() if one.held} | set(ALWAYS)
    assert all(one.held == one.probed for one in found.guarantees if one.name in promised)
    if all(one.held for one in sandbox.guarantees()):
        assert {one.verdict for one in found.findings} == {Verdict.HELD}


def test_a_back_end_that_promises_and_does_not_confine_fails(quick):
    found = isolation.check(Boastful())

    verdicts = {one.probe: one.verdict for one in found.findings}
    assert not found.passed
    assert [name for name in QUICK if verdicts[name] is Verdict.BROKEN] == [
        "archive",
        "fork",
        "io_uring",
        "sockets",
    ]
    assert verdicts["litter"] is Verdict.LEFT_OUT
    assert {verdicts[name] for name in ("bool_for_an_id", "close_the_pipe", "environment")} == {Verdict.HELD}
    (files,) = (one for one in found.guarantees if one.name == "files")
    assert (files.declared, files.probed, files.held) == (True, 1, 0)


def test_what_is_not_promised_is_said_and_is_no_error(quick):
    found = isolation.check(Unconfined())

    assert found.passed
    assert {one.probe for one in found.findings if one.verdict is Verdict.OPEN} == {
        "archive",
        "fork",
        "io_uring",
        "sockets",
    }
    assert all(one.reason for one in found.findings if one.verdict is Verdict.OPEN)


def test_what_is_left_for_the_next_candidate_is_seen(quick, monkeypatch):
    """A zygote that does not sweep: `litter` must not be held."""
    sandbox = registry.sandbox("auto")
    if not sandbox.private_scratch:
        pytest.skip("no private scratch here")
    if "/tmp" not in scratch_folders([bundle.root()]):
        pytest.skip("adrs lies below /tmp, so that scratch is elsewhere")
    from adrs.evaluation import launch

    def unswept(problem, where, made=launch.zygote):
        spec = made(problem, where)
        kept = spec.argv[spec.argv.index("--scratch") :][:2]  # of two folders of scratch one is not swept
        without = tuple(word for word in spec.argv if word not in ("--scratch", *spec.scratch))
        return type(spec)(**{**vars(spec), "argv": (*without, *kept)})

    monkeypatch.setattr(launch, "zygote", unswept)
    found = isolation.check(sandbox)

    assert {one.probe: one.found for one in found.findings}["litter"] == "left"
    assert not found.passed


def test_every_probe_says_what_it_is():
    found = probes()

    assert len({one.name for one in found}) == len(found)
    kinds = {"ok", "syntax", "forbidden", "exception", "invalid", "timeout", "memory", "output", "crash"}
    assert {one.verdict for one in found} == kinds
    assert all(one.tries.startswith("to ") for one in found)
    named = set(ALWAYS) | {"no network", "files", "file names hidden", "other processes", "no /proc"}
    assert {one.guarantee for one in found} == named | {
        "shared memory",
        "no privileges",
        "environment",
        "system calls",
    }


def test_the_digest_follows_from_what_was_found(quick):
    first, second = isolation.check(Unconfined()), isolation.check(Boastful())

    assert first.digest != second.digest
    assert len(first.digest) == 64


def test_a_probe_finds_what_it_tries_to_reach():
    with isolation.targets() as target:
        program = solver(probe("archive").source, target)
        constants: dict[str, object] = {}
        exec(helpers(target)["target.py"], constants)

    assert {path for path, _ in program.files} == {"escape.py", "probe.py", "solver.py", "target.py"}
    assert constants["ARCHIVE"].endswith("archive.sqlite")
    assert constants["PIDS"][0] == 1


def test_a_back_end_without_the_filter_of_candidates_fails(quick, monkeypatch):
    sandbox = registry.sandbox("auto")
    monkeypatch.setattr(type(sandbox), "confines", False)  # the zygote then sets no filter in its children

    found = isolation.check(sandbox)

    verdicts = {one.probe: one.verdict for one in found.findings}
    assert not found.passed
    assert {verdicts[name] for name in ("fork", "io_uring", "sockets")} == {Verdict.BROKEN}
    assert {verdicts[name] for name in ("archive", "environment", "litter")} == {Verdict.HELD}
