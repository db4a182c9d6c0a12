import numpy as np
import pytest

from adrs.stats.spending import ERROR, level_of, next_alpha, share


def test_without_a_promotion_a_run_of_any_length_spends_half_of_the_error():
    spent = sum(next_alpha([False] * lost) for lost in range(3000))

    assert spent == pytest.approx(ERROR / 2, rel=1e-3)
    assert spent < ERROR / 2


def test_all_shares_add_up_to_one():
    assert sum(share(test) for test in range(1, 100_000)) == pytest.approx(1.0, abs=1e-4)


def test_each_lost_challenge_makes_the_next_harder_and_a_promotion_earns_it_back():
    levels = [next_alpha([False] * lost) for lost in range(20)]

    assert levels == sorted(levels, reverse=True)
    assert next_alpha([False] * 10 + [True]) > 20 * next_alpha([False] * 11)
    assert next_alpha([True] * 30) < ERROR


def test_the_level_is_two_sided_and_shared_among_looks():
    assert level_of(0.025) == pytest.approx(0.95)
    assert level_of(0.02, looks=4) == pytest.approx(0.99)


def promoted(rng, challenges, effect, alpha):
    """Simulate runs of challenges with normal statistics; return whether each promoted, by `alpha` so far."""
    from scipy.special import ndtr

    outcomes, lucky = [], []
    for _ in range(challenges):
        real = rng.random() < 0.3 and effect > 0
        p = ndtr(-(rng.normal() + effect * real))
        outcomes.append(bool(p < alpha(outcomes)))
        lucky.append(outcomes[-1] and not real)
    return outcomes, lucky


def test_where_nothing_is_better_a_run_rarely_promotes_and_a_fixed_level_always_does():
    runs = 1000
    rng = np.random.default_rng(1)
    spent = sum(any(promoted(rng, 60, 0.0, next_alpha)[0]) for _ in range(runs))
    fixed = sum(any(promoted(rng, 60, 0.0, lambda _: 0.025)[0]) for _ in range(200))

    assert spent / runs < 0.04  # 2.5 %, and three standard errors
    assert fixed / 200 > 0.7


def test_where_some_are_better_few_of_the_promotions_are_luck():
    rng = np.random.default_rng(2)
    all_promotions = all_lucky = 0
    shares = []
    for _ in range(300):
        outcomes, lucky = promoted(rng, 60, 3.5, next_alpha)
        all_promotions += sum(outcomes)
        all_lucky += sum(lucky)
        shares.append(sum(lucky) / max(1, sum(outcomes)))

    assert np.mean(shares) < ERROR
    assert all_promotions > 300 * 8  # of about 18 that are really better
    assert all_lucky > 0
