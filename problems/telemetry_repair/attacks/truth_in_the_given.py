# verdict: ok
# scores as: baselines/identity.py
"""Looks whether anything but counters was handed over: extra fields, objects, other lengths."""

from interface import Given, Repair


def solve(given, rng):
    assert type(given) is Given
    assert len(given) == len(Given._fields)
    assert [len(each) for each in given[:8]] == [len(given.router)] * 8
    assert all(type(each) in (int, float, bool) for field in given[:8] for each in field)
    assert all(type(each) is float for each in given[8:])
    rates = zip(given.rx_mbps, given.tx_mbps, strict=True)
    return [Repair(at, rx, tx, 1.0, 1.0) for at, (rx, tx) in enumerate(rates)]
