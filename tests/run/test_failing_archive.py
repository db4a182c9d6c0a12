"""An archive that fails while several trials are in flight ends the run with its one sentence."""

import asyncio
import gc

import pytest

from adrs.errors import ArchiveError


def test_only_the_first_failure_of_a_disk_is_said(make_rig, caplog):
    rig = make_rig(make=lambda request: f"gain = {request.trial_number}.0\n")
    rig.work(2)
    full = ArchiveError("the disk is full")

    class WaitsThenFails(type(rig.proposer)):
        """As an attempt does that ends on a disk that is full: it cannot record its end either."""

        async def propose(self, request, ledger):
            try:
                if request.trial_number > 3:
                    await asyncio.sleep(60)
                return await super().propose(request, ledger)
            except asyncio.CancelledError:
                raise full from None

    def fails(trial):
        raise full

    rig.proposer = WaitsThenFails(lambda request: "gain = 9.0\n")
    rig.archive.record = fails
    with pytest.raises(ArchiveError, match="the disk is full"):
        rig.work(9)
    gc.collect()  # asyncio says of a task at its end that nobody took its exception
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
