"""What the literature says of row and column orders, and whether it holds here: paired, with intervals."""

from __future__ import annotations

import numpy as np
import pytest

from adrs import bundle
from adrs.stats.paired import Verdict, paired_difference
from problems.driver import Driver

FOLDER = bundle.root() / "problems" / "llm_sql"
COUNT = 45


driver = Driver(FOLDER)


@pytest.fixture(scope="module")
def llm_sql():
    return driver.evaluator()


@pytest.fixture(scope="module")
def scored(llm_sql):
    workloads = driver.draw(llm_sql, COUNT)
    return {path.stem: driver.score(llm_sql, workloads, path) for path in driver.programs()}


@pytest.fixture(scope="module")
def shifted(llm_sql):
    workloads = driver.draw(llm_sql, 48, "shift")
    names = ("original", "lexicographic", "statistics_order", "ggr")
    return {name: driver.score(llm_sql, workloads, FOLDER / "baselines" / f"{name}.py") for name in names}


def column(results, metric="hit_rate"):
    return [metrics[metric] for _, metrics, _ in results]


def compared(scored, program, other, metric="hit_rate"):
    values = (column(scored[each], metric) for each in (program, other))
    cells = [workload.cell for workload, _, _ in scored[program]]
    return paired_difference(*values, direction="maximize", rng=np.random.default_rng(0), cells=cells)


@pytest.mark.parametrize(
    ("better", "other", "at_least"),
    [
        ("statistics_order", "lexicographic", 0.2),
        ("ggr_early_stop", "statistics_order", 0.005),
        ("ggr", "ggr_early_stop", 0.015),
        ("ggr", "statistics_order", 0.025),
        ("ggr", "lexicographic", 0.25),
        ("ggr", "prefix_groups", 0.05),
    ],
)
def test_orderings_hold_with_their_intervals(scored, better, other, at_least):
    found = compared(scored, better, other)

    assert found.verdict is Verdict.BETTER
    assert found.difference.low > at_least


def test_sorted_rows_are_never_below_the_original_order(llm_sql, scored):
    # It matters only where rows are shuffled and the cache is small, so it takes more tables to see it.
    pairs = zip(column(scored["lexicographic"]), column(scored["original"]), strict=True)
    assert all(one >= other for one, other in pairs)
    workloads = driver.draw(llm_sql, 2 * COUNT)
    names = ("lexicographic", "original")
    more = {name: driver.score(llm_sql, workloads, FOLDER / "baselines" / f"{name}.py") for name in names}

    found = compared(more, "lexicographic", "original")
    assert found.verdict is Verdict.BETTER
    assert found.difference.low > 0.005


@pytest.mark.parametrize(
    ("better", "other"),
    [
        ("lexicographic", "original"),
        ("statistics_order", "lexicographic"),
        ("ggr", "statistics_order"),
    ],
)
def test_orderings_hold_where_the_search_never_was(shifted, better, other):
    assert compared(shifted, better, other).verdict is Verdict.BETTER


def test_the_phrase_count_orders_recursion_first_too(scored):
    assert compared(scored, "ggr", "statistics_order", "phrase_share").verdict is Verdict.BETTER
    assert compared(scored, "statistics_order", "lexicographic", "phrase_share").verdict is Verdict.BETTER


def test_the_phrase_count_sees_little_of_what_recursion_gains(scored):
    # Squares of characters are nearly all in the longest cells, which statistics order puts in front as well;
    # what recursion gains are the narrow cells behind them.
    metrics = ("hit_rate", "phrase_share")
    hits, phrases = (compared(scored, "ggr", "statistics_order", metric) for metric in metrics)

    assert hits.difference.low > 2 * phrases.difference.high


def test_the_phrase_count_ranks_programs_otherwise(scored):
    # Prefix groups looks at sizes of groups and not at lengths: a tenth below statistics order by tokens that
    # are hit, and nearly half below it by phrases.
    def ratio(metric):
        return np.mean(column(scored["prefix_groups"], metric)) / np.mean(
            column(scored["statistics_order"], metric)
        )

    assert ratio("hit_rate") > 0.85
    assert ratio("phrase_share") < 0.66


def test_sorting_alone_gains_only_what_the_cache_forgot(scored):
    # With columns as they are, the order of rows cannot change what prompts have in common.
    one, other = (column(scored[each], "unbounded_hit_rate") for each in ("original", "lexicographic"))

    assert one == other
    assert column(scored["lexicographic"]) == other


def test_what_another_aggregate_would_say(scored):
    # The field takes the mean over tables. Pooled tokens weigh tables of long rows more, where more repeats;
    # the median does not see the few tables on which the original order is good already.
    def mean(program):
        return np.mean(column(scored[program]))

    def pooled(program):
        return sum(column(scored[program], "hit_tokens")) / sum(column(scored[program], "tokens"))

    def median(program):
        return np.median(column(scored[program]))

    assert all(pooled(program) > mean(program) for program in scored)
    assert median("original") < mean("original") - 0.03
    assert median("ggr") - median("prefix_groups") < mean("ggr") - mean("prefix_groups") - 0.02
    assert len({tuple(sorted(scored, key=way)) for way in (mean, pooled, median)}) == 1


def test_no_baseline_is_near_the_bound(llm_sql, scored):
    bound = np.mean([llm_sql.bound(workload)["hit_rate"] for workload, _, _ in scored["ggr"]])

    assert np.mean(column(scored["ggr"])) < bound - 0.08
