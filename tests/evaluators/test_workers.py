"""Both workers as processes: the protocol of docs/reference/workers.md."""

import select
import shutil
import socket
from pathlib import Path

import pytest

from adrs import bundle

TICKS = Path(__file__).resolve().parent / "folders" / "ticks"
KEY = bytes(range(16)).hex()
POLICY = """class Policy:
    def __init__(self, given, rng):
        {init}
    def step(self, obs):
        {step}
"""


def policy(step="return 1", init="pass"):
    return POLICY.format(step=step, init=init)


def failures(answer):
    assert answer["ok"], answer
    return [row["failure"] for row in answer["results"]]


def test_johnson_scores_the_bound_and_the_initial_program_does_not(flow_shop):
    folder, indices = flow_shop.folder, list(range(20))
    bounds = flow_shop.trusted.ask("bounds", **flow_shop.source(), indices=indices)

    best, end = flow_shop.run((folder / "baselines" / "johnson.py").read_text(), indices)
    initial, _ = flow_shop.run((folder / "initial" / "solver.py").read_text(), indices)

    assert [row["values"] for row in best["results"]] == bounds["bound"]
    assert sum(r["values"]["makespan_s"] for r in initial["results"]) > sum(
        r["values"]["makespan_s"] for r in best["results"]
    )
    assert bounds["reference"] == [None] * 20
    assert (end["exit"], end["signal"], end["swept"], end["killed"]) == (0, None, True, False)
    assert best["channel"] == "ok"


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        (path.name, path.read_text().split()[2])
        for path in sorted((bundle.root() / "problems" / "flow_shop" / "attacks").glob("*.py"))
    ],
)
def test_the_attacks_of_flow_shop_get_their_verdicts(flow_shop, path, verdict):
    answer, _ = flow_shop.run((flow_shop.folder / "attacks" / path).read_text())

    kinds = {failure and failure["kind"] for failure in failures(answer)}
    assert kinds == ({None} if verdict == "ok" else {verdict})


def test_lockstep_and_a_child_each_give_the_same_scores(ticks):
    together, _ = ticks.run(policy("return obs.tick % 3"), range(12))
    alone = [ticks.run(policy("return obs.tick % 3"), [index])[0]["results"][0] for index in range(12)]

    assert together["results"] == alone
    assert {row["metrics"]["ticks"] for row in alone} == {10.0, 11.0, 12.0}  # of different length


def test_each_workload_has_its_own_policy_object_and_its_own_rng(ticks):
    source = policy(
        "self.n += 1; return self.rng.randrange(3) if self.n == obs.tick + 1 else 999",
        "self.n = 0; self.rng = rng",
    )

    first, _ = ticks.run(source, range(5))
    again, _ = ticks.run(source + "# a comment buys no new draw\n", range(5))
    repeated, _ = ticks.run(source, range(5), repeat=1)

    assert failures(first) == [None] * 5
    assert (again["results"], again["behaviour"]) == (first["results"], first["behaviour"])
    assert repeated["behaviour"] != first["behaviour"]


def test_one_failing_workload_leaves_the_others_alone(ticks):
    odd = policy("return 1 // (self.zones - (3 if obs.price_usd < 0.05 else 0))", "self.zones = given.zones")

    answer, _ = ticks.run(odd, range(20))

    kinds = [failure and failure["kind"] for failure in failures(answer)]
    assert set(kinds) == {None, "exception"}
    assert all(
        (row["values"] == {"cost_usd": 120.0}) == (row["failure"] is not None) for row in answer["results"]
    )


@pytest.mark.parametrize(
    ("step", "kind", "reason"),
    [
        ("return True", "invalid", "action = True: not an int"),
        ("return 1001", "invalid", "action = 1001: at most 1000"),
        ("return 7", "invalid", "zone 7: there are 3"),
        ("return 999", "invalid", "the evaluator raised ZeroDivisionError on this answer"),
        ("return None", "invalid", "action = None: not an int"),
        ("return {1}", "invalid", "the answer holds a set: only None"),
        ("return 2**70", "invalid", "the answer holds an integer beyond 64 bits"),
        ("return 1 / 0", "exception", "ZeroDivisionError: division by zero (policy.py, line 5)"),
        (
            "return obs.left",
            "exception",
            "AttributeError: 'Observation' object has no attribute 'left' (policy.py, line 5)",
        ),
        ("import os", "forbidden", "ForbiddenImport: import of os is not allowed"),
    ],
)
def test_failures_have_a_kind_and_one_clear_reason(ticks, step, kind, reason):
    answer, _ = ticks.run(policy(step))

    for failure in failures(answer):
        assert failure["kind"] == kind
        assert failure["reason"].startswith(reason)
    assert [row["values"] for row in answer["results"]] == [{"cost_usd": 120.0}] * 3


