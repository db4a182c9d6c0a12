import pytest

from adrs.errors import ConfigError
from adrs.run.config import RunConfig, parse_budget, resolve


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("$5", {"cost_usd": 5.0}),
        ("$0.25", {"cost_usd": 0.25}),
        ("90s", {"seconds": 90.0}),
        ("10m", {"seconds": 600.0}),
        ("1.5h", {"seconds": 5400.0}),
        ("300", {"trials": 300}),
    ],
)
def test_a_budget_is_dollars_time_or_trials(text, limits):
    assert parse_budget(text) == limits


@pytest.mark.parametrize("text", ["", "5 dollars", "$", "-3", "10 days", "$-1", "1e3"])
def test_a_budget_that_is_not_understood_says_what_is(text):
    with pytest.raises(ConfigError, match=r"'\$5'.*'10m'.*'300'"):
        parse_budget(text)


def test_overrides_win_and_reach_into_options():
    config = resolve(
        {"problem": "flow_shop", "seed": 1},
        ["seed=7", "strategy.options.islands=8", "proposer.options.model=gpt-5", "sandbox=process"],
    )

    assert config.seed == 7
    assert config.strategy.options == {"islands": 8}
    assert config.proposer.options == {"model": "gpt-5"}
    assert config.sandbox == "process"


def test_a_quoted_key_may_hold_dots_and_equal_signs():
    config = resolve({"problem": "flow_shop"}, ['proposer.options.prices."gpt-5.2=x".input=1.5'])

    assert config.proposer.options == {"prices": {"gpt-5.2=x": {"input": 1.5}}}


def test_a_value_may_hold_equal_signs():
    config = resolve({"problem": "flow_shop"}, ["proposer.options.base_url=http://localhost/v1?a=b"])

    assert config.proposer.options == {"base_url": "http://localhost/v1?a=b"}


def test_settings_that_are_none_leave_the_default():
    config = resolve({"problem": "flow_shop", "seed": None, "budget": {"trials": None}})

    assert config.seed == 0
    assert config.budget.trials is None


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("seeds=3", "seeds"),
        ("budget.trails=3", "trails"),
        ("seed=-1", "seed"),
        ("workers=many", "workers"),
        ("seed.more=1", "seed"),
        ("seed", "key=value"),
        ("=3", "key=value"),
    ],
)
def test_a_wrong_override_names_the_key(override, said):
    with pytest.raises(ConfigError, match=said) as caught:
        resolve({"problem": "flow_shop", "seed": 0}, [override])

    assert "\n" not in str(caught.value)


def test_an_unknown_key_is_met_with_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean 'seed'"):
        resolve({"problem": "flow_shop"}, ["sed=3"])


def test_a_stored_configuration_reads_back_the_same():
    config = resolve({"problem": "flow_shop"}, ["strategy.name=best_of_n", "budget.cost_usd=2.5"])

    assert RunConfig.model_validate(config.model_dump(mode="json")) == config


def test_models_get_more_trials_in_flight_than_workers():
    syntax = resolve({"problem": "flow_shop", "workers": 4})
    model = resolve({"problem": "flow_shop", "workers": 4}, ["proposer.name=llm"])

    assert syntax.trials_in_flight() == 4
    assert model.trials_in_flight() > 4
