from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.errors import ConfigError
from adrs.proposer.llm.prices import (
    OUTPUT_CAP_TOKENS,
    Price,
    Tokens,
    list_prices,
    price_of,
    prompt_tokens,
    read_usage,
    require_price,
)

COUNT = st.one_of(
    st.integers(), st.floats(), st.none(), st.text(max_size=3), st.booleans(), st.lists(st.none())
)


def test_the_list_is_complete_and_plausible() -> None:
    assert len(list_prices()) > 20
    for name, price in list_prices().items():
        assert 0 < price.input < price.output, name
        assert price.cached is not None, name
        assert price.cached < price.input, name


@pytest.mark.parametrize("name", ["gpt-5", "openai/gpt-5", "gpt-5-2025-08-07", "openrouter/openai/gpt-5"])
def test_a_price_is_found_under_the_names_in_use(name: str) -> None:
    assert price_of(name, {}) == list_prices()["gpt-5"]


@pytest.mark.parametrize("name", ["gpt-5-ultra", "gpt", "", "llama-3", "GPT-5x"])
def test_an_unknown_model_has_no_price(name: str) -> None:
    assert price_of(name, {}) is None


def test_the_users_own_price_wins() -> None:
    own = Price(input=7, output=9)
    assert price_of("gpt-5", {"gpt-5": own}) == own
    assert price_of("gpt-5-2025-08-07", {"gpt-5": own}) == own


def test_cached_tokens_cost_what_cached_tokens_cost() -> None:
    price = Price(input=2, cached=0.5, output=8)
    assert price.cost_usd(Tokens(input=1000, cached=400, output=100)) == pytest.approx(
        (600 * 2 + 400 * 0.5 + 100 * 8) / 1e6
    )
    assert Price(input=2, output=8).cost_usd(Tokens(input=1000, cached=400)) == pytest.approx(2000 / 1e6)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}},
            Tokens(input=10, cached=4, output=5),
        ),
        (
            {"input_tokens": 10, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 99}},
            Tokens(input=10, cached=10, output=5),
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 8},
            Tokens(input=10, cached=8, output=5),
        ),
        ({"prompt_tokens": -10, "completion_tokens": 1e300}, Tokens(input=0, output=10**9)),
        ({"prompt_tokens": 10, "prompt_tokens_details": None}, Tokens(input=10)),
        ({}, None),
        (None, None),
        ({"prompt_tokens": "ten"}, None),
    ],
)
def test_usage_is_read_in_every_form(usage: dict[str, object] | None, tokens: Tokens | None) -> None:
    assert read_usage(usage) == tokens


@given(COUNT, COUNT, COUNT)
def test_a_lying_server_never_makes_a_negative_cost(given: object, answered: object, cached: object) -> None:
    usage = {
        "prompt_tokens": given,
        "completion_tokens": answered,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
    tokens = read_usage(usage)
    if tokens is not None:
        assert Price(input=2, cached=0.5, output=8).cost_usd(tokens) >= 0


@given(st.text(max_size=200))
def test_the_estimate_of_a_prompt_errs_upwards(prompt: str) -> None:
    assert prompt_tokens(prompt) >= len(prompt) / 2


def test_the_worst_case_takes_the_cap_where_no_limit_is_set() -> None:
    price = Price(input=0, output=10)
    assert price.worst_usd("x", None) == pytest.approx(OUTPUT_CAP_TOKENS * 10 / 1e6)
    assert price.worst_usd("x", 100) == pytest.approx(100 * 10 / 1e6)


def test_a_dollar_budget_needs_a_price() -> None:
    require_price("x", None, None)
    require_price("x", Price(input=0, output=0), 5.0)
    with pytest.raises(ConfigError, match=r"'x' is not known.*prices=\{\"x\"=\{input=1\.0"):
        require_price("x", None, 5.0)


@pytest.mark.parametrize(
    "wrong", [{"input": -1, "output": 1}, {"input": 1}, {"input": float("nan"), "output": 1}]
)
def test_a_wrong_price_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Price.model_validate(wrong)
