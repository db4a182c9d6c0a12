"""What a worker writes to its standard error: kept in memory, and only its end."""

from __future__ import annotations

import fcntl
import os

_SHOWN_BYTES = 4096
_KEPT_BYTES = 1 << 20


class Said:
    """A file in memory that is appended to: unlike a pipe, it never makes a talkative worker wait."""

    def __init__(self) -> None:
        """Make it empty."""
        self._descriptor = os.memfd_create("errors")
        flags = fcntl.fcntl(self._descriptor, fcntl.F_GETFL)
        fcntl.fcntl(self._descriptor, fcntl.F_SETFL, flags | os.O_APPEND)
        self._text = b""
        self._closed = False

    def fileno(self) -> int:
        """Return the descriptor that a worker gets as its standard error."""
        return self._descriptor

    def text(self) -> str:
        """Return the end of what was written, also once it is closed."""
        if not self._closed:
            size = os.fstat(self._descriptor).st_size
            self._text = os.pread(self._descriptor, _SHOWN_BYTES, max(0, size - _SHOWN_BYTES))
            if size > _KEPT_BYTES:
                os.ftruncate(self._descriptor, 0)
        return self._text.decode(errors="replace").strip()

    def close(self) -> None:
        """Keep the end and give up the rest. Idempotent."""
        if not self._closed:
            self.text()
            self._closed = True
            os.close(self._descriptor)
