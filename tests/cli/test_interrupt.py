import asyncio
import os
import signal

import pytest

from adrs.cli.interrupt import INTERRUPTED, StoppedAtOnce, supervise
from adrs.model.budget import Budget
from adrs.run.stopping import StopRule


@pytest.fixture(autouse=True)
def signals_are_not_ignored():
    """A test run in the background, or under nohup, inherits ignored signals."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, action in before.items():
        signal.signal(number, action)


class Shown:
    progress = None

    def __init__(self):
        self.said = []

    def say(self, line):
        self.said.append(line)

    async def keep_fresh(self):
        await asyncio.Event().wait()


def send(*signals):
    """Work that sends itself signals, drains on request, and otherwise never ends."""
    stop, view = StopRule(Budget()), Shown()

    async def work(drains):
        for number in signals:
            os.kill(os.getpid(), number)
            await asyncio.sleep(0.02)
        while not (drains and stop.requested):
            await asyncio.sleep(0.01)
        return "drained"

    return stop, view, work


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_asks_for_the_end_and_says_so(number):
    stop, view, work = send(number)

    assert asyncio.run(supervise(work(drains=True), stop, view)) == "drained"
    assert stop.requested == INTERRUPTED
    assert view.said == ["draining what is under way; press Ctrl-C again to stop at once"]


def test_a_second_ctrl_c_stops_at_once():
    stop, view, work = send(signal.SIGINT, signal.SIGINT)

    with pytest.raises(StoppedAtOnce):
        asyncio.run(supervise(work(drains=False), stop, view))


def test_terminations_never_stop_at_once():
    stop, view, work = send(signal.SIGTERM, signal.SIGTERM, signal.SIGHUP)

    assert asyncio.run(supervise(work(drains=True), stop, view)) == "drained"
    assert len(view.said) == 1


def test_ctrl_c_after_a_termination_stops_at_once():
    stop, view, work = send(signal.SIGTERM, signal.SIGINT)

    with pytest.raises(StoppedAtOnce):
        asyncio.run(supervise(work(drains=False), stop, view))


def test_a_hang_up_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop, view, work = send(signal.SIGHUP, signal.SIGTERM)
    try:
        asyncio.run(supervise(work(drains=True), stop, view))
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)

    assert len(view.said) == 1


def test_signals_are_as_before_when_it_is_over():
    before = signal.getsignal(signal.SIGINT)
    stop, view, work = send(signal.SIGINT, signal.SIGINT)

    with pytest.raises(StoppedAtOnce):
        asyncio.run(supervise(work(drains=False), stop, view))

    assert signal.getsignal(signal.SIGINT) is before


def test_an_error_of_the_work_comes_through():
    stop, view = StopRule(Budget()), Shown()

    async def work():
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(supervise(work(), stop, view))
