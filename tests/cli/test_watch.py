import asyncio
import io
from dataclasses import replace

import pytest
from rich.console import Console

from adrs.cli.console import out
from adrs.cli.watch import LINES_EVERY_S, LineView, LiveView, view_for
from adrs.model.budget import Budget, Usage
from adrs.run.stopping import StopRule


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Gone(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


def make(view, *, file=None, width=100, terminal=False):
    file = io.StringIO() if file is None else file
    clock, stop = Clock(), StopRule(Budget())
    console = type(out())(file=file, width=width, force_terminal=terminal, markup=False, highlight=False)
    return view(console, stop, clock), clock, stop, file


def test_lines_name_the_run_its_phases_and_every_event(progress):
    view, _, _, file = make(LineView)

    view.notify(progress, "trial 143: cost_usd 80 USD on train; guard")
    view.notify(replace(progress, phase="draining"), "")

    lines = file.getvalue().splitlines()
    assert "run 01M7XV0QWM9C5PTW4X6BW31M54" in lines[0]
    assert lines[1] == "[1:15] searching"
    assert lines[2] == "[1:15] trial 143: cost_usd 80 USD on train; guard"
    assert lines[3] == "[1:15] finishing what is under way"


def test_a_burst_of_events_is_thinned(progress):
    view, clock, _, file = make(LineView)

    for number in range(1000):
        clock.now += 0.001
        view.notify(progress, f"trial {number}: better")

    assert file.getvalue().count("better") <= 5


def test_a_status_line_comes_every_few_seconds_even_where_nothing_happens(progress):
    view, clock, _, file = make(LineView)
    view.notify(progress, "")
    for _ in range(5):
        clock.now += LINES_EVERY_S + 0.1
        view._tick()
        view._tick()

    lines = [line for line in file.getvalue().splitlines() if "best on train" in line]
    assert len(lines) == 5
    assert (
        lines[0] == "[1:25] 151 of 300 trials · best on train 80.000 USD · $0.4215 of $5.00 · 123,400 tokens"
    )


def test_the_clock_of_the_lines_goes_on_where_that_of_the_search_stands_still(progress):
    view, clock, _, file = make(LineView)
    view.notify(replace(progress, phase="draining"), "")
    for _ in range(4):  # what is told after the search, such as a new champion, and a status line in between
        clock.now += LINES_EVERY_S - 3
        view.notify(replace(progress, phase="confirming"), "measured")
        view._tick()
    clock.now += 1
    view.notify(replace(progress, phase="done"), "")

    clocks = [line.partition("]")[0] for line in file.getvalue().splitlines() if line.startswith("[")]
    assert clocks == ["[1:15", *["[1:22"] * 2, "[1:29", "[1:29", "[1:36", "[1:43", "[1:43", "[1:44"]
    assert view.moment().seconds == 75 + 29


def test_the_clock_of_the_lines_starts_with_the_search(progress):
    view, clock, _, file = make(LineView)
    view.notify(replace(progress, phase="starting", usage=Usage()), "")
    clock.now += LINES_EVERY_S + 2
    view._tick()
    view.notify(replace(progress, phase="searching", usage=Usage(seconds=0.001)), "")
    clock.now += LINES_EVERY_S + 1
    view._tick()

    lines = file.getvalue().splitlines()[1:]
    assert lines[:3] == [
        "[0.0 s] measuring the initial program and the baselines",
        "measuring the initial program and the baselines … 12.0 s",
        "[0.0 s] searching",
    ]
    assert lines[3].startswith("[11.0 s] 0 of 300 trials")


def test_speed_is_that_of_the_last_half_minute(progress):
    view, clock, _, _ = make(LineView)
    for second in range(100):
        clock.now = float(second)
        view.notify(
            replace(progress, usage=Usage(trials=second if second < 50 else 50 + 3 * (second - 50))), ""
        )

    assert view.moment().trials_per_s == pytest.approx(3.0)


def test_where_nobody_reads_any_more_the_run_is_asked_to_stop(progress):
    view, _, stop, _ = make(LineView, file=Gone())

    view.notify(progress, "trial 1")
    view.notify(progress, "trial 2")

    assert stop.requested == "nobody reads the output any more"


def test_what_a_candidate_wrote_is_one_safe_line(progress):
    for kind in (LineView, LiveView):
        view, _, _, file = make(kind)
        with view:
            view.notify(progress, "trial 1: \x1b[31m[red]boo[/red]\nsecond\x07")

        assert "[red]boo[/red] second" in file.getvalue()
        assert "\x1b[31m" not in file.getvalue()
        assert "\x07" not in file.getvalue()


def test_the_live_view_draws_and_leaves_the_screen_clean(progress):
    view, clock, _, file = make(LiveView, terminal=True)
    with view:
        clock.now += 1
        view.notify(progress, "trial 143: better")
        drawn = file.getvalue()

    assert "best on train" in drawn
    assert "trial 143: better" in drawn
    assert file.getvalue().endswith("\x1b[1A\x1b[2K") or "\x1b[2K" in file.getvalue()[len(drawn) :]
    assert "\x1b[?25h" in file.getvalue()


def test_the_live_view_draws_no_oftener_than_it_can_be_seen(progress):
    view, clock, _, file = make(LiveView, terminal=True)
    with view:
        for _ in range(1000):
            clock.now += 0.001
            view.notify(progress, "")

    assert file.getvalue().count("best on train") <= 12


def test_long_lines_are_cut_to_the_terminal(progress):
    view, _, _, file = make(LiveView, width=60)
    with view:
        view.notify(progress, "trial 1: " + "x" * 500)

    assert all(len(line) <= 60 for line in file.getvalue().splitlines())


def test_it_stays_fresh_while_nothing_is_told(progress):
    view, clock, _, file = make(LineView)
    view.notify(progress, "")

    async def wait():
        task = asyncio.create_task(view.keep_fresh())
        clock.now += LINES_EVERY_S + 1
        for _ in range(100):
            await asyncio.sleep(0.02)
            if "best on train" in file.getvalue():
                break
        task.cancel()

    asyncio.run(wait())

    assert "best on train" in file.getvalue()


def test_only_a_terminal_that_moves_its_cursor_gets_the_live_view(monkeypatch):
    stop = StopRule(Budget())
    monkeypatch.setenv("TERM", "xterm-256color")

    assert isinstance(view_for(Console(file=io.StringIO(), force_terminal=True), stop), LiveView)
    assert isinstance(view_for(Console(file=io.StringIO()), stop), LineView)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(view_for(Console(file=io.StringIO(), force_terminal=True), stop), LineView)


def test_no_color_is_respected(progress, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    console = out()
    console.file = io.StringIO()

    console.print("red", style="red")

    assert "\x1b[31m" not in console.file.getvalue()
