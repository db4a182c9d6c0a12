"""The proposer that needs no model: typed edits of the syntax tree, spliced by source position.

`proposer` is the way in. A proposal is made by `work.propose_source`, a pure function that runs in a
resource-limited helper process: it indexes the parent (`index`: every expression with its type and the names
in scope), draws edits from the table in `edits`, lets `generate` write typed expressions from what
`vocabulary` read of `interface.py`, and lets `check` refuse what would surely fail.
"""

from adrs.proposer.syntax.proposer import SyntaxProposer

__all__ = ["SyntaxProposer"]
