import random

from evaluators.contract import workload_rng
from evaluators.keys import SEED_BYTES, candidate_seed

KEY = bytes(range(16))


def test_the_seed_is_of_workload_and_repeat_and_key():
    seeds = {candidate_seed(KEY, index, repeat) for index in range(50) for repeat in range(3)}

    assert len(seeds) == 150
    assert {len(seed) for seed in seeds} == {SEED_BYTES}
    assert candidate_seed(KEY, 3, 1) == candidate_seed(KEY, 3, 1)
    assert candidate_seed(KEY, 3, 1) != candidate_seed(bytes(16), 3, 1)
    assert candidate_seed(b"", 0, 0) != candidate_seed(b"", 1, 0)


def test_the_candidate_is_not_handed_the_workloads_randomness():
    for index in range(20):
        own = random.Random(int.from_bytes(candidate_seed(KEY, index, 0), "big")).random()
        assert own not in {
            workload_rng(KEY, at, purpose).random() for at in range(20) for purpose in ("", "0")
        }
