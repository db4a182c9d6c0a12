"""What those who watch a run are told, from its first moment to its last, over two sessions."""

import asyncio

from adrs.archive.store import Archive
from adrs.model.budget import Budget
from adrs.run import session
from adrs.run.config import resolve
from adrs.run.stopping import StopRule

WORDS = ("seed=3", "workers=1", "in_flight=1", "confirm=false", "budget.trials=3")


def test_the_clock_and_the_counts_never_go_back_and_the_search_is_told_of_as_it_begins(tmp_path):
    told = []

    def watch(progress, _):
        told.append((progress.phase, progress.usage.trials, progress.usage.seconds))

    with Archive.open(tmp_path) as archive:
        config = resolve({"problem": "flow_shop"}, WORDS)
        run = asyncio.run(session.start(config, archive, notify=watch, stop=StopRule(Budget()))).run
        first = len(told)
        extend = {"trials": 5}
        asyncio.run(session.resume(run.id, archive, notify=watch, stop=StopRule(Budget()), extend=extend))

    for begin, trials in ((0, 0), (first, 3)):
        assert [(phase, n) for phase, n, _ in told[begin : begin + 2]] == [
            ("starting", trials),
            ("searching", trials),
        ]
    assert [n for _, n, _ in told] == sorted(n for _, n, _ in told)
    assert [seconds for *_, seconds in told] == sorted(seconds for *_, seconds in told)
    assert told[-1][:2] == ("done", 5)


def test_who_watches_meets_a_trial_that_is_kept_already_and_may_use_the_archive(tmp_path):
    kept = []

    def watch(progress, line):
        with Archive.open(tmp_path) as theirs:
            usage = theirs.usage(progress.run_id)
            kept.append((progress.usage.trials, usage.trials))
            if line.startswith("trial"):
                theirs.add_artifact(progress.run_id, None, "seen", line.encode())  # waits for nobody

    with Archive.open(tmp_path) as archive:
        words = (*WORDS[:-1], "budget.trials=8")
        config = resolve({"problem": "flow_shop"}, words)
        run = asyncio.run(session.start(config, archive, notify=watch, stop=StopRule(Budget()))).run
        seen = [artifact for artifact in archive.artifacts(run.id) if artifact.name == "seen"]

    assert seen
    assert [n for n, _ in kept] == [n for _, n in kept]
