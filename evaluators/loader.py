"""Load a problem's folder as the package `problem`, in the trusted worker only."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluators.contract import Evaluator, PlanEvaluator, PolicyEvaluator
from evaluators.control import Refusal

_PACKAGE = "problem"


def load_evaluator(folder: Path, base: Path | None, name: str, params: Mapping[str, Any]) -> Evaluator:
    """Import `evaluate.py` and make its evaluator.

    Within it `from .interface import Observation` works; a file that `folder` lacks is taken from `base`.

    Raises:
        Refusal: the folder has no such class, or it cannot be imported or made.
    """
    module = _import_evaluate(folder, base)
    evaluator_class = getattr(module, name, None)
    if not (
        isinstance(evaluator_class, type) and issubclass(evaluator_class, (PlanEvaluator, PolicyEvaluator))
    ):
        raise Refusal(f"{module.__file__} defines no PlanEvaluator or PolicyEvaluator named {name!r}.")
    try:
        return evaluator_class(params, folder)
    except Exception as error:
        raise Refusal(f"{name} of {module.__file__} cannot be made: {_said(error)}.") from error


def _import_evaluate(folder: Path, base: Path | None) -> types.ModuleType:
    for loaded in [name for name in sys.modules if name.split(".")[0] == _PACKAGE]:
        del sys.modules[loaded]
    package = types.ModuleType(_PACKAGE)
    package.__path__ = [str(place) for place in (folder, base) if place is not None]
    sys.modules[_PACKAGE] = package
    try:
        return importlib.import_module(f"{_PACKAGE}.evaluate")
    except Exception as error:
        raise Refusal(f"evaluate.py of {folder} cannot be imported: {_said(error)}.") from error


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
