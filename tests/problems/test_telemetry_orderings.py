"""What the literature says of telemetry repair, and whether it holds here: paired, with intervals."""

from __future__ import annotations

import numpy as np
import pytest

from adrs import bundle
from adrs.stats.paired import Verdict, paired_difference
from problems.driver import Driver

FOLDER = bundle.root() / "problems" / "telemetry_repair"
PUBLISHED = {
    "networks": ["abilene"],
    "mixes": ["drop", "scale", "correlated"],
    "share": [0.2],
    "failed_links": [0],
}
"""What is published: Abilene, a fifth of the interfaces or routers dropped or scaled."""

QUICK = ("identity", "majority", "symmetric_average", "repair")


driver = Driver(FOLDER)


def seeing(given):
    return given


def blinded(given):
    """Tell nothing of what enters and leaves the network."""
    nothing = (0.0,) * len(given.entering_mbps)
    return given._replace(entering_mbps=nothing, leaving_mbps=nothing)


def scores(telemetry, count, split="train", blind=False, programs=None):
    """Return every program's metrics by name, or those of some, on the same workloads."""
    workloads = driver.draw(telemetry, count, split)
    tell = blinded if blind else seeing
    return {
        path.stem: [each for _, each, _ in driver.score(telemetry, workloads, path, tell)]
        for path in driver.programs()
        if programs is None or path.stem in programs
    }


@pytest.fixture(scope="module")
def mixed():
    return scores(driver.evaluator(), 60)


@pytest.fixture(scope="module")
def quick():
    """Many workloads, for the programs that take no time."""
    return scores(driver.evaluator(), 210, programs=QUICK)


@pytest.fixture(scope="module")
def shifted():
    return scores(driver.evaluator(), 30, "shift", programs=QUICK)


@pytest.fixture(scope="module")
def published():
    telemetry = driver.evaluator(search=PUBLISHED)
    voting = ("hodor_voting", "majority", "huber_least_squares", "symmetric_average")
    return {blind: scores(telemetry, 40, blind=blind, programs=voting) for blind in (False, True)}


def column(found, program, metric="accuracy"):
    return [metrics[metric] for metrics in found[program]]


def compared(found, program, other, metric="accuracy", direction="maximize"):
    values = (column(found, each, metric) for each in (program, other))
    return paired_difference(*values, direction=direction, rng=np.random.default_rng(0))


@pytest.mark.parametrize("program", ["hodor_voting", "majority"])
@pytest.mark.parametrize("other", ["identity", "symmetric_average", "huber_least_squares", "repair"])
def test_conservation_by_votes_repairs_more_than_is_spoilt(mixed, program, other):
    """The claim of Hodor and CrossCheck: redundancy over links and routers repairs counters."""
    found = compared(mixed, program, other)

    assert found.verdict is Verdict.BETTER
    assert found.difference.low > 0.01


def test_robust_fitting_beats_the_mean(mixed):
    assert compared(mixed, "huber_least_squares", "repair").verdict is Verdict.BETTER
    assert compared(mixed, "symmetric_average", "repair").verdict is Verdict.BETTER


def test_who_averages_or_fits_breaks_what_is_right(mixed):
    """Where the model disagrees: by accuracy, link symmetry and Huber's fit lose to believing everything."""
    for program in ("symmetric_average", "huber_least_squares"):
        assert compared(mixed, program, "identity").verdict is Verdict.WORSE
        assert np.mean(column(mixed, program, "faulty_accuracy")) > 0.2
        assert np.mean(column(mixed, program, "healthy_accuracy")) < 0.93
    # And voting with locks gains nothing over one count of the votes.
    assert compared(mixed, "hodor_voting", "majority").verdict is Verdict.TIE


def test_what_another_aggregate_would_say(quick):
    """The published score grades by relative error: there a half-right mean is nearly right."""
    for other in ("identity", "majority", "repair"):
        assert compared(quick, "symmetric_average", other, "graded_accuracy").verdict is Verdict.BETTER
    for other in ("identity", "majority"):
        assert compared(quick, "symmetric_average", other).verdict is Verdict.WORSE

    def ranks(metric):
        return sorted(quick, key=lambda program: np.mean(column(quick, program, metric)))

    assert ranks("accuracy") == ["repair", "symmetric_average", "identity", "majority"]
    assert ranks("graded_accuracy")[-1] == "symmetric_average"
    # Of faulty counters alone: who changes nothing comes last, and spoiling healthy ones costs nothing.
    assert ranks("faulty_accuracy") == ["identity", "repair", "symmetric_average", "majority"]


def test_calibration_is_a_matter_of_its_own(quick):
    """The rule that knows when it does not know is best calibrated, and not the most accurate."""
    for other in ("identity", "majority", "repair"):
        found = compared(quick, "symmetric_average", other, "brier_loss", "minimize")
        assert found.verdict is Verdict.BETTER
    assert compared(quick, "majority", "symmetric_average").verdict is Verdict.BETTER


def test_published_scores_are_near(published):
    """Without edge counters, as published: 0.9465 for a symmetric rule, 0.8222 for the voting."""
    blind = published[True]

    assert np.mean(column(blind, "symmetric_average", "published_score")) == pytest.approx(0.9465, abs=0.02)
    assert np.mean(column(blind, "hodor_voting", "published_score")) == pytest.approx(0.8222, abs=0.06)
    found = compared(blind, "symmetric_average", "hodor_voting", "published_score")
    assert found.verdict is Verdict.BETTER
    assert found.difference.low > 0.05


def test_edge_counters_are_what_conservation_needs(published):
    for program in ("hodor_voting", "majority", "huber_least_squares"):
        pair = (column(published[blind], program) for blind in (False, True))
        gain = paired_difference(*pair, direction="maximize", rng=np.random.default_rng(0))
        assert gain.verdict is Verdict.BETTER, program
        assert gain.difference.low > 0.02
    same = [column(published[blind], "symmetric_average") for blind in (False, True)]
    assert same[0] == same[1]


def test_votes_lose_their_lead_where_whole_vendors_are_wrong(shifted):
    assert np.mean(column(shifted, "identity")) < 0.85
    assert compared(shifted, "majority", "identity").verdict is not Verdict.BETTER
    assert compared(shifted, "majority", "symmetric_average").verdict is Verdict.BETTER
