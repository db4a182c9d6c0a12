"""Every hostile program against the two workers alone: no sandbox, so what holds here holds by itself.

The same programs run through the pool and real sandboxes in `test_sandboxes.py`.
"""

import math
import platform
import time

import psutil
import pytest

from adrs.evaluation.faults import failure_of
from adrs.verify import isolation
from adrs.verify.probes import helpers, probe, probes

WITHOUT_A_SANDBOX = {"answers", "limits", "system calls"}
ATTACKS = [one.name for one in probes() if one.guarantee in WITHOUT_A_SANDBOX]
HONEST = "class Policy:\n    def __init__(self, given, rng): pass\n    def step(self, obs): return 1\n"
INDICES = (0, 1, 2)
CPU_S, WALL_S = 1.0, 2.0

# The raw system calls of the programs are numbered as on these.
pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64"), reason="needs an x86-64 or 64-bit Arm processor"
)


@pytest.fixture(scope="module")
def attack():
    with isolation.targets() as target:
        shared = helpers(target)
        yield lambda name: ({"policy.py": probe(name).source, **shared}, probe(name).verdict)


def run(workers, files):
    if isinstance(files, str):
        files = {"policy.py": files}
    answer, end = workers.run(files, INDICES, cpu_s=CPU_S, wall_s=WALL_S)
    assert answer["ok"], answer
    end["cpu_limit_s"] = math.ceil(CPU_S) - 0.1
    failures = [failure_of(row["failure"], answer["channel"], end) for row in answer["results"]]
    return answer, end, failures


@pytest.fixture(scope="module")
def honest(workers):
    return run(workers, HONEST)[0]


@pytest.fixture(scope="module")
def seen_by_the_first(workers, honest, attack):
    answer, _, failures = run(workers, attack("spy")[0])
    assert failures == [None] * len(INDICES)
    return answer


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_contained_named_and_leaves_nothing(workers, honest, attack, seen_by_the_first, name):
    files, verdict = attack(name)

    answer, end, failures = run(workers, files)

    if verdict == "ok":
        assert failures == [None] * len(INDICES)
        if name != "spy":
            assert [row["values"] for row in answer["results"]] == [
                row["values"] for row in honest["results"]
            ]
            assert answer["behaviour"] == honest["behaviour"]
    else:
        assert {failure and failure.kind.value for failure in failures} == {verdict}
        assert all(failure.reason.isprintable() and len(failure.reason) <= 500 for failure in failures)
        assert [row["values"] for row in answer["results"]] == [{"cost_usd": 120.0}] * len(INDICES)
    assert end["swept"]
    assert list(workers.scratch.iterdir()) == []
    assert psutil.Process(workers.zygote.process.pid).children(recursive=True) == []

    spied = run(workers, attack("spy")[0])[0]
    after = run(workers, HONEST)[0]

    assert spied["behaviour"] == seen_by_the_first["behaviour"]
    assert after["results"] == honest["results"]
    assert after["behaviour"] == honest["behaviour"]


def test_many_attacks_leave_no_memory_and_no_descriptor(workers, honest, attack):
    processes = [psutil.Process(worker.process.pid) for worker in (workers.zygote, workers.trusted)]
    quick = ["segfault", "memory_one", "forged_early", "litter", "hostile_exception_text"]

    def hold():
        for name in quick:
            run(workers, attack(name)[0])
        return [(process.memory_info().rss, process.num_fds()) for process in processes]

    hold()
    before = hold()
    for _ in range(3):
        after = hold()

    for (rss, fds), (rss_before, fds_before) in zip(after, before, strict=True):
        assert fds == fds_before
        assert rss < rss_before + (4 << 20)


def test_a_child_that_trickles_does_not_extend_the_deadline(workers, attack):
    began = time.monotonic()

    answer, _, _ = run(workers, attack("trickle")[0])

    assert answer["channel"] == "timeout"
    assert time.monotonic() - began < 5 * WALL_S