def test_numpy_scalars_and_enum_members_are_what_they_stand_for(ticks_with_numpy):
    honest, _ = ticks_with_numpy.run(policy())
    member = "from dataclasses import sys\nA = sys.modules['enum'].IntEnum('A', 'ONE')\n" + policy(
        "return A.ONE"
    )
    scalar = "from dataclasses import sys\nnp = sys.modules['numpy']\n" + policy("return np.int64(1)")
    array = "from dataclasses import sys\nnp = sys.modules['numpy']\n" + policy("return np.zeros(3)")

    assert ticks_with_numpy.run(member)[0]["results"] == honest["results"]
    assert ticks_with_numpy.run(scalar)[0]["results"] == honest["results"]
    assert failures(ticks_with_numpy.run(array)[0])[0]["kind"] == "invalid"
    assert ticks_with_numpy.zygote_hello["libraries"]["numpy"][0].isdigit()


def test_a_program_of_several_files(ticks):
    files = {
        "policy.py": "from rules.pick import pick\nimport rules\n" + policy("return pick(obs)"),
        "rules/__init__.py": "from .pick import pick\n",
        "rules/pick.py": "def pick(obs):\n    return 1\n",
    }

    assert ticks.run(files)[0]["results"] == ticks.run(policy())[0]["results"]
    broken = ticks.run({**files, "rules/pick.py": "def pick(obs:\n"})[0]
    assert failures(broken)[0]["kind"] == "syntax"
    assert "rules/pick.py, line 1" in failures(broken)[0]["reason"]


def test_workloads_follow_from_the_key(ticks):
    one = ticks.trusted.ask("workloads", split="train", key=KEY, count=50)
    same = ticks.trusted.ask("workloads", split="train", key=KEY, count=10)
    other = ticks.trusted.ask("workloads", split="train", key="00" * 16, count=50)

    assert one["cells"][:10] == same["cells"]
    assert ticks.run(policy(), key=KEY)[0]["results"] != ticks.run(policy(), key="00" * 16)[0]["results"]
    assert len(other["cells"]) == 50
    assert set(one["shares"]) == {""}


def test_summary_gives_feedback_for_train_only(ticks):
    results = ticks.run(policy("return 999"))[0]["results"]

    train = ticks.trusted.ask("summary", split="train", key=KEY, results=results)
    hidden = ticks.trusted.ask("summary", split="validation", key=KEY, results=results)

    assert "ZeroDivisionError" in train["feedback"]
    assert hidden["feedback"] == ""
    assert train["measures"] == hidden["measures"] == {"done": 0.0}


def test_a_wrong_request_is_answered_with_one_sentence(ticks):
    child_already = ticks.zygote.ask("end", kill_after_s=0.1)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        no_such = ticks.trusted.ask("run", [theirs.fileno()], split="train", key=KEY, indices=[-1], wall_s=1)

    assert child_already == {"ok": False, "error": "No child runs."}
    assert "name no workloads" in no_such["error"]
    assert "needs one descriptor" in ticks.trusted.ask("run", split="train", key=KEY, indices=[0])["error"]
    assert "is unknown" in ticks.trusted.ask("open_sesame")["error"]
    assert "needs one descriptor" in ticks.zygote.ask("fork")["error"]
    assert failures(ticks.run(policy())[0]) == [None] * 3  # and both still work


ENDS_AT_ONCE = """
wrap = [each for each in object.__subclasses__() if each.__name__ == "_wrap_close"][0]
wrap.__init__.__globals__["_exit"](3)
"""


def test_nothing_of_a_program_runs_before_it_is_asked(ticks):
    with ticks.fork(ENDS_AT_ONCE) as ours:
        assert select.select([ours], [], [], 0.5)[0] == [], "it waits for its turn"
    ticks.zygote.ask("end", kill_after_s=0.25)

    answer, end = ticks.run(ENDS_AT_ONCE)

    assert {failure["kind"] for failure in failures(answer)} == {"crash"}
    assert end["exit"] == 3


def test_only_one_child_at_a_time(ticks):
    with ticks.fork(policy()), socket.socket() as spare:
        answer = ticks.zygote.ask("fork", [spare.fileno()])
    ticks.zygote.ask("end", kill_after_s=1.0)

    assert "runs already" in answer["error"]


def own_evaluator(tmp_path, text, replacement):
    folder = Path(shutil.copytree(TICKS, tmp_path / "own"))
    source = (folder / "evaluate.py").read_text()
    assert text in source
    (folder / "evaluate.py").write_text(source.replace(text, replacement))
    return folder


