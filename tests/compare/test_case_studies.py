import asyncio

import pytest

from adrs.archive.store import Archive
from adrs.compare.case_studies import ARTIFACT, conduct, is_confirmed, is_outdated, plan, read, recorded
from adrs.errors import ConfigError
from adrs.model.budget import Budget
from adrs.model.evaluation import Split
from adrs.model.run import RunState
from adrs.plugins.problems import find_problem
from adrs.run import session
from adrs.run.finish import CHAMPION, INITIAL
from adrs.run.stopping import StopRule

TRIALS = 8


def silent(progress, line):
    pass


def wanted(trials=TRIALS, seeds=1, workers=1, problem=None):
    problem = problem or find_problem("flow_shop")
    return plan({"flow_shop": problem}, trials=trials, seeds=seeds, workers=workers, sandbox="auto")


def work(archive, task, notify=silent, stop=None):
    return asyncio.run(conduct(archive, task, notify=notify, stop=stop or StopRule(Budget())))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """An archive in which one task was brought to its end."""
    where = tmp_path_factory.mktemp("study")
    with Archive.open(where) as archive:
        [task] = wanted()
        yield archive, task, work(archive, task)


def test_a_plan_has_a_run_per_problem_and_seed():
    problem = find_problem("flow_shop")
    tasks = plan({"a": problem, "b": problem}, trials=5, seeds=2, workers=None, sandbox="process")

    assert [(one.config.problem, one.config.seed) for one in tasks] == [
        ("a", 0),
        ("a", 1),
        ("b", 0),
        ("b", 1),
    ]
    assert {one.config.budget.trials for one in tasks} == {5}
    assert {one.config.proposer.name for one in tasks} == {"syntax"}
    with pytest.raises(ConfigError, match="at least 1"):
        plan({"a": problem}, trials=5, seeds=0, workers=1, sandbox="auto")
    with pytest.raises(ConfigError, match="trials"):
        plan({"a": problem}, trials=0, seeds=1, workers=1, sandbox="auto")


def test_a_study_has_everything_on_one_draw_with_its_bound(done):
    archive, task, study = done

    assert list(study.evaluations) == [INITIAL, "Johnson's rule", "Longest job first", CHAMPION]
    draws = {(one.split, one.opening, len(one.results)) for one in study.evaluations.values()}
    assert draws == {(Split.VALIDATION, archive.openings("flow_shop", Split.VALIDATION), 60)}
    assert study.trials == TRIALS
    # Johnson's rule is optimal on two machines, and the bound is exact there.
    assert study.evaluations["Johnson's rule"].objectives["makespan_s"] == pytest.approx(study.bound)
    assert study.reference is None
    best = study.evaluations[CHAMPION].objectives["makespan_s"]
    assert (study.trial is None) == (best == study.evaluations[INITIAL].objectives["makespan_s"])
    assert read(archive, task.problem, study.run) == study


def test_what_the_archive_has_is_not_made_again(done):
    archive, task, study = done
    openings = archive.openings("flow_shop", Split.VALIDATION)

    assert work(archive, task) == study
    # How many work on it is not what a run is asked to do.
    assert recorded(archive, wanted(workers=2)[0]) == study.run
    assert len(archive.runs()) == 1
    assert archive.openings("flow_shop", Split.VALIDATION) == openings
    assert len([one for one in archive.artifacts(study.run.id) if one.name == ARTIFACT]) == 1


def test_another_budget_seed_or_version_is_another_run(done):
    archive, task, _ = done
    changed = task.problem.model_copy(update={"digest": "0" * 64})

    assert recorded(archive, wanted(trials=TRIALS + 1)[0]) is None
    assert recorded(archive, wanted(seeds=2)[1]) is None
    assert recorded(archive, wanted(problem=changed)[0]) is None


def test_a_run_of_other_code_is_outdated(done, monkeypatch):
    archive, task, _ = done
    assert not is_outdated(archive, task)
    monkeypatch.setattr("adrs.compare.reuse.search_digest", lambda strategy, proposer: "edited")
    assert recorded(archive, task) is None
    assert is_outdated(archive, task)
    assert not is_outdated(archive, wanted(seeds=2)[1])


def test_a_run_that_was_stopped_is_gone_on_with(tmp_path):
    stop = StopRule(Budget())

    def soon(progress, line):
        if progress.usage.trials >= 2:
            stop.request("interrupted")

    with Archive.open(tmp_path) as archive:
        [task] = wanted()
        assert work(archive, task, soon, stop) is None
        [run] = archive.runs()
        assert run.state is RunState.PAUSED
        before = archive.usage(run.id).trials
        assert 2 <= before < TRIALS

        study = work(archive, task)

        assert [one.id for one in archive.runs()] == [run.id] == [study.run.id]
        assert study.trials == TRIALS


def test_a_run_that_was_gone_on_with_by_other_code_is_of_neither(tmp_path, monkeypatch):
    stop = StopRule(Budget())
    with Archive.open(tmp_path) as archive:
        [task] = wanted()
        assert work(archive, task, lambda progress, line: stop.request("interrupted"), stop) is None
        assert archive.run("last").search_digest
        monkeypatch.setattr("adrs.run.session.search_digest", lambda strategy, proposer: "edited")
        assert work(archive, task).run.search_digest == ""
        assert recorded(archive, task) is None
        assert is_outdated(archive, task)


def test_a_run_whose_confirm_draw_was_lost_is_only_confirmed_again(tmp_path, monkeypatch):
    async def dies(*arguments):
        raise KeyboardInterrupt

    with Archive.open(tmp_path) as archive:
        [task] = wanted(trials=3)
        with monkeypatch.context() as patch:
            patch.setattr(session, "confirm", dies)
            with pytest.raises(KeyboardInterrupt):
                work(archive, task)
        [run] = archive.runs()
        assert not is_confirmed(archive, task.problem, run)
        assert archive.usage(run.id).trials == 3

        study = work(archive, task)

        assert study.run.id == run.id
        assert archive.usage(run.id).trials == 3


def test_a_baseline_that_came_later_is_measured_with_all_others_on_a_new_draw(tmp_path, monkeypatch):
    problem = find_problem("flow_shop")
    spec = problem.spec.model_copy(update={"baseline": problem.spec.baseline[:1]})
    earlier = problem.model_copy(update={"spec": spec})
    with Archive.open(tmp_path) as archive:
        with monkeypatch.context() as patch:
            patch.setattr(session, "find_problem", lambda ref: earlier)
            first = work(archive, *wanted(trials=2, problem=earlier))
        [task] = wanted(trials=2)
        assert not is_confirmed(archive, problem, first.run)

        study = work(archive, task)

        assert study.run.id == first.run.id
        assert study.trials == first.trials == 2
        assert set(study.evaluations) - set(first.evaluations) == {"Longest job first"}
        openings = [one.evaluations[INITIAL].opening for one in (first, study)]
        assert openings[1] == openings[0] + 1
        assert first.bound != study.bound
