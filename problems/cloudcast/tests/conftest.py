"""Lets the tests of this folder import `cloudcast_driver` and the bundled folders."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for place in (str(HERE), str(HERE.parents[2])):
    if place not in sys.path:
        sys.path.append(place)
