from adrs.model.budget import Budget, Usage
from adrs.run.stopping import BREAKER_AFTER, StopRule
from adrs.run.streams import Purpose, stream


def test_each_limit_ends_the_run_by_its_name():
    stop = StopRule(Budget(trials=10, seconds=60, cost_usd=1.0))

    assert stop.reason(Usage(trials=9, seconds=59, cost_usd=0.99)) is None
    assert stop.reason(Usage(trials=10)) == "trials"
    assert stop.reason(Usage(seconds=60)) == "seconds"
    assert stop.reason(Usage(cost_usd=1.0)) == "cost_usd"


def test_the_first_request_stands():
    stop = StopRule(Budget())
    stop.request("interrupted")
    stop.request("provider: dead")

    assert stop.reason(Usage()) == "interrupted"


def test_the_breaker_opens_after_errors_in_a_row_only():
    stop = StopRule(Budget())
    for _ in range(BREAKER_AFTER - 1):
        stop.trial_errored("the server is down")
    stop.trial_ended()
    for _ in range(BREAKER_AFTER - 1):
        stop.trial_errored("the server is down")
    assert stop.reason(Usage()) is None

    stop.trial_errored("the server is down")

    assert "the server is down" in stop.reason(Usage())


def test_streams_are_equal_for_equal_places_and_differ_elsewhere():
    def draw(*place):
        return stream(*place).integers(1 << 62)

    here = draw(5, 3, 1, Purpose.PROPOSE)

    assert draw(5, 3, 1, Purpose.PROPOSE) == here
    elsewhere = [
        (6, 3, 1, Purpose.PROPOSE),
        (5, 4, 1, Purpose.PROPOSE),
        (5, 3, 0, Purpose.PROPOSE),
        (5, 3, 1, Purpose.ASK),
    ]
    assert here not in [draw(*place) for place in elsewhere]
