"""Drive GEPA through `optimize_anything`: `python gepa.py CONFIG.json`.

Its budget counts evaluations, the parent's own on a minibatch among them. A run in a folder that holds one
already goes on with it. The model is called over HTTP as the callable that its configuration takes.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

HERE = sys.path.pop(0)  # this folder, where a file has the package's own name

from gepa.optimize_anything import EngineConfig, GEPAConfig, ReflectionConfig, optimize_anything  # noqa: E402

sys.path.append(HERE)

from scoring import score  # noqa: E402

TRIES = 3
PASSING = (429, 500, 502, 503)


def main(given: dict[str, Any]) -> None:
    """Run to the end, or go on with what is in the output folder."""

    def evaluate(candidate: str) -> tuple[float, dict[str, Any]]:
        found = score(candidate + "\n")
        return found["score"], {"Feedback": found["error"] or f"score {found['score']:.6g}"}

    def ask(prompt: str | list[dict[str, Any]]) -> str:
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        return _answer(given["url"], {"model": given["model"], "messages": messages})

    optimize_anything(
        Path(given["initial"]).read_text("utf-8").strip(),
        evaluator=evaluate,
        objective="Improve the score of the program.",
        background=given["system"],
        config=GEPAConfig(
            engine=EngineConfig(
                run_dir=given["out"],
                seed=given["seed"],
                max_metric_calls=given["evaluations"] + 1,
                max_workers=given["concurrency"],
                raise_on_exception=False,
            ),
            reflection=ReflectionConfig(reflection_lm=ask),
        ),
    )


def _answer(url: str, body: dict[str, Any]) -> str:
    """Ask the model, again after an error that may pass, as its own client does."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"}
    for attempt in range(TRIES):
        request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return str(json.load(answer)["choices"][0]["message"]["content"] or "")
        except urllib.error.HTTPError as error:
            if error.code not in PASSING or attempt + 1 == TRIES:
                raise
            time.sleep(2.0**attempt)
    raise AssertionError("not reached")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text("utf-8")))
