import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.model.call import ModelCall
from adrs.proposer.contract import BudgetSpent
from adrs.run.ledger import Purse, TrialLedger


def call(cost_usd):
    return ModelCall(
        model="m",
        role="propose",
        request="{}",
        answer="a",
        input_tokens=10,
        output_tokens=5,
        cost_usd=cost_usd,
        usage={},
        started_us=0,
        ended_us=1,
    )


steps = st.lists(
    st.tuples(st.floats(0, 2), st.floats(0, 1), st.booleans(), st.booleans()), min_size=1, max_size=60
)


@given(limit=st.floats(0.01, 10), steps=steps)
def test_the_cap_is_never_exceeded_whatever_is_in_flight(limit, steps):
    """Every call costs at most what was reserved for it; several are in flight at once."""
    purse = Purse(limit)
    open_calls = []
    for worst, share, answered, settle_one in steps:
        try:
            purse.reserve(worst)
        except BudgetSpent:
            assert purse.spent_usd + purse.reserved_usd + worst > limit
        else:
            open_calls.append((worst, call(worst * share) if answered else None))
        if settle_one and open_calls:
            purse.settle(*open_calls.pop(0))

        assert purse.spent_usd + purse.reserved_usd <= limit + 1e-9

    for reserved, answer in open_calls:
        purse.settle(reserved, answer)

    assert purse.reserved_usd == pytest.approx(0, abs=1e-9)
    assert purse.spent_usd <= limit + 1e-9


@pytest.mark.parametrize(
    ("limit", "shown"), [(2.0, "of $2.00 is"), (0.033, "of $0.0330 is"), (0.25, "of $0.25 is")]
)
def test_a_cap_is_said_as_it_is(limit, shown):
    with pytest.raises(BudgetSpent) as refused:
        Purse(limit).reserve(3.0)
    assert shown in str(refused.value)


def test_no_limit_reserves_anything():
    purse = Purse(None)

    purse.reserve(1e6)

    assert purse.left(0, None) == {}


def test_what_a_proposer_is_told_of_the_budget_does_not_depend_on_what_is_in_flight():
    purse = Purse(5.0)

    purse.reserve(2.0)
    purse.tell(1, 0.5)
    purse.tell(2, 0.25)

    assert [purse.left(told, 5.0)["cost_usd"] for told in (0, 1, 2)] == [5.0, 4.5, 4.25]


def test_an_unpriced_call_is_counted_as_unknown_not_as_free():
    purse = Purse(None)

    purse.reserve(0)
    purse.settle(0, call(None))

    assert purse.usage.unpriced_calls == 1
    assert purse.usage.input_tokens == 10


def test_an_answer_is_recorded_before_it_is_booked():
    purse = Purse(5.0)
    order = []

    class Recorder:
        def record_call(self, *args, parsing):
            order.append((args, parsing, purse.spent_usd))

    ledger = TrialLedger(purse, Recorder(), "run", 3, 1)
    answer = call(0.5)
    ledger.reserve(1.0)
    ledger.settle(1.0, answer)

    assert order == [(("run", 3, 1, answer), True, 0.0)]
    assert purse.spent_usd == 0.5


def test_a_flush_waits_for_the_disk_and_lets_others_go_on():
    went_on = threading.Event()

    class Slow:
        def flush(self):
            assert went_on.wait(10), "nothing else ran while the disk was waited for"

    async def work():
        waiting = asyncio.create_task(TrialLedger(Purse(None), Slow(), "run", 3, 1).flush())
        await asyncio.sleep(0)
        went_on.set()
        await waiting

    asyncio.run(work())
