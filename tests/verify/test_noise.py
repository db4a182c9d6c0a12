import pytest

from adrs.archive.store import Archive
from adrs.cli.sight import in_words, sight_in
from adrs.model.evaluation import Evaluation, Failure, FailureKind, Split, WorkloadResult
from adrs.model.records import Purpose
from adrs.model.run import RunRecord, RunState
from adrs.plugins.problems import baseline_program, find_problem, initial_program
from adrs.verify.noise import Sight, sight

RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def on_train(problem, values, failure=None):
    name = problem.primary.name
    return Evaluation(
        split=Split.TRAIN,
        opening=0,
        results=tuple(WorkloadResult(i, "", {name: v}, failure=failure) for i, v in enumerate(values)),
        objectives={name: sum(values) / len(values)},
        complete=True,
        isolated=False,
    )


@pytest.fixture
def flow_shop():
    return find_problem("flow_shop")


@pytest.fixture
def archive(tmp_path, flow_shop):
    with Archive.open(tmp_path) as opened:
        initial = initial_program(flow_shop)
        run = RunRecord(
            RUN, flow_shop.id, 1, flow_shop.digest, {}, 0, RunState.RUNNING, initial.digest, created_us=1
        )
        opened.create_run(run, initial)
        yield opened


def test_it_comes_from_how_unevenly_the_baselines_differ_from_the_initial_program(archive, flow_shop):
    assert sight(archive, flow_shop) is None
    initial = [100.0 + place for place in range(60)]
    archive.record_evaluation(RUN, initial_program(flow_shop), on_train(flow_shop, initial), Purpose.TRAIN)
    assert sight(archive, flow_shop) is None
    for baseline, spread in zip(flow_shop.spec.baseline, (1.0, 5.0), strict=True):
        values = [value - 10 + spread * (-1) ** place for place, value in enumerate(initial)]
        archive.record_evaluation(
            RUN, baseline_program(flow_shop, baseline), on_train(flow_shop, values), Purpose.TRAIN
        )

    seen = sight(archive, flow_shop)

    # (2.30 + 0.85) standard errors of 3 / sqrt(60), the median of the two, at a mean of 129.5
    assert seen.percent == pytest.approx(0.95, abs=0.03)
    assert seen.noise_percent is None
    assert seen.workloads == 60


def test_what_failed_says_nothing(archive, flow_shop):
    failed = Failure(FailureKind.CRASH, "it ended")
    archive.record_evaluation(
        RUN, initial_program(flow_shop), on_train(flow_shop, [1.0, 2.0], failed), Purpose.TRAIN
    )

    assert sight(archive, flow_shop) is None


def test_where_there_is_no_archive_nothing_is_known_and_none_is_made(tmp_path, flow_shop):
    assert sight_in(str(tmp_path / "nowhere"), [flow_shop]) == {}
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (None, "how small an improvement it can see is measured when a run begins"),
        (Sight(60, 2.23, None), "60 validation workloads can see improvements: over 2.2 %"),
        (
            Sight(24, 1.0, 0.5),
            "24 validation workloads can see improvements: over 1 %; noise alone hides up to 0.5 %",
        ),
    ],
)
def test_it_is_said_in_words(seen, words):
    assert in_words(seen) == words
