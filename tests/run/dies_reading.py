"""A sitting at a scripted run whose process dies while it reads its first answer, new or recorded.

python dies_reading.py FOLDER
"""

import importlib.util
import os
import sys
from pathlib import Path

from adrs.model.call import ModelCall

spec = importlib.util.spec_from_file_location("rig", Path(__file__).with_name("conftest.py"))
rig = importlib.util.module_from_spec(spec)
sys.modules["rig"] = rig
spec.loader.exec_module(rig)


class Dies(rig.ScriptedProposer):
    async def propose(self, request, ledger):
        if not request.recorded:
            ledger.reserve(0.1)
            ledger.settle(0.1, ModelCall("m", "propose", "{}", "deadly", 1, 1, 0.1, {}, 1, 2))
        os._exit(9)


run = rig.Rig(Path(sys.argv[1]), make=None)
run.proposer = Dies(None)
run.work(1, in_flight=1)
