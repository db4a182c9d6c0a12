from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.archive.objects import INLINE_BYTES, ObjectStore
from adrs.errors import ArchiveError

LARGE = bytes(range(256)) * 257


@given(st.binary(max_size=2000), st.binary(max_size=200))
def test_small_values_come_back_from_the_row_alone(data: bytes, dictionary: bytes) -> None:
    store = ObjectStore(Path("/nowhere"))
    assert store.unpack(store.pack(data, dictionary), dictionary) == data


@given(st.text(st.characters(codec=None), max_size=50))
def test_any_text_comes_back(text: str) -> None:
    store = ObjectStore(Path("/nowhere"))
    assert store.unpack_text(store.pack_text(text)) == text


def test_what_resembles_the_dictionary_takes_little_room(tmp_path: Path) -> None:
    text = b"".join(b"line %d of a program\n" % i for i in range(300))
    changed = text.replace(b"line 7 ", b"line seven ")
    store = ObjectStore(tmp_path)
    assert len(store.pack(changed, text)) < len(store.pack(changed)) // 4


def test_a_large_value_is_a_file_named_by_its_content(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path / "objects")
    packed = store.pack(LARGE)
    assert len(packed) == 33
    (path,) = [p for p in (tmp_path / "objects").rglob("*") if p.is_file()]
    assert path.name == packed[1:].hex()
    assert path.parent.name == path.name[:2]
    assert path.read_bytes() == LARGE
    written = path.stat().st_mtime_ns
    assert store.pack(LARGE) == packed
    assert path.stat().st_mtime_ns == written
    assert store.unpack(packed) == LARGE
    assert len(store.pack(LARGE[:INLINE_BYTES])) < INLINE_BYTES


def test_a_changed_or_missing_object_is_never_handed_out(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    packed = store.pack(LARGE)
    path = tmp_path / packed[1:2].hex() / packed[1:].hex()
    path.write_bytes(LARGE + b"!")
    with pytest.raises(ArchiveError, match="does not hold what its name says"):
        store.unpack(packed)
    path.unlink()
    with pytest.raises(ArchiveError, match="cannot be read: No such file"):
        store.unpack(packed)


def test_what_cannot_be_written_or_unpacked_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match="cannot be written: Not a directory"):
        ObjectStore(tmp_path / "file").pack(LARGE)
    with pytest.raises(ArchiveError, match="packed in an unknown way"):
        ObjectStore(tmp_path).unpack(b"?x")
    with pytest.raises(ArchiveError, match="cannot be unpacked"):
        ObjectStore(tmp_path).unpack(b"znot zlib")
