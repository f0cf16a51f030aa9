"""What every content store promises: whole or not at all, under opaque names, gone when deleted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.adapters.clock import RandomIds
from gateway.adapters.crypto.content import FolderContent
from gateway.domain.errors import ConflictError, MalformedError, TamperedError

IDS = RandomIds()


@pytest.fixture
def content(tmp_path: Path) -> FolderContent:
    return FolderContent(tmp_path / "content")


@pytest.fixture
def name() -> str:
    return IDS.new("cnt")


def cut_short() -> Iterator[bytes]:
    yield b"first"
    raise ConnectionResetError("the sender went away")


def test_what_was_put_is_read_at_any_place(content: FolderContent, name: str) -> None:
    assert content.put(name, [b"abc", b"", b"defgh"]) == 8
    assert content.size(name) == 8
    read_at = content.read_at(name)
    assert (read_at(2, 4), read_at(6, 10), read_at(8, 1)) == (b"cdef", b"gh", b"")


def test_a_large_chunk_is_kept_whole(content: FolderContent, name: str) -> None:
    assert content.put(name, [b"x" * 3_000_000]) == 3_000_000
    assert content.read_at(name)(2_999_990, 100) == b"x" * 10


def test_a_sender_that_goes_away_leaves_nothing(content: FolderContent, name: str, tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        content.put(name, cut_short())
    assert [path for path in (tmp_path / "content").rglob("*") if path.is_file()] == []
    with pytest.raises(TamperedError):
        content.read_at(name)(0, 1)


def test_a_name_is_used_once(content: FolderContent, name: str) -> None:
    content.put(name, [b"first"])
    with pytest.raises(ConflictError):
        content.put(name, [b"second"])
    assert content.read_at(name)(0, 10) == b"first"


def test_what_was_deleted_is_gone_and_may_be_deleted_again(content: FolderContent, name: str) -> None:
    content.put(name, [b"x"])
    read_at = content.read_at(name)
    content.delete(name)
    content.delete(name)
    with pytest.raises(TamperedError):
        content.size(name)
    with pytest.raises(TamperedError):
        read_at(0, 1)


def test_content_is_private_and_survives_a_restart(content: FolderContent, name: str, tmp_path: Path) -> None:
    content.put(name, [b"x"])
    again = FolderContent(tmp_path / "content")
    assert again.size(name) == 1
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "content").rglob("*")}
    assert modes == {0o700, 0o600}


@pytest.mark.parametrize(
    "wrong",
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
def test_a_name_from_elsewhere_is_refused(content: FolderContent, wrong: str) -> None:
    with pytest.raises(MalformedError):
        content.read_at(wrong)
    with pytest.raises(MalformedError):
        content.put(wrong, [b"x"])
    with pytest.raises(MalformedError):
        content.size(wrong)
    with pytest.raises(MalformedError):
        content.delete(wrong)


def test_the_names_that_the_gateway_makes_are_taken_and_never_come_twice(content: FolderContent) -> None:
    names = {IDS.new("cnt") for _ in range(100)}
    assert len(names) == 100
    for one in names:
        content.put(one, [b""])
