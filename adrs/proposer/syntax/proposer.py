"""`SyntaxProposer`: the default proposer, which needs no model."""

from __future__ import annotations

from collections.abc import Mapping

from adrs.errors import ConfigError, did_you_mean
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.trial import Candidate, Trial
from adrs.proposer.contract import (
    Ledger,
    ProposalRequest,
    Proposer,
    Rejected,
    checked_weights,
    editable_files,
)
from adrs.proposer.evolve_block import require_inside
from adrs.proposer.syntax.edits import EDITS
from adrs.proposer.syntax.work import KNOWN_DIGITS
from adrs.sandbox.limited import LimitedFailure, LimitedPool

_WORK = "adrs.proposer.syntax.work:propose_source"
_TIMEOUT_S = 10.0

BOLDER_AFTER = 3
"""Rejected attempts of a trial after which its proposals make one edit more."""


class SyntaxProposer(Proposer):
    """Edits the parent's syntax tree; takes from the inspirations in recombination.

    Options:
        `paired` (0.5): how often two or three edits are made together.
        `weights` (none): factors on how often an edit is drawn, by the edit's name; 0 turns it off.
    """

    def __init__(self, options: Mapping[str, object], workers: int) -> None:
        """Check the options; nothing is started yet.

        Args:
            options: see above.
            workers: how many proposals may be made at the same time.

        Raises:
            ConfigError: an option is unknown or out of range.
        """
        self._paired, self._weights = _checked(options)
        self._workers = max(1, workers)
        self._pool: LimitedPool | None = None
        self._interfaces: dict[str, str] = {}

    @classmethod
    def weighed(cls, options: Mapping[str, object], changes: Mapping[str, float]) -> Mapping[str, float]:
        """Return the weight of every edit; see `Proposer.weighed`."""
        before = _weights(options.get("weights", {}))
        return {**dict.fromkeys(EDITS, 1.0), **_weights({**before, **changes})}

    async def start(self) -> None:
        """Open the pool; its helper processes start when they are first needed."""
        if self._pool is None:
            self._pool = LimitedPool(workers=self._workers)
            await self._pool.__aenter__()

    async def close(self) -> None:
        """End the helper processes."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await pool.__aexit__(None, None, None)

    async def propose(self, request: ProposalRequest, ledger: Ledger) -> Candidate:
        """Return the parent with one to three edits.

        All randomness comes from `request.rng`, so that the same request gives the same candidate.

        Raises:
            Rejected: `unchanged` where no edit led to a new program; `bad_edit` where the parent has nothing
                that can be edited, or editing it took too long.
        """
        await self.start()
        assert self._pool is not None  # noqa: S101  (start has just set it)
        parent = _program(request.parent)
        editable = [name for name in editable_files(request.problem, parent) if name in dict(parent.files)]
        arguments = {
            "files": dict(parent.files),
            "editable": editable,
            "interface": self._interface(request.problem),
            "donors": [dict(_program(trial).files) for trial in request.inspirations if trial.candidate],
            "seed": int(request.rng.integers(0, 2**63)),
            "weights": {**self._weights, **request.weights},
            "paired": self._paired,
            "known": [form[:KNOWN_DIGITS] for form in request.known],
            "bolder": request.attempt // BOLDER_AFTER,
        }
        try:
            answer = await self._pool.call(_WORK, arguments, timeout_s=_TIMEOUT_S)
        except LimitedFailure as failure:
            raise Rejected("bad_edit", f"the parent could not be edited ({failure})") from None
        if "rejected" in answer:
            raise Rejected(*answer["rejected"])
        program = parent.replace(answer["path"], answer["text"])
        require_inside(parent, program, editable)
        return Candidate(program, str(answer["edit"]), str(answer["summary"]))

    def _interface(self, problem: Problem) -> str:
        if problem.digest not in self._interfaces:
            path = problem.file("interface.py")
            self._interfaces[problem.digest] = path.read_text() if path.is_file() else ""
        return self._interfaces[problem.digest]


def _program(trial: Trial) -> Program:
    if trial.candidate is None:
        raise Rejected("bad_edit", f"trial {trial.number} holds no program")
    return trial.candidate.program


def _checked(options: Mapping[str, object]) -> tuple[float, Mapping[str, float]]:
    for name in options:
        if name not in ("paired", "weights"):
            known = did_you_mean(name, ("paired", "weights"))
            raise ConfigError(f"The syntax proposer has no option {name!r}; it has: paired, weights.{known}")
    paired = options.get("paired", 0.5)
    if not isinstance(paired, int | float) or isinstance(paired, bool) or not 0 <= paired <= 1:
        raise ConfigError(f"paired must be a share between 0 and 1, not {paired!r}.")
    return float(paired), _weights(options.get("weights", {}))


def _weights(weights: object) -> Mapping[str, float]:
    if not isinstance(weights, Mapping):
        raise ConfigError(f"weights must be a table of numbers by edit, not {weights!r}.")
    checked = checked_weights(EDITS, weights, "edit")
    if weights and all(weights.get(name, 1) == 0 for name in EDITS if not name.startswith("cross")):
        raise ConfigError("weights turns every edit of a single program off; leave at least one on.")
    return checked