@pytest.mark.parametrize(
    ("text", "replacement", "sentence"),
    [
        (
            '{"cost_usd": 10.0 * self.params["ticks"]}',
            '{"cost_usd": float("nan")}',
            "worst() is wrong: the metric cost_usd is nan",
        ),
        (
            '{"cost_usd": 10.0 * self.params["ticks"]}',
            "{}",
            "worst() is wrong: the evaluator returned no cost_usd",
        ),
        ('self.params["zones"], self.params["ticks"])', "1 / 0)", "failed in given(): ZeroDivisionError"),
        (
            "rng = random.Random(workload.data)",
            "rng = undefined",
            "failed in simulate() before the first action",
        ),
        ("left, True, zone,", "left, {1}, zone,", "cannot be sent: a set"),
        ("for index in count():", "for index in [1 // 0]:", "failed in workloads(): ZeroDivisionError"),
    ],
)
def test_what_no_candidate_had_a_hand_in_is_the_evaluators_fault(
    make_workers, tmp_path, text, replacement, sentence
):
    workers = make_workers(own_evaluator(tmp_path, text, replacement))

    answer, end = workers.run(policy())

    assert not answer["ok"]
    assert sentence in answer["error"]
    assert end["swept"]


@pytest.mark.parametrize(
    ("value", "expected", "kind"),
    [
        ("1e9", 120.0, None),
        ("-5.0", -5.0, None),
        ("float('nan')", 120.0, "invalid"),
        ("float('-inf')", 120.0, "invalid"),
        ("'0.0'", 120.0, "invalid"),
        ("None", 120.0, "invalid"),
    ],
)
def test_every_value_is_finite_and_clamped_to_worst(make_workers, tmp_path, value, expected, kind):
    workers = make_workers(own_evaluator(tmp_path, '{"cost_usd": spent,', f'{{"cost_usd": {value},'))

    answer, _ = workers.run(policy())

    assert [row["values"] for row in answer["results"]] == [{"cost_usd": expected}] * 3
    assert {failure and failure["kind"] for failure in failures(answer)} == {kind}


def test_maximised_values_are_clamped_from_below(make_workers, tmp_path):
    folder = own_evaluator(tmp_path, '{"cost_usd": spent,', '{"cost_usd": -spent,')
    toml = folder / "problem.toml"
    toml.write_text(toml.read_text().replace("minimize", "maximize"))

    answer, _ = make_workers(folder).run(policy())

    assert [row["values"] for row in answer["results"]] == [{"cost_usd": 120.0}] * 3  # worst() is 120 here
    assert failures(answer) == [None] * 3


def test_a_folder_that_extends_another_takes_missing_files_from_it(make_worker, tmp_path):
    (tmp_path / "problem.toml").write_text("")
    worker = make_worker("evaluators.trusted")
    objectives = [{"name": "cost_usd", "direction": "minimize"}]
    hello = {"problem": str(tmp_path), "evaluator": "Ticks", "objectives": objectives}

    alone = worker.ask("hello", **hello, base=None)
    based = worker.ask("hello", **hello, base=str(TICKS), params={"ticks": 4, "zones": 1})
    worst = worker.ask("bounds", split="train", key=KEY, indices=[0])

    assert "cannot be imported" in alone["error"]
    assert based["ok"]
    assert worst["worst"] == [{"cost_usd": 40.0}]
    assert (
        "defines no PlanEvaluator"
        in worker.ask("hello", **{**hello, "evaluator": "X"}, base=str(TICKS))["error"]
    )
    recorded = worker.ask("workloads", split="train", data="/a/trace.json", count=3)
    assert "reads no recorded data" in recorded["error"]


def test_a_zygote_that_cannot_serve_says_why(make_worker, tmp_path):
    broken = tmp_path / "interface.py"
    broken.write_text("1 / 0\n")

    missing = make_worker("evaluators.zygote", "--libraries", "no_such_library").ask("hello")
    bad = make_worker("evaluators.zygote", "--interface", str(broken)).ask("hello")

    assert "'no_such_library' cannot be imported" in missing["error"]
    assert "ZeroDivisionError" in bad["error"]


def test_a_zygote_ends_its_child_when_the_pool_goes_away(ticks, make_workers):
    import psutil

    workers = make_workers(TICKS)
    channel = workers.fork("while True: pass\n", cpu_s=30)
    (child,) = psutil.Process(workers.zygote.process.pid).children()

    workers.zygote.control.close()
    channel.settimeout(10)

    assert workers.zygote.process.wait(10) == 0
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()
    channel.close()
