"""What each of the two workers may see: files, import path, command line."""

from __future__ import annotations

from pathlib import Path

from adrs import bundle
from adrs.errors import DataError, ProblemError
from adrs.model.problem import Problem
from adrs.sandbox import distributions
from adrs.sandbox.contract import LaunchSpec, Sandbox
from adrs.sandbox.view import scratch_folders

ZYGOTE_FILES = (
    "__init__.py",
    "zygote.py",
    "child.py",
    "control.py",
    "limits.py",
    "program.py",
    "seccomp.py",
    "sweep.py",
    "wire.py",
)
"""All of `evaluators/` that the sandbox holds: see `docs/reference/workers.md`."""

_TRUSTED_MIB = 8192


def trusted(problem: Problem, data: tuple[Path, ...] = ()) -> LaunchSpec:
    """Return how the trusted worker is started: evaluator, simulators, data and libraries; no program.

    Raises:
        DataError: there is no such recorded data.
        ProblemError: a library is not installed.
    """
    for path in data:
        if not path.exists():
            raise DataError(f"There is no recorded data at {path}.")
    root = bundle.root()
    names = (*distributions.EVALUATORS, *problem.spec.limits.libraries)
    libraries = distributions.resolve(names)
    folders = [root / "evaluators", root / "simulators", problem.folder]
    if problem.base is not None:
        folders.append(problem.base)
    readable = (*folders, *data, *libraries.files)
    return LaunchSpec(
        role="trusted",
        argv=("-m", "evaluators.trusted"),
        readable=readable,
        import_path=(root, *libraries.import_path),
        memory_mib=_TRUSTED_MIB,
        scratch=scratch_folders(readable),
        libraries=names,
    )


def zygote(problem: Problem, sandbox: Sandbox) -> LaunchSpec:
    """Return how the zygote is started: its own few files, `interface.py` and the declared libraries.

    Args:
        problem: whose candidates will run.
        sandbox: where; what it cannot hold, the zygote is told to leave alone.

    Raises:
        ProblemError: the problem has no `interface.py`, or a library is not installed.
    """
    evaluators = bundle.root() / "evaluators"
    own = tuple(evaluators / name for name in ZYGOTE_FILES)
    libraries = distributions.resolve(problem.spec.limits.libraries)
    interface = problem.file("interface.py")
    if not interface.exists():
        raise ProblemError(
            f"The problem {problem.id!r} has no interface.py: it holds the types that a candidate may use. "
            f"Write one in {problem.folder}."
        )
    limits = problem.spec.limits
    modules = ",".join(name for name in limits.imports if name != "interface")
    readable = (*own, interface, *libraries.files)
    scratch = scratch_folders(readable) if sandbox.private_scratch else ()
    swept = [word for folder in scratch for word in ("--scratch", folder)]
    unfiltered = [] if sandbox.confines else ["--no-seccomp"]
    options = ["--libraries", modules, "--interface", str(interface), *swept, *unfiltered]
    return LaunchSpec(
        role="zygote",
        argv=("-m", "evaluators.zygote", *options),
        readable=readable,
        import_path=(bundle.root(), *libraries.import_path),
        memory_mib=limits.memory_mib + 1024,
        scratch=scratch,
        libraries=limits.libraries,
    )
