"""The latest check of a problem as the archive keeps it: what it found, and the numbers behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import adrs
from adrs.archive.store import Archive
from adrs.model.problem import Problem
from adrs.run.clock import now_us
from adrs.verify.checks import Verdict
from adrs.verify.facts import Facts, Headroom


@dataclass(frozen=True)
class KeptCheck:
    """What the latest check of a problem found."""

    sound: bool
    quick: bool
    """Whether it looked at fewer workloads and attacks."""
    failed: tuple[str, ...]
    """The lines that did not hold, each with its reason."""
    sandbox: str = ""
    adrs_version: str = ""
    at_us: int = 0
    facts: Facts | None = None
    """None where the evaluator did not get so far, or an older adrs made the check."""

    def headroom(self, problem: Problem) -> Headroom | None:
        """Return what was measured between the best baseline and the bound.

        Returns:
            None where nothing was, or where the problem has other baselines now.
        """
        if self.facts is None:
            return None
        now = {one.name for one in problem.spec.baseline if one.file is not None}
        found = self.facts.headroom
        return found if set(found.baselines) == now else None


def keep(archive: Archive, verdict: Verdict) -> None:
    """Keep a verdict: it replaces that of an earlier check of the same problem."""
    said = {
        "sound": verdict.sound,
        "quick": verdict.quick,
        "failed": [f"{finding.name}: {finding.reason}" for finding in verdict.findings if not finding.ok],
        "sandbox": verdict.sandbox,
        "adrs_version": adrs.__version__,
        "at_us": now_us(),
        "facts": None if verdict.facts is None else asdict(verdict.facts),
    }
    archive.keep_check(verdict.problem.digest, json.dumps(said).encode())


def kept(archive: Archive, problem_digest: str) -> KeptCheck | None:
    """Return the latest check of a problem, or None where it was never checked in this archive."""
    body = archive.kept_check(problem_digest)
    if body is None:
        return None
    said = json.loads(body)
    facts = said.pop("facts", None)
    return KeptCheck(
        **{**said, "failed": tuple(said["failed"]), "quick": said.get("quick", False)},
        facts=None if facts is None else _facts(facts),
    )


def _facts(said: Mapping[str, Any]) -> Facts:
    return Facts(**{**said, "headroom": Headroom(**said["headroom"])})
