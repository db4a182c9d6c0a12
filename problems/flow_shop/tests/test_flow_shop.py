import itertools
import random
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.contract import Workload
from evaluators.schema import Refused, checker
from problems.driver import KEY, Driver

driver = Driver(Path(__file__).resolve().parent.parent)
TIMES = st.integers(1, 9)
SHOPS = st.lists(st.tuples(TIMES, TIMES), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def evaluator():
    return driver.evaluator()


@pytest.fixture(scope="module")
def interface(evaluator):
    return sys.modules["problem.interface"]


@given(jobs=SHOPS)
def test_the_bound_is_the_optimum(evaluator, interface, jobs):
    shop = interface.Given(*zip(*jobs, strict=True))
    orders = itertools.permutations(range(len(jobs)))

    best = min(interface.makespan_s(shop, order) for order in orders)

    assert evaluator.bound(Workload(shop)) == {"makespan_s": best}


@given(jobs=SHOPS, seed=st.integers(0, 99))
def test_no_order_is_beyond_worst_or_bound(evaluator, interface, jobs, seed):
    workload = Workload(interface.Given(*zip(*jobs, strict=True)))
    order = list(range(len(jobs)))
    random.Random(seed).shuffle(order)

    scored = evaluator.score(workload, order)

    assert evaluator.bound(workload)["makespan_s"] <= scored["makespan_s"]
    assert scored["makespan_s"] <= evaluator.worst(workload)["makespan_s"]
    assert scored["idle_s"] >= 0


def test_makespan_of_a_shop_worked_out_by_hand(interface):
    # First machine: 0-3, 3-4, 4-9. Second: 3-5, 5-11, 11-12.
    assert interface.makespan_s(interface.Given((3, 1, 5), (2, 6, 1)), [0, 1, 2]) == 12
    assert interface.makespan_s(interface.Given((3, 1, 5), (2, 6, 1)), [1, 0, 2]) == 10


def test_johnson_reaches_the_bound_and_the_others_do_not(evaluator):
    workloads = driver.draw(evaluator, 60)

    def gap(path):
        results = driver.score(evaluator, workloads, driver.file(path))
        assert [reason for _, _, reason in results if reason] == []
        scores = driver.values(results, evaluator)
        best = [evaluator.bound(each)["makespan_s"] for each in workloads]
        return sum(scores) / sum(best)

    assert gap("baselines/johnson.py") == 1.0
    assert gap("baselines/longest_first.py") > 1.02
    assert gap("initial/solver.py") > 1.02


def test_workloads_follow_from_the_key_alone(evaluator):
    def first(split, key):
        return [each.data for each in itertools.islice(evaluator.workloads(split, key), 5)]

    assert first("train", KEY) == first("train", KEY)
    assert first("train", KEY) != first("train", bytes(16))
    slow, fast = first("shift", KEY)[0], first("train", KEY)[0]
    assert slow.second_s == tuple(3 * time for time in fast.second_s)


def test_a_plan_is_a_permutation(evaluator):
    workload = next(evaluator.workloads("train", KEY))
    check = checker(evaluator.plan_schema(workload), "plan")
    jobs = len(workload.data.first_s)

    assert check(tuple(range(jobs))) == list(range(jobs))
    for wrong in ([], [0] * jobs, [True, *range(1, jobs)], list(range(1, jobs + 1))):
        with pytest.raises(Refused):
            check(wrong)


def test_measures_and_feedback(evaluator):
    workloads = list(itertools.islice(evaluator.workloads("train", KEY), 3))
    plans = [list(range(len(each.data.first_s))) for each in workloads]
    scored = [(each, evaluator.score(each, plan)) for each, plan in zip(workloads, plans, strict=True)]

    assert 0 < evaluator.measures(scored)["idle"] < 1
    assert evaluator.measures([(workloads[0], None)]) == {"idle": 1.0}
    assert evaluator.feedback([(workloads[0], None, "it hangs")]).endswith("failed: it hangs")
    assert evaluator.feedback([]) == ""


def test_feedback_names_the_three_worst_shops_and_why(evaluator, interface):
    shops = [interface.Given((9,) * jobs + (1,), (1,) * jobs + (9,)) for jobs in (1, 2, 3, 4)]
    results = [
        (Workload(shop), evaluator.score(Workload(shop), range(len(shop.first_s))), "") for shop in shops
    ]
    text = evaluator.feedback(results).splitlines()

    # In the given order 9 + 1 + 9 s; the short job first takes 1 + 9 + 1 s.
    assert text[0] == (
        "- A shop of 2 jobs: 19 s, 72.7 % above its optimum of 11 s; the second machine waited 9 s for the "
        "first one, where 1 s cannot be helped."
    )
    assert len(text) == 3
    assert [line.split(" jobs")[0][-1] for line in text] == ["2", "3", "4"]


def test_what_another_aggregate_would_say(evaluator):
    # The field compares makespans, so large shops weigh most. The mean of each shop's own gap to its optimum
    # counts small shops as much, and says that taking jobs as they come loses more.
    workloads = list(itertools.islice(evaluator.workloads("train", KEY), 60))
    makespans = [evaluator.score(each, range(len(each.data.first_s)))["makespan_s"] for each in workloads]
    best = [evaluator.bound(each)["makespan_s"] for each in workloads]
    by_mean = sum(makespans) / sum(best) - 1
    by_shop = sum(one / least - 1 for one, least in zip(makespans, best, strict=True)) / len(best)

    assert by_mean == pytest.approx(0.082, abs=0.002)
    assert by_shop == pytest.approx(0.100, abs=0.002)
