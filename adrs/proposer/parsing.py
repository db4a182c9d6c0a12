"""Whether a text parses: run in a limited helper only, since parsers crash and hang on hostile text."""

from __future__ import annotations

import warnings


def syntax_error(text: str, path: str) -> str | None:
    """Return what is wrong with a Python file on one line, or None where it compiles.

    Called by name through `adrs.sandbox.limited.LimitedPool`; files of other languages are not checked.
    """
    if not path.endswith(".py"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = (error.text or "").strip()[:120]
        return f"{path} line {error.lineno}: {error.msg}: {line!r}"
    except ValueError as error:
        return f"{path}: {error}"
    return None
