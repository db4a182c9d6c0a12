"""Makes the bundled folders importable, in a checkout and in an install alike."""

import sys

from adrs import bundle

root = str(bundle.root())
if root not in sys.path:
    sys.path.append(root)
