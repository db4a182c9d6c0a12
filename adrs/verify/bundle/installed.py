"""A bundle against what is installed here: the same evaluator and baselines, and claims that follow.

Nothing is run. A bundle brings no evaluator and no baseline: where those here are others, it is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from adrs.errors import BundleError, EvaluatorBroken, did_you_mean
from adrs.evaluation.aggregate import aggregate
from adrs.model.evaluation import Evaluation, Failure, WorkloadResult
from adrs.model.problem import Problem
from adrs.plugins import registry
from adrs.plugins.problems import find_problem, load_problem
from adrs.sandbox.contract import Guarantee
from adrs.verify.bundle.manifest import ClaimSaid, DrawSaid, LimitsSaid, Results, Scores
from adrs.verify.bundle.reading import Bundle
from adrs.verify.claims import Claim, Limits, same
from adrs.verify.sealed import SPLITS, Draw, Verification, contenders, libraries, split_size


def installed_problem(bundle: Bundle, ref: str | None = None) -> Problem:
    """Return the problem of a bundle, as it is installed here.

    Args:
        bundle: it names the problem by its id and digests.
        ref: the id or folder to use, where it is not known by name. The digests decide all the same.

    Raises:
        BundleError: it is not here, or another version of it is.
        ProblemError: what is here has a defect.
    """
    said = bundle.manifest.problem
    if ref is not None:
        problem = find_problem(ref)
    else:
        known = {folder.name: folder for folder in reversed(registry.installed().problem_folders())}
        if said.id not in known:
            raise BundleError(
                f"The bundle is of the problem {said.id!r}, which is not installed here; if you have its "
                f"folder, name it with --problem.{did_you_mean(said.id, known)}"
            )
        problem = load_problem(known[said.id])
    _check_problem(bundle, problem)
    return problem


def hold(bundle: Bundle, problem: Problem) -> Verification:
    """Return what a bundle says was measured, once it is known to fit the problem and to give its claims.

    Raises:
        BundleError: it does not.
    """
    found = measured_by(bundle, problem)
    _check_claims(bundle, found, problem)
    return found


def measured_by(bundle: Bundle, problem: Problem) -> Verification:
    """Return what a bundle says was measured, whatever it claims, once it is known to fit the problem.

    Raises:
        BundleError: it does not.
    """
    _check_problem(bundle, problem)
    manifest = bundle.manifest
    names = _check_contenders(bundle, problem)
    wanted = [split.value for split in SPLITS if split_size(problem, split)]
    if [draw.split.value for draw in manifest.draws] != wanted:
        raise BundleError(f"The bundle must hold the splits {', '.join(wanted)}, as {problem.id} has them.")
    return Verification(
        run_id=manifest.origin.run,
        problem_id=problem.id,
        program=manifest.program,
        name=bundle.name,
        contenders=names,
        openings=manifest.origin.openings,
        draws=tuple(
            _draw(said, results, names, problem)
            for said, results in zip(manifest.draws, bundle.results, strict=True)
        ),
        sandbox=manifest.made.sandbox,
        guarantees=tuple(
            Guarantee(name, held=held, how="")
            for held, names in ((True, manifest.made.held), (False, manifest.made.not_held))
            for name in names
        ),
        libraries=manifest.made.libraries,
    )


def other_libraries(found: Verification, problem: Problem) -> dict[str, tuple[str, str]]:
    """Return every library whose version differs: the version in the bundle, and the one here."""
    here = libraries(problem)
    names = sorted({*here, *found.libraries})
    pairs = {name: (found.libraries.get(name, "not said"), here.get(name, "not used")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _check_problem(bundle: Bundle, problem: Problem) -> None:
    said, head = bundle.manifest.problem, problem.spec.problem
    pairs = (
        ("id", said.id, problem.id),
        ("version", str(said.version), str(head.version)),
        ("evaluator digest", said.evaluator_digest, problem.evaluator_digest),
        ("problem digest", said.digest, problem.digest),
    )
    for what, theirs, ours in pairs:
        if theirs != ours:
            made_with = bundle.manifest.made.libraries.get("adrs", "of an unknown version")
            raise BundleError(
                f"The bundle was measured with another {said.id!r}: its {what} is {theirs[:16]}, and "
                f"the one here has {ours[:16]}; it can be read where adrs "
                f"{made_with} is installed as it was there."
            )


def _check_contenders(bundle: Bundle, problem: Problem) -> dict[str, str]:
    """Return the digests of what the program was measured beside, by name, in the order of this place.

    They are exactly the initial program and baselines that are here: a baseline left out would be one beaten.
    """
    said = bundle.manifest.contenders
    here = {name: each.digest for name, each in contenders(problem, bundle.name, bundle.program).items()}
    for name in here:
        if name not in said:
            raise BundleError(f"The bundle leaves out {name!r}, which {problem.id} is compared with here.")
        if said[name] != here[name]:
            raise BundleError(
                f"The bundle's {name!r} is the program {said[name][:12]}, and the one installed here is "
                f"{here[name][:12]}."
            )
    if extra := sorted(said.keys() - here.keys()):
        raise BundleError(f"The bundle compares with {extra[0]!r}, which {problem.id} does not have here.")
    return here


def _draw(said: DrawSaid, results: Results, names: Mapping[str, str], problem: Problem) -> Draw:
    split = said.split
    count = split_size(problem, split)
    if len(results.cells) != count:
        raise BundleError(
            f"The bundle has {len(results.cells)} workloads of {split.value}; {problem.id} has {count} there."
        )
    if results.programs.keys() != set(names.values()):
        raise BundleError(f"The bundle's results on {split.value} are not of the programs that it names.")
    found = {
        digest: _evaluation(said, results.cells, scores, problem)
        for digest, scores in results.programs.items()
    }
    return Draw(split, said.opening, {name: found[digest] for name, digest in names.items()})


def _evaluation(said: DrawSaid, cells: tuple[str, ...], scores: Scores, problem: Problem) -> Evaluation:
    objectives = {objective.name: objective for objective in problem.spec.objective}
    if scores.values.keys() != objectives.keys():
        raise BundleError(
            f"The bundle's results on {said.split.value} are not of the objectives of {problem.id}."
        )
    if any(len(column) != len(cells) for column in scores.values.values()):
        raise BundleError(f"The bundle's results on {said.split.value} are not one per workload.")
    failures: dict[int, Failure] = {}
    for kind, places in scores.failures.items():
        failures |= {place: Failure(kind, "") for place in sorted(set(places)) if place < len(cells)}
    if len(failures) != sum(map(len, scores.failures.values())):
        raise BundleError(f"The bundle's failures on {said.split.value} are not of different workloads.")
    rows = tuple(
        WorkloadResult(
            index=place,
            cell=cell,
            values={name: scores.values[name][place] for name in objectives},
            failure=failures.get(place),
        )
        for place, cell in enumerate(cells)
    )
    try:
        totals = {name: aggregate(objectives[name], scores.values[name]) for name in objectives}
    except EvaluatorBroken as error:
        raise BundleError(f"The bundle's results on {said.split.value} cannot be used: {error}") from None
    return Evaluation(said.split, said.opening, rows, totals, complete=True, isolated=True)


def _check_claims(bundle: Bundle, found: Verification, problem: Problem) -> None:
    """Compute every claim again from the results, and compare."""
    try:
        with np.errstate(all="ignore"):  # a forged column may hold anything; what comes of it must match
            ours = found.claims(problem)
    except ValueError as error:
        raise BundleError(f"The bundle's results give no claims: {error}.") from None
    theirs = bundle.manifest.claims
    if len(ours) != len(theirs):
        raise BundleError(f"The bundle makes {len(theirs)} claims; its results give {len(ours)}.")
    for one, said in zip(ours, theirs, strict=True):
        if not same(one, _claim(said)):
            raise BundleError(
                f"The bundle's claim against {said.reference!r} on {said.split.value} does not "
                "follow from its results."
            )


def _claim(said: ClaimSaid) -> Claim:
    return Claim(
        reference=said.reference,
        split=said.split.value,
        verdict=said.verdict,
        gain=_limits(said.gain),
        percent=None if said.percent is None else _limits(said.percent),
        level=said.level,
        workloads=said.workloads,
    )


def _limits(said: LimitsSaid) -> Limits:
    low, high = (-math.inf if said.low is None else said.low), (math.inf if said.high is None else said.high)
    return Limits(said.estimate, low, high)
