"""Every hostile program through a worker pair in each real sandbox that works on this machine."""

import platform
import time
from pathlib import Path

import psutil
import pytest

from adrs.errors import SandboxUnavailable
from adrs.evaluation import pair as pair_module
from adrs.evaluation.pair import Unit, WorkerPair
from adrs.evaluation.source import Source
from adrs.evaluation.turns import Turns
from adrs.model.evaluation import Split
from adrs.model.program import Program
from adrs.plugins.problems import find_problem
from adrs.sandbox import registry
from adrs.verify import isolation
from adrs.verify.probes import helpers, probe, probes

TICKS = Path(__file__).resolve().parent.parent / "evaluators" / "folders" / "ticks"
ATTACKS = [one.name for one in probes()]
HONEST = Program.of(
    {
        "policy.py": "class Policy:\n    def __init__(self, given, rng): pass\n"
        "    def step(self, obs): return 1\n"
    }
)
SOURCE = Source(Split.TRAIN, bytes(range(16)))
INDICES = (0, 1, 2)

# The raw system calls of the programs are numbered as on these.
pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64"), reason="needs an x86-64 or 64-bit Arm processor"
)


def is_fork(process):
    """Whether a process is a fork of its parent and never became anything else; False where it is gone."""
    try:
        return process.cmdline() == process.parent().cmdline()
    except (psutil.NoSuchProcess, AttributeError):
        return False


class Pair:
    """A pair, and what honest programs get from it."""

    def __init__(self, sandbox, target):
        self.sandbox, self.target = sandbox, target
        self.promised = {one.name for one in sandbox.guarantees() if one.held} | {
            "limits",
            "answers",
            "no /proc",
        }
        self.pair = WorkerPair(find_problem(str(TICKS)), sandbox, ())
        self.at_rest = self.settled()
        self.honest = self.run(HONEST)
        self.seen = self.run(self.attack("spy"))

    def attack(self, name):
        return Program.of({"policy.py": probe(name).source, **helpers(self.target)})

    def settled(self, processes=None):
        """What runs once the next child waits; with a number of processes, once there are no more."""
        until = time.monotonic() + 2
        while True:
            found = psutil.Process(self.pair._zygote.pid).children(recursive=True)
            forked = [one for one in found if is_fork(one)]
            there = len(forked) == 1 and processes in (None, len(found))
            if there or time.monotonic() > until:
                return {one.pid for one in found}
            time.sleep(0.01)

    def run(self, program):
        return self.pair.run(Unit(program, SOURCE, INDICES), Turns(1))


@pytest.fixture(
    scope="module", params=["bubblewrap", "process", pytest.param("docker", marks=pytest.mark.docker)]
)
def workers(request):
    try:
        sandbox = registry.sandbox(request.param)
    except SandboxUnavailable as reason:
        pytest.skip(str(reason))
    patch = pytest.MonkeyPatch()
    patch.setattr(pair_module, "_WALL_EXTRA_S", 1.5)
    patch.setattr(pair_module, "_WALL_FACTOR", 1.0)
    with isolation.targets() as target:
        found = Pair(sandbox, target)
        yield found
        found.pair.kill()
    patch.undo()


@pytest.fixture(autouse=True)
def nothing_on_the_host():
    yield
    left = {path.name for folder in ("/tmp", "/dev/shm") for path in Path(folder).iterdir()}
    assert not {
        name for name in left if name.startswith(("locked", "sticky", "odd name", "deepdeep", "large"))
    }


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_contained_named_and_leaves_nothing(workers, name):
    if probe(name).guarantee not in workers.promised:
        pytest.skip(f"not promised here: {probe(name).guarantee}")
    if probe(name).needs_scratch and not workers.sandbox.private_scratch:
        pytest.skip("no private scratch here")
    verdict = probe(name).verdict

    report = workers.run(workers.attack(name))

    kinds = {row.failure and row.failure.kind.value for row in report.results}
    if verdict == "ok":
        assert [row.failure for row in report.results] == [None] * len(INDICES)
        if name != "spy":
            assert report.results == workers.honest.results
    else:
        assert kinds == {verdict}
        assert {row.values["cost_usd"] for row in report.results} == {120.0}
    left = workers.settled(len(workers.at_rest))
    assert len(left) == len(workers.at_rest), "the workers, and the child that waits"
    assert len(left & workers.at_rest) == len(left) - 1, "only that child is another"
    assert workers.run(workers.attack("spy")).behaviour == workers.seen.behaviour
    after = workers.run(HONEST)
    assert (after.results, after.behaviour) == (workers.honest.results, workers.honest.behaviour)


LOOK_AROUND = """
from escape import Honest, load, modules, must_fail, os, sys

root = next(path for path in sys.path if os.path.isdir(path + "/evaluators"))
holds = sorted(os.listdir(root + "/evaluators"))
for forbidden in ("trusted.py", "contract.py", "scoring.py", "schema.py", "keys.py", "loader.py", "group.py"):
    must_fail(forbidden, open, root + "/evaluators/" + forbidden)
for folder in ("/problems", "/simulators", "/adrs", "/runs", "/.git"):
    must_fail(folder, os.listdir, root + folder)
for file in (TICKS + "/evaluate.py", SECRET, "/etc/passwd", "/proc/1/environ", "/proc/self/maps"):
    must_fail(file, open, file)
must_fail("a file on the host", open, "/opt/left-by-a-candidate", "w")
must_fail("a file in the interpreter", open, os.__file__, "a")
assert "evaluators.trusted" not in modules and "evaluators.contract" not in modules
assert not any(key for key in os.environ if "KEY" in key or "TOKEN" in key)


class Policy(Honest):
    pass
"""


def test_the_sandbox_holds_no_evaluator(workers, tmp_path):
    secret = tmp_path / "archive.sqlite"
    secret.write_text("every score")
    source = LOOK_AROUND.replace("TICKS", repr(str(TICKS))).replace("SECRET", repr(str(secret)))

    report = workers.run(Program.of({"policy.py": source, **helpers(workers.target)}))

    assert report.results == workers.honest.results
