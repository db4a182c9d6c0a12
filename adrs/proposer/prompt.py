"""Builds the prompt of a proposal from Jinja2 templates.

Candidate text is only ever data in a template, never a template: it is capped, stripped and fenced by a
random mark that does not occur in it. Nothing of validation or test reaches a prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from traceback import extract_tb
from typing import Any, Literal

import jinja2
import numpy as np
from jinja2.sandbox import ImmutableSandboxedEnvironment

from adrs.errors import ConfigError, ProgramError
from adrs.model.problem import ALWAYS_IMPORTABLE, Problem
from adrs.model.program import Program
from adrs.model.trial import Trial
from adrs.proposer import evolve_block
from adrs.proposer.comparison import against, most_different
from adrs.proposer.contract import ProposalRequest, Rejected
from adrs.proposer.edits import changeable
from adrs.proposer.notebook import Line
from adrs.proposer.results import cell_means, columns, describe, feedback, number
from adrs.proposer.text import clean, one_line

Edit = Literal["search_replace", "rewrite"]
Message = dict[str, str]
Page = Sequence[tuple[str, Sequence[Line]]]
"""Of the lab notebook."""

MAX_PARENT_CHARS = 200_000
"""A parent is shown whole, or not at all: what cannot be seen cannot be edited."""
MAX_LOCKED_CHARS = 8_000
MAX_INSPIRATION_CHARS = 12_000
MAX_CARD_CHARS = 20_000
MAX_INTERFACE_CHARS = 40_000
MAX_FEEDBACK_CHARS = 4_000
MAX_REASON_CHARS = 1_200
MAX_IDEA_CHARS = 4_000
REWRITE_LINES = 60
"""Up to how many editable lines `auto` asks for a whole file: search/replace saves nothing there."""


@dataclass(frozen=True)
class Prompt:
    """Messages of a chat, and how the edit was asked for."""

    messages: tuple[Message, ...]
    edit: Edit
    mark: str
    """The random part of every tag."""


class PromptBuilder:
    """Renders prompts; templates are looked for in the user's folder, the problem's `prompt/`, and ours."""

    def __init__(self, templates: Path | None = None, inspirations: int = 3) -> None:
        """Keep the user's template folder and how many other programs are shown.

        Raises:
            ConfigError: the template folder does not exist.
        """
        if templates is not None and not templates.is_dir():
            raise ConfigError(
                f"The template folder {str(templates)!r} does not exist; name a folder of .j2 files."
            )
        self._templates = templates
        self._inspirations = inspirations
        self._environments: dict[Path, jinja2.Environment] = {}

    def build(
        self,
        request: ProposalRequest,
        edit: Literal["auto", "search_replace", "rewrite"],
        notebook: Page = (),
    ) -> Prompt:
        """Return the prompt for a proposal; it draws the mark from the request's random numbers.

        Args:
            request: all that is known; its target's `kind` says whether the parent is to be edited, crossed
                with another, left for a fresh start, or a failed candidate put right.
            edit: how the answer is to be written.
            notebook: a page of what was tried.

        Raises:
            Rejected: `too_large`: the parent is too large to be shown.
            ConfigError: a template is broken.
        """
        program = base_of(request)
        editable = changeable(request.problem, program)
        chosen = _choose(edit, request, program, editable)
        user = self._user(request, program, editable) | {"notebook": notebook, "kind": kind_of(request)}
        mark = draw_mark(request.rng, _texts(user))
        system = self._render(request.problem, "system.j2", _system(request.problem, program, editable))
        asked = self._render(request.problem, "user.j2", {**user, "mark": mark, "edit": chosen})
        messages = ({"role": "system", "content": system}, {"role": "user", "content": asked})
        return Prompt(messages, chosen, mark)

    def repair(
        self, request: ProposalRequest, prompt: Prompt, answer: str, rejection: Rejected
    ) -> tuple[Message, ...]:
        """Return the messages that ask a model to put its own answer right.

        Raises:
            ConfigError: a template is broken.
        """
        reason = clean(str(rejection), MAX_REASON_CHARS).replace(prompt.mark, "")
        asked = self._render(request.problem, "repair.j2", {"reason": reason, "mark": prompt.mark})
        said = {"role": "assistant", "content": clean(answer, MAX_PARENT_CHARS)}
        return (*prompt.messages, said, {"role": "user", "content": asked})

    def _user(self, request: ProposalRequest, program: Program, editable: Sequence[str]) -> dict[str, Any]:
        problem, shown = request.problem, request.failed or request.parent
        is_initial = program.digest == _program(request.initial).digest
        compared = (
            [("this program", shown)]
            if is_initial
            else [("this program", shown), ("initial", request.initial)]
        )
        others = [trial for trial in request.inspirations if trial.candidate is not None]
        return {
            "parent": {
                "files": _files(program, editable, MAX_PARENT_CHARS),
                "result": describe(problem, shown),
                "is_initial": is_initial,
            },
            "initial": {"result": describe(problem, request.initial)},
            "primary": problem.primary,
            "editable": editable,
            "baselines": [(one_line(k, 80), number(v)) for k, v in sorted(request.baselines.items())],
            "rival": _rival(request, shown),
            "cells": cell_means(problem, compared, request.rival),
            "columns": columns(compared, request.rival),
            "feedback": feedback(shown, MAX_FEEDBACK_CHARS),
            "failure": one_line(shown.reason, MAX_REASON_CHARS) if request.failed else "",
            "idea": clean(request.idea, MAX_IDEA_CHARS).strip(),
            "inspirations": [
                {
                    "files": _inspiration(trial, editable),
                    "result": describe(problem, trial),
                    "against": _against(request, trial, shown),
                }
                for trial in most_different(problem.primary, request.parent, others, self._inspirations)
            ],
            "rejected": [one_line(reason, MAX_REASON_CHARS) for reason in request.rejected[-5:]],
            "budget_left": _budget(request.budget_left),
        }

    def _render(self, problem: Problem, name: str, values: Mapping[str, Any]) -> str:
        try:
            return self._environment(problem).get_template(name).render(values).strip() + "\n"
        except (jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError) as error:
            said = one_line(str(error), 200).rstrip(".")
            raise ConfigError(f"The prompt template {_place(error, name)} is broken: {said}.") from None

    def _environment(self, problem: Problem) -> jinja2.Environment:
        known = self._environments.get(problem.folder)
        if known is not None:
            return known
        own = [self._templates, problem.folder / "prompt", problem.base and problem.base / "prompt"]
        folders = [str(folder) for folder in own if folder]
        environment = ImmutableSandboxedEnvironment(
            loader=jinja2.FileSystemLoader([*folders, str(Path(__file__).with_name("templates"))]),
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # a prompt is no page: escaping would change the code that it shows
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,  # all prompts of a run are made alike, whatever is edited meanwhile
        )
        self._environments[problem.folder] = environment
        return environment


def _place(error: Exception, name: str) -> str:
    """Return the template that an error is in, which another may have included, and the line."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return f"{error.name or name}, line {error.lineno}"
    lines = [(Path(frame.filename).name, frame.lineno) for frame in extract_tb(error.__traceback__)]
    found = [f"{file}, line {line}" for file, line in lines if file.endswith(".j2")]
    return found[-1] if found else name


