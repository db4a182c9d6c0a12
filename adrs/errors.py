"""Every exception of adrs, in one tree.

AdrsError
├── UserError                 something a person can correct; printed as one sentence, exit code 2
│   ├── ConfigError           an option or a configuration file is wrong
│   ├── ProblemError          a problem's folder is missing, broken or inconsistent
│   ├── DataError             recorded data cannot be read
│   ├── BundleError           a bundle is damaged, forged, or of a problem that is not here
│   ├── ProgramError          a program cannot be taken: not text, too large, no such file
│   ├── ArchiveError          the archive cannot be opened, is newer than this adrs, or lacks what was asked
│   ├── SandboxUnavailable    the sandbox asked for does not work on this machine
│   └── ProviderRefused       a model provider refuses for good: key, model name, quota
├── WorkerLost                a worker process of ours ended or broke its protocol
├── EvaluatorBroken           the evaluator fails on the initial program
└── ProviderError             a model provider failed in a way that may pass
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AdrsError(Exception):
    """Base of every exception that adrs raises on purpose."""


class UserError(AdrsError):
    """Something that a person can correct: what is wrong, the value, what is accepted, what to do."""


class ConfigError(UserError):
    """An option or a configuration file is wrong."""


class ProblemError(UserError):
    """A problem's folder is missing, broken or inconsistent."""


class DataError(UserError):
    """Recorded data cannot be read."""


class BundleError(UserError):
    """A bundle is damaged, forged, or of a problem that is not installed here."""


class ProgramError(UserError):
    """A program cannot be taken: not text, too large, or no such file."""


class ArchiveError(UserError):
    """The archive cannot be opened, was written by a newer adrs, or lacks what was asked for."""


class SandboxUnavailable(UserError):
    """The sandbox that was asked for does not work on this machine."""


class ProviderRefused(UserError):
    """A model provider refuses for good: a wrong key, an unknown model, a spent quota."""


class WorkerLost(AdrsError):
    """A worker process of ours ended or broke its protocol."""


class EvaluatorBroken(AdrsError):
    """The evaluator fails on the initial program, so no score of it can be trusted."""


class ProviderError(AdrsError):
    """A model provider failed in a way that may pass."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the nearest known word, or an empty string."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
