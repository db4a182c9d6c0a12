import asyncio
import os
import time
from pathlib import Path

import pytest

from adrs.sandbox.limited import LimitedFailure, LimitedPool

F = "functions_for_limited"


@pytest.fixture(autouse=True)
def _functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


def run(function: str, timeout_s: float = 10.0, memory_mib: int = 256, **arguments: object) -> object:
    async def main() -> object:
        async with LimitedPool(memory_mib=memory_mib) as pool:
            return await pool.call(f"{F}:{function}", arguments, timeout_s=timeout_s)

    return asyncio.run(main())


@pytest.mark.parametrize("value", [None, 3, 2.5, "é\u2028\ud800", [1, {"a": [True]}], "x" * 3_000_000])
def test_plain_json_goes_through_and_comes_back(value: object) -> None:
    assert run("echo", value=value) == value


@pytest.mark.parametrize(
    ("function", "arguments", "kind"),
    [
        ("spin", {}, "timeout"),
        ("sleep", {"seconds": 60}, "timeout"),
        ("grow", {"mib": 2048}, "memory"),
        ("segfault", {}, "crash"),
        ("fail", {"text": "no"}, "exception"),
        ("missing", {}, "exception"),
    ],
)
def test_a_failure_is_named_and_costs_only_its_own_call(
    function: str, arguments: dict[str, object], kind: str
) -> None:
    async def main() -> None:
        async with LimitedPool(memory_mib=256) as pool:
            with pytest.raises(LimitedFailure) as caught:
                await pool.call(f"{F}:{function}", arguments, timeout_s=0.5 if kind == "timeout" else 10)
            assert caught.value.kind == kind
            assert await pool.call(f"{F}:echo", {"value": 7}) == 7

    asyncio.run(main())


def test_what_is_allowed_does_not_depend_on_how_busy_the_machine_is() -> None:
    run("sleep", timeout_s=0.5, seconds=1.0)
    with pytest.raises(LimitedFailure, match="too much CPU time"):
        run("spin", timeout_s=0.5)


def test_hostile_nesting_never_reaches_the_caller_as_a_crash_of_its_own() -> None:
    with pytest.raises(LimitedFailure) as caught:
        run("nest", depth=200_000)
    assert caught.value.kind in {"recursion", "memory", "crash", "exception"}


def test_helpers_are_deterministic_see_no_environment_and_end_with_the_pool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    first, second = run("process"), run("process")
    assert isinstance(first, list)
    assert isinstance(second, list)
    assert first[0] != second[0]
    assert first[1] == second[1]
    assert "OPENAI_API_KEY" not in first[2]
    with pytest.raises(ProcessLookupError):
        os.kill(first[0], 0)


def test_calls_run_side_by_side_up_to_the_number_of_workers() -> None:
    async def main() -> set[int]:
        async with LimitedPool(workers=3) as pool:
            calls = [pool.call(f"{F}:process", {}) for _ in range(3)]
            return {answer[0] for answer in await asyncio.gather(*calls)}

    assert len(asyncio.run(main())) == 3


def test_a_cancelled_call_frees_its_helper() -> None:
    async def main() -> None:
        async with LimitedPool() as pool:
            hung = asyncio.ensure_future(pool.call(f"{F}:spin", {}, timeout_s=60))
            await asyncio.sleep(0.2)
            hung.cancel()
            with pytest.raises(asyncio.CancelledError):
                await hung
            assert await pool.call(f"{F}:echo", {"value": 1}) == 1

    started = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - started < 30
