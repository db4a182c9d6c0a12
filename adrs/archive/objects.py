"""Packed values, and the content-addressed files that hold the large ones.

A packed value is one byte that says how it is kept, then the rest:

    r  the bytes themselves
    z  compressed by zlib (with the dictionary that the caller names, if any)
    o  SHA-256 of a file `objects/ab/abcdef...` that holds the bytes

Nothing is deleted. A file is written whole, flushed to the disk and renamed before the row that names it is
committed, so that a row never names a file that is missing or torn, neither after `kill -9` nor after a power
loss.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zlib
from pathlib import Path

from adrs.errors import ArchiveError

INLINE_BYTES = 64 * 1024
"""Larger values are files."""
_LEAST_WINDOW = 9  # of zlib, in bits


class ObjectStore:
    """Packs values, and keeps the large ones as files under one folder."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder; it is made when the first file is written."""
        self.folder = folder

    def pack(self, data: bytes, dictionary: bytes = b"") -> bytes:
        """Return what a row keeps of `data`; a large value is on the disk when this returns.

        Args:
            data: any bytes.
            dictionary: what `data` is expected to resemble; `unpack` needs the same.

        Raises:
            ArchiveError: a file cannot be written.
        """
        if len(data) > INLINE_BYTES:
            return b"o" + self._write(data)
        squeezer = _squeezer(len(data), dictionary)
        squeezed = squeezer.compress(data) + squeezer.flush()
        return b"z" + squeezed if len(squeezed) < len(data) else b"r" + data

    def unpack(self, packed: bytes, dictionary: bytes = b"") -> bytes:
        """Return the bytes that `pack` was given.

        Raises:
            ArchiveError: a file is missing, or does not hold what it held.
        """
        how, rest = packed[:1], packed[1:]
        if how == b"o":
            return self._read(rest.hex())
        if how == b"r":
            return rest
        if how != b"z":
            raise ArchiveError(f"The archive holds a value packed in an unknown way, {how!r}: it is damaged.")
        opener = zlib.decompressobj(zdict=dictionary) if dictionary else zlib.decompressobj()
        try:
            return opener.decompress(rest) + opener.flush()
        except zlib.error as error:
            raise ArchiveError(f"The archive holds a value that cannot be unpacked: {error}.") from None

    def pack_text(self, text: str, dictionary: bytes = b"") -> bytes:
        """Pack text; lone surrogates, which a model may answer, survive."""
        return self.pack(text.encode("utf-8", "surrogatepass"), dictionary)

    def unpack_text(self, packed: bytes, dictionary: bytes = b"") -> str:
        """Return the text that `pack_text` was given."""
        return self.unpack(packed, dictionary).decode("utf-8", "surrogatepass")

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest

    def _write(self, data: bytes) -> bytes:
        digest = hashlib.sha256(data)
        path = self._path(digest.hexdigest())
        if path.exists():
            return digest.digest()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            raise ArchiveError(f"The object {path} cannot be written: {error.strerror}.") from error
        return digest.digest()

    def _read(self, digest: str) -> bytes:
        path = self._path(digest)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ArchiveError(
                f"The object {path} that the archive names cannot be read: {error.strerror}."
            ) from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise ArchiveError(f"The object {path} does not hold what its name says: it was changed.")
        return data


def _squeezer(size: int, dictionary: bytes) -> zlib._Compress:
    """Return a compressor that is no larger than what it gets: making one takes longer than using it."""
    window = min(zlib.MAX_WBITS, max(_LEAST_WINDOW, (size + len(dictionary)).bit_length()))
    if dictionary:
        return zlib.compressobj(6, wbits=window, zdict=dictionary)
    return zlib.compressobj(6, wbits=window)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