def kind_of(request: ProposalRequest) -> str:
    """Return what is asked for: `edit`, `crossover`, `fresh` or `fix`."""
    kind = request.target.get("kind", "edit")
    if kind == "crossover" and not request.inspirations:
        return "edit"
    return "edit" if kind == "fix" and request.failed is None else str(kind)


def base_of(request: ProposalRequest) -> Program:
    """Return the program that an answer edits: the parent, or the failed candidate to be put right."""
    return _program(request.failed or request.parent)


def draw_mark(rng: np.random.Generator, texts: Iterable[str]) -> str:
    """Return 16 hexadecimal digits that occur in none of the texts."""
    held = tuple(texts)
    while True:
        mark = rng.bytes(8).hex()
        if not any(mark in text for text in held):
            return mark


def _choose(
    edit: Literal["auto", "search_replace", "rewrite"],
    request: ProposalRequest,
    program: Program,
    editable: Sequence[str],
) -> Edit:
    """Return how to ask: for whole files where they are new, after a bad edit, and by `auto` where short."""
    failed = any(reason.startswith(("bad_edit", "outside")) for reason in request.rejected)
    if failed or kind_of(request) in ("crossover", "fresh"):
        return "rewrite"
    if edit != "auto":
        return edit
    return "rewrite" if _editable_lines(program, editable) <= REWRITE_LINES else "search_replace"


