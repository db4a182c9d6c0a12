"""Drive OpenEvolve through its library call: `python openevolve.py CONFIG.json`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

HERE = sys.path.pop(0)  # this folder, where a file has the package's own name

from openevolve import run_evolution  # noqa: E402
from openevolve.config import Config, LLMModelConfig  # noqa: E402


def main(given: dict[str, Any]) -> None:
    """Run to the end, or go on from the newest checkpoint."""
    config = Config()
    config.max_iterations = given["evaluations"]
    config.diff_based_evolution = False
    config.random_seed = given["seed"]
    config.llm.api_base = given["url"]
    config.llm.api_key = os.environ["OPENAI_API_KEY"]
    model = LLMModelConfig(name=given["model"], weight=1.0)
    config.llm.models = [model]
    config.llm.evaluator_models = [model]
    shared = ("api_base", "api_key", "temperature", "max_tokens", "timeout", "retries", "retry_delay")
    config.llm.update_model_params({name: getattr(config.llm, name) for name in shared})
    config.prompt.system_message = given["system"]
    config.database.random_seed = given["seed"]
    config.evaluator.cascade_evaluation = False
    config.evaluator.parallel_evaluations = given["concurrency"]
    run_evolution(
        given["initial"],
        str(Path(HERE) / "file_evaluator.py"),
        config,
        iterations=given["evaluations"],
        output_dir=given["out"],
        cleanup=False,
        checkpoint_path=_newest(given["out"]) if given["resume"] else None,
    )


def _newest(out: str) -> str | None:
    found = sorted(Path(out, "checkpoints").glob("checkpoint_*"), key=lambda path: int(path.name[11:]))
    return str(found[-1]) if found else None


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
