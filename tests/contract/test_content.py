"""What every content store promises: whole or not at all, under opaque names, gone when deleted."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.adapters.crypto.content import FolderContent
from gateway.domain.errors import ConflictError, MalformedError, TamperedError


@pytest.fixture
def content(tmp_path: Path) -> FolderContent:
    return FolderContent(tmp_path / "content")


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        await asyncio.sleep(0)
        yield chunk


async def cut_short() -> AsyncIterator[bytes]:
    yield b"first"
    raise ConnectionResetError("the sender went away")


async def test_what_was_put_is_read_at_any_place(content: FolderContent) -> None:
    name = content.new_name()
    assert await content.put(name, pieces(b"abc", b"", b"defgh")) == 8
    assert await content.size(name) == 8
    with content.open(name) as opened:
        assert (opened.length, opened.read_at(2, 4), opened.read_at(6, 10)) == (8, b"cdef", b"gh")


async def test_a_large_chunk_is_kept_whole(content: FolderContent) -> None:
    name = content.new_name()
    assert await content.put(name, pieces(b"x" * 3_000_000)) == 3_000_000


async def test_a_sender_that_goes_away_leaves_nothing(content: FolderContent, tmp_path: Path) -> None:
    name = content.new_name()
    with pytest.raises(ConnectionResetError):
        await content.put(name, cut_short())
    assert [path for path in (tmp_path / "content").rglob("*") if path.is_file()] == []
    with pytest.raises(TamperedError):
        content.open(name)


async def test_a_name_is_used_once(content: FolderContent) -> None:
    name = content.new_name()
    await content.put(name, pieces(b"first"))
    with pytest.raises(ConflictError):
        await content.put(name, pieces(b"second"))
    with content.open(name) as opened:
        assert opened.read_at(0, 10) == b"first"


async def test_what_was_deleted_is_gone_and_may_be_deleted_again(content: FolderContent) -> None:
    name = content.new_name()
    await content.put(name, pieces(b"x"))
    await content.delete(name)
    await content.delete(name)
    with pytest.raises(TamperedError):
        await content.size(name)


async def test_content_is_private_and_survives_a_restart(content: FolderContent, tmp_path: Path) -> None:
    name = content.new_name()
    await content.put(name, pieces(b"x"))
    again = FolderContent(tmp_path / "content")
    assert await again.size(name) == 1
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "content").rglob("*")}
    assert modes == {0o700, 0o600}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../../x",
        "cnt_",
        "cnt_" + "u" * 26,
        "cnt_" + "0" * 25 + "/",
        "x" * 30,
        "cnt_" + "0" * 26 + "\n",
    ],
)
async def test_a_name_from_elsewhere_is_refused(content: FolderContent, name: str) -> None:
    with pytest.raises(MalformedError):
        content.open(name)
    with pytest.raises(MalformedError):
        await content.put(name, pieces(b"x"))
    with pytest.raises(MalformedError):
        await content.delete(name)


def test_names_are_opaque_and_never_come_twice(content: FolderContent) -> None:
    names = {content.new_name() for _ in range(1000)}
    assert len(names) == 1000
