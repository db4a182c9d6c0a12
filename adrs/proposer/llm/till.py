"""Sets the worst case of a call aside, and waits where only calls in flight stand in the way."""

from __future__ import annotations

import asyncio

from adrs.model.call import ModelCall
from adrs.proposer.contract import BudgetSpent, Ledger


class Till:
    """One for all models of a run: what one holds for a call in flight may be what another waits for."""

    def __init__(self) -> None:
        """Begin with nothing set aside."""
        self._held = 0
        self._settled = asyncio.Event()

    async def reserve(self, ledger: Ledger, worst_usd: float) -> None:
        """Set a worst case aside.

        Raises:
            BudgetSpent: what is left does not cover it, and no call is in flight that could give some back.
        """
        while True:
            try:
                ledger.reserve(worst_usd)
            except BudgetSpent:
                if self._held == 0:
                    raise
                await self._settled.wait()
            else:
                self._held += 1
                return

    def settle(self, ledger: Ledger, worst_usd: float, call: ModelCall | None) -> None:
        """Record a call (None: no answer came) and give back what was set aside for it."""
        try:
            ledger.settle(worst_usd, call)
        finally:
            self._held -= 1
            self._settled.set()
            self._settled = asyncio.Event()
