from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import simulators
from simulators.moe import Drift, LoadError, draw_loads, read_loads, windows_of

DRIFT = Drift(0.8, 0.7, 0.6)
ROOT = Path(simulators.__file__).parents[1]
DRAWN = """
import hashlib, numpy as np
from simulators.moe import Drift, draw_loads
loads = draw_loads(np.random.default_rng(7), 4, 3, 16, 1000, Drift(0.8, 0.7, 0.6, 1.5, 1, 2))
print(hashlib.sha256(loads.tobytes()).hexdigest())
"""


def draw(drift=DRIFT, seed=0, windows=9, layers=40, experts=64):
    return draw_loads(np.random.default_rng(seed), windows, layers, experts, 1_000_000, drift)


def logs(loads):
    found = np.log(loads + 1.0)
    return found - found.mean(axis=-1, keepdims=True)


def test_every_layer_and_window_has_all_tokens():
    loads = draw()

    assert loads.dtype == np.int64
    assert loads.shape == (9, 40, 64)
    assert (loads.sum(axis=2) == 1_000_000).all()
    assert (loads >= 0).all()


def test_spread_and_correlation_are_those_asked_for():
    shares = logs(draw(layers=200))
    # Var(static + wander) = 0.64 + 0.49; covariance at a lag of one window 0.64 + 0.6 * 0.49.
    assert shares.std() == pytest.approx(np.sqrt(1.13), rel=0.03)
    assert (shares[:-1] * shares[1:]).mean() == pytest.approx(0.64 + 0.6 * 0.49, rel=0.05)
    assert (shares[:-4] * shares[4:]).mean() == pytest.approx(0.64 + 0.6**4 * 0.49, rel=0.06)


def test_hot_layers_are_more_skewed():
    spread = logs(draw(Drift(0.8, 0.7, 0.6, hot_layer_factor=2.0, hot_layers=10))).std(axis=(0, 2))
    spread.sort()

    assert spread[:30].mean() == pytest.approx(np.sqrt(1.13), rel=0.05)
    assert spread[30:].mean() == pytest.approx(2 * np.sqrt(1.13), rel=0.08)


def test_a_change_of_domain_makes_the_past_say_less():
    shares = logs(draw(Drift(0.8, 0.2, 0.6, shift_after=5), layers=100))

    def correlation(one, other):
        return np.corrcoef(shares[one].ravel(), shares[other].ravel())[0, 1]

    assert correlation(3, 4) > 0.9
    assert correlation(5, 6) > 0.9
    assert abs(correlation(4, 5)) < 0.1


def test_the_same_randomness_gives_the_same_loads_whatever_the_hash_seed():
    said = [
        subprocess.run(
            [sys.executable, "-c", DRAWN],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    here = draw_loads(np.random.default_rng(7), 4, 3, 16, 1000, Drift(0.8, 0.7, 0.6, 1.5, 1, 2))

    assert said == [hashlib.sha256(here.tobytes()).hexdigest()] * 2
    assert (draw(seed=1) != draw(seed=2)).any()


def write(path, steps):
    path.write_text(json.dumps({"load_history": steps}), encoding="utf-8")
    return path


def test_recorded_loads_are_read_and_summed_over_windows(tmp_path):
    steps = [{"logical_expert_load": [[at, 1], [0, 2.0]], "step": at} for at in range(5)]
    loads = read_loads(write(tmp_path / "loads.json", steps))

    assert loads.dtype == np.int64
    assert loads.shape == (5, 2, 2)
    assert windows_of(loads, 2).tolist() == [[[1, 2], [0, 4]], [[5, 2], [0, 4]]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no steps"),
        ('{"load_history": []}', "holds no steps"),
        ('{"load_history": [7]}', "step 0 holds no table"),
        ('{"load_history": [{"logical_expert_load": [[1, 2], [3]]}]}', "step 0 holds no even table"),
        ('{"load_history": [{"logical_expert_load": [["a"]]}]}', "step 0 holds no table"),
        ('{"load_history": [{"logical_expert_load": [[true]]}]}', "step 0 holds no table"),
        ('{"load_history": [{"logical_expert_load": [[-1]]}]}', "no count of tokens"),
        ('{"load_history": [{"logical_expert_load": [[0.5]]}]}', "no count of tokens"),
        ('{"load_history": [{"logical_expert_load": [[NaN]]}]}', "no count of tokens"),
        ('{"load_history": [{"logical_expert_load": [[1e300]]}]}', "no count of tokens"),
        (
            '{"load_history": [{"logical_expert_load": [[1]]}, {"logical_expert_load": [[1, 2]]}]}',
            r"step 1 has loads of shape \(1, 2\)",
        ),
    ],
)
def test_what_is_no_recording_is_refused_in_one_sentence(tmp_path, text, said):
    path = tmp_path / "loads.json"
    path.write_text(text)

    with pytest.raises(LoadError, match=said):
        read_loads(path)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(LoadError, match="No such file"):
        read_loads(tmp_path / "missing.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    with pytest.raises(LoadError, match="not UTF-8"):
        read_loads(tmp_path / "bytes.json")
