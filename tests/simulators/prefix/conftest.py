"""Lets the tests of this folder import `moe_cases`."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