def _rival(request: ProposalRequest, shown: Trial) -> str:
    """Return how the shown program does against the best baseline, workload by workload."""
    if request.rival is None or shown.evaluation is None:
        return ""
    name, theirs = request.rival
    said = against(request.problem.primary, shown.evaluation, theirs)
    return f"Against {one_line(name, 80)} it is {said}." if said else ""


def _against(request: ProposalRequest, trial: Trial, shown: Trial) -> str:
    if trial.evaluation is None or shown.evaluation is None:
        return ""
    return against(request.problem.primary, trial.evaluation, shown.evaluation)


def _editable_lines(program: Program, editable: Sequence[str]) -> int:
    try:
        found = [r for name in editable for r in evolve_block.regions(program.text(name))]
    except ProgramError:
        return REWRITE_LINES + 1
    return sum(region.last_line - region.first_line + 1 for region in found)


def _program(trial: Trial) -> Program:
    if trial.candidate is None:
        raise ConfigError(f"Trial {trial.number} holds no program, so nothing can be built on it.")
    return trial.candidate.program


def _system(problem: Problem, program: Program, editable: Sequence[str]) -> dict[str, Any]:
    return {
        "title": problem.spec.problem.title,
        "card": _read(problem, "prompt.md", MAX_CARD_CHARS) or problem.spec.problem.summary,
        "objectives": problem.spec.objective,
        "interface": _read(problem, "interface.py", MAX_INTERFACE_CHARS),
        "entry_file": problem.entry_file,
        "entry_name": problem.entry_name,
        "editable": editable,
        "locked": any(evolve_block.START in text for _, text in program.files),
        "imports": (*ALWAYS_IMPORTABLE, *problem.spec.limits.imports),
        "limits": problem.spec.limits,
    }


def _read(problem: Problem, name: str, limit: int) -> str:
    return _read_once(problem.file(name), limit, problem.digest)


@lru_cache(maxsize=64)
def _read_once(path: Path, limit: int, _digest: str) -> str:
    """Return a file of a problem; all prompts of a run tell the same, whatever is edited meanwhile."""
    return clean(path.read_text("utf-8"), limit).strip() if path.is_file() else ""


def _files(program: Program, editable: Sequence[str], limit: int) -> list[dict[str, Any]]:
    shown = []
    for path, text in program.files:
        free = path in editable
        if free and len(text) > limit:
            raise Rejected("too_large", f"{path} has {len(text)} characters; a prompt shows at most {limit}")
        shown.append(
            {"path": path, "editable": free, "text": _code(text, limit if free else MAX_LOCKED_CHARS)}
        )
    return shown


def _inspiration(trial: Trial, editable: Sequence[str]) -> list[dict[str, Any]]:
    files = [(path, text) for path, text in _program(trial).files if path in editable]
    return [{"path": path, "text": _code(text, MAX_INSPIRATION_CHARS)} for path, text in files]


def _code(text: str, limit: int) -> str:
    return clean(text, limit).removesuffix("\n")


def _budget(left: Mapping[str, float]) -> str:
    words = [f"${left['cost_usd']:.2f}"] if "cost_usd" in left else []
    words += [f"{left[name]:.0f} {name}" for name in ("trials", "seconds") if name in left]
    return ", ".join(words)


def _texts(value: object) -> Iterable[str]:
    """Yield every text in nested plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Line):
        yield value.note
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _texts(item)
