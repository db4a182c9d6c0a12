"""Drive ShinkaEvolve through its runner: `python shinka.py CONFIG.json`.

Embeddings, the novelty judge and meta-recommendations are off: each would ask a model for something else than
a program. A run in a folder that holds one already goes on with it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = sys.path.pop(0)  # this folder, where a file has the package's own name

from shinka.core import EvolutionConfig, ShinkaEvolveRunner  # noqa: E402
from shinka.database import DatabaseConfig  # noqa: E402
from shinka.launch import LocalJobConfig  # noqa: E402


def main(given: dict[str, Any]) -> None:
    """Run to the end, or go on with what is in the output folder."""
    evolution = EvolutionConfig(
        task_sys_msg=given["system"],
        patch_types=["full"],
        patch_type_probs=[1.0],
        num_generations=given["evaluations"] + 1,
        llm_models=[f"local/{given['model']}@{given['url']}"],
        llm_dynamic_selection=None,
        llm_kwargs={"temperatures": 0.7, "max_tokens": 4096},
        meta_rec_interval=None,
        embedding_model=None,
        init_program_path=given["initial"],
        results_dir=given["out"],
        novelty_llm_models=None,
    )
    job = LocalJobConfig(eval_program_path=str(Path(HERE) / "command_evaluator.py"))
    runner = ShinkaEvolveRunner(
        evo_config=evolution,
        job_config=job,
        db_config=DatabaseConfig(db_path="programs.sqlite"),
        verbose=False,
        max_evaluation_jobs=given["concurrency"],
        max_proposal_jobs=given["concurrency"],
    )
    runner.run()


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
