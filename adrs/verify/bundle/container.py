"""The file of a bundle: a zip archive of one single form.

Members sorted by name, stored and not compressed, plain files, one fixed date, no comment, no extra field.
What is read is written again and must give the same bytes, so that nothing can hide between two readings: no
second member of a name, no link, no path that leads elsewhere, no members that share bytes, nothing before,
between or after them. Nothing is ever unpacked to a disk.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
from collections.abc import Mapping

from adrs.errors import BundleError

MANIFEST = "manifest.json"

MAX_BYTES = 16 << 20
"""The largest file that is read."""

MAX_MEMBERS = 4096

_NAME = re.compile(r"manifest\.json|blobs/[0-9a-f]{64}")
_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that the format knows."""
_UNIX = 3
_MODE = stat.S_IFREG | 0o644
_LOCAL_BYTES = 30
_ENTRY_BYTES = 46
_END = struct.Struct("<4s4H2IH")
_LONG_END = b"PK\x06\x07"
_LONG_END_BYTES = 20
_NOT_A_ZIP = (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error)
"""What `zipfile` raises on a directory that makes no sense."""


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return the one file that holds these members.

    Raises:
        BundleError: there is too much of it.
    """
    size = sum(len(data) + 2 * len(name) + _LOCAL_BYTES + _ENTRY_BYTES for name, data in members.items())
    if size + _END.size > MAX_BYTES or len(members) > MAX_MEMBERS:
        raise BundleError(
            f"A bundle of {len(members)} members and {size} bytes is too large; at most {MAX_MEMBERS} "
            f"members and {MAX_BYTES} bytes are taken."
        )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name in sorted(members):
            member = zipfile.ZipInfo(name, _DATE)
            member.create_system, member.external_attr = _UNIX, _MODE << 16
            archive.writestr(member, members[name])
    return file.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the members of a file that `pack` wrote.

    Raises:
        BundleError: anything else, with what is wrong.
    """
    if len(data) > MAX_BYTES:
        raise BundleError(f"The bundle is larger than {MAX_BYTES} bytes; none of that size is taken.")
    members: dict[str, bytes] = {}
    taken = 0
    for member in _directory(data):
        _check(member)
        name, start = member.filename, member.header_offset + _LOCAL_BYTES + len(member.filename)
        if name in members:
            raise BundleError(f"The bundle holds the name {name} twice.")
        taken += member.file_size
        if taken > len(data):
            raise BundleError("The bundle's members add up to more than its own size.")
        members[name] = data[start : start + member.file_size]
    if pack(members) != data:
        raise BundleError(
            "The bundle is not in the one form that adrs writes: something in it was added, moved or changed."
        )
    return members


def _directory(data: bytes) -> list[zipfile.ZipInfo]:
    """Return what the directory at the end says, once its size is known to be small."""
    end = data[-_END.size :]
    if len(end) < _END.size or not end.startswith(b"PK\x05\x06"):
        raise BundleError("This is not a bundle of adrs, or its end is missing.")
    _, _, _, _, count, size, _, _ = _END.unpack(end)
    if data[: -_END.size][-_LONG_END_BYTES:].startswith(_LONG_END):
        raise BundleError("The bundle has a directory for files of more than 4 GiB; none of that is taken.")
    if count > MAX_MEMBERS or size > MAX_MEMBERS * (_ENTRY_BYTES + 100):
        raise BundleError(f"The bundle has more than {MAX_MEMBERS} members; none of that many is taken.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.infolist()
    except _NOT_A_ZIP as error:
        raise BundleError(f"The bundle's directory cannot be read: {str(error)[:100]}.") from None


def _check(member: zipfile.ZipInfo) -> None:
    name = member.filename
    if _NAME.fullmatch(name) is None:
        raise BundleError(
            f"The bundle holds {name[:80]!r}; only {MANIFEST} and blobs named by their digest are allowed."
        )
    if member.compress_type != zipfile.ZIP_STORED:
        raise BundleError(f"{name} is compressed in the bundle; members are stored as they are.")
    if member.external_attr >> 16 != _MODE:
        raise BundleError(f"{name} is not a plain file in the bundle but a link, a folder or something else.")
