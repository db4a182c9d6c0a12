"""Drive SkyDiscover through its controller: `python skydiscover.py CONFIG.json`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

HERE = sys.path.pop(0)  # this folder, where a file has the package's own name

from skydiscover.config import Config, LLMModelConfig  # noqa: E402
from skydiscover.search.main_controller import MainController  # noqa: E402


def main(given: dict[str, Any]) -> None:
    """Run to the end, or go on from the newest checkpoint."""
    config = Config()
    config.max_iterations = given["evaluations"]
    config.diff_based_generation = False
    config.language = "python"
    config.random_seed = given["seed"]
    config.llm.api_base = given["url"]
    config.llm.api_key = os.environ["OPENAI_API_KEY"]
    model = LLMModelConfig(name=given["model"])
    config.llm.models = config.llm.evaluator_models = config.llm.guide_models = [model]
    shared = (
        "api_base",
        "api_key",
        "temperature",
        "top_p",
        "max_tokens",
        "timeout",
        "retries",
        "retry_delay",
    )
    config.llm.update_model_params({name: getattr(config.llm, name) for name in shared}, overwrite=True)
    config.prompt.system_message = given["system"]
    config.search.type = "topk"
    config.evaluator.cascade_evaluation = False
    config.evaluator.parallel_evaluations = given["concurrency"]
    controller = MainController(
        initial_program_path=given["initial"],
        evaluation_file=str(Path(HERE) / "file_evaluator.py"),
        config=config,
        output_dir=given["out"],
    )
    newest = _newest(given["out"]) if given["resume"] else None
    asyncio.run(controller.run(iterations=given["evaluations"], checkpoint_path=newest))


def _newest(out: str) -> str | None:
    found = sorted(Path(out, "checkpoints").glob("checkpoint_*"), key=lambda path: int(path.name[11:]))
    return str(found[-1]) if found else None


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
