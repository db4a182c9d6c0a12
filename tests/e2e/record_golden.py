"""Records the cassette that CI replays: `python tests/e2e/record_golden.py`, after a change that is meant.

The model is the local server, the problem one of the tests' own. Beside the cassette lies what its replay
must give: every trial's end, program and score.
"""

import asyncio
import json
import tempfile
from pathlib import Path

from adrs.archive.store import Archive
from adrs.model.budget import Budget
from adrs.run import session
from adrs.run.config import resolve
from adrs.run.steering import Intervention
from adrs.run.stopping import StopRule
from adrs.testing.llm_faults import Settings
from adrs.testing.llm_server import LLMServer

HERE = Path(__file__).resolve().parent
PROBLEM = HERE.parent / "evaluation" / "tiny"
CASSETTE, EXPECTED = HERE / "golden" / "tiny.cassette", HERE / "golden" / "tiny.json"
INJECTED = Intervention(
    "program", note="by hand", files={"solve.py": "def solve(given, rng):\n    return given.target // 2\n"}
)


def trials(archive, run):
    """Return what a replay must repeat of every trial."""
    return [
        {
            "number": trial.number,
            "state": trial.state.value,
            "reason": trial.reason,
            "asked_after": trial.asked_after,
            "target": dict(trial.selection.target),
            "parent": trial.selection.parent,
            "program": trial.candidate and trial.program.digest,
            "edit": trial.candidate and trial.candidate.edit,
            "objectives": trial.evaluation and dict(trial.evaluation.objectives),
            "cost_usd": trial.cost_usd,
        }
        for trial in archive.trials(run.id, told_order=True)
    ]


def main():
    CASSETTE.unlink(missing_ok=True)
    faults = Settings(script=("ok", "bad_edit", "ok", "empty"), latency_s=0.05)
    with (
        tempfile.TemporaryDirectory() as folder,
        Archive.open(folder) as archive,
        LLMServer(faults) as server,
    ):
        options = {"models": ["gpt-5-mini", "gpt-5-nano"], "base_url": server.url}
        config = resolve(
            {
                "problem": str(PROBLEM),
                "workers": 2,
                "in_flight": 3,
                "confirm": False,
                "strategy": {"name": "hill_climb"},
                "budget": {"trials": 12, "cost_usd": 1.0},
                "proposer": {"name": "llm", "options": options},
                "record": str(CASSETTE),
            }
        )
        work = session.start(
            config, archive, notify=lambda *_: None, stop=StopRule(Budget()), injected=[INJECTED]
        )
        run = asyncio.run(work).run
        EXPECTED.write_text(json.dumps(trials(archive, run), indent=1) + "\n")


if __name__ == "__main__":
    main()
