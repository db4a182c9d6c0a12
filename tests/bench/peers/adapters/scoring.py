"""The evaluator that every peer calls: the program's score, and one line in a log with the time it was done.

Standard library only: it runs in each peer's own interpreter. `PEERS_SCORING` names a JSON file that says
how: `log` (where the lines go), `sleep_s` (how long an evaluation takes beyond its own work), and `service`
(the URL of the evaluation service of a real problem; where it is null, the program is run here and its
numbers are scored).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import urllib.request
from pathlib import Path
from typing import Any

SERVICE_TIMEOUT_S = 600.0


def how() -> dict[str, Any]:
    """Return how programs are scored in this cell."""
    settings: dict[str, Any] = json.loads(Path(os.environ["PEERS_SCORING"]).read_text("utf-8"))
    return settings


def score(text: str) -> dict[str, Any]:
    """Return `score` (higher is better), `valid` and `error` of a program's text, and log the evaluation."""
    settings = how()
    if settings["sleep_s"]:
        time.sleep(settings["sleep_s"])
    found = _asked(settings["service"], text) if settings["service"] else _run(text, settings["target"])
    line = {
        "at": time.time(),
        "digest": hashlib.sha256(text.encode()).hexdigest()[:16],
        "score": found["score"],
        "valid": found["valid"],
    }
    with Path(settings["log"]).open(
        "a"
    ) as log:  # one short write each: lines of several processes stay whole
        log.write(json.dumps(line) + "\n")
    return found


def metrics(text: str) -> dict[str, Any]:
    """Return the same as the metrics that OpenEvolve and SkyDiscover read."""
    found = score(text)
    return {"combined_score": found["score"], "validity": 1.0 if found["valid"] else 0.0}


def _run(text: str, target: list[int]) -> dict[str, Any]:
    """Run the program in this process, as the peers' evaluators do, and score the numbers it returns."""
    names: dict[str, Any] = {}
    try:
        exec(compile(text, "program.py", "exec"), names)
        numbers = [int(each) for each in names["solve"](None, None)]
        if len(numbers) != len(target):
            raise ValueError(f"{len(numbers)} numbers, not {len(target)}")
    except Exception as error:  # noqa: BLE001  (whatever a proposed program does is a failed evaluation)
        return {"score": 0.0, "valid": False, "error": str(error)}
    distance = sum(abs(number - wanted) for number, wanted in zip(numbers, target, strict=True))
    return {"score": 1.0 / (1.0 + distance / 100.0), "valid": True, "error": ""}


def _asked(url: str, text: str) -> dict[str, Any]:
    body = json.dumps({"program": text}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=SERVICE_TIMEOUT_S) as answer:
        found: dict[str, Any] = json.load(answer)
    return found
