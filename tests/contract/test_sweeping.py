"""At start, sealed content that nothing links is deleted once it is a day old, and nothing else is."""

import os
import time
from pathlib import Path

from gateway.adapters.clock import RandomIds
from tests.http.served import ADA, serve_stack
from tests.support.stack import open_stack

PATH = "/v1/dossiers/dos_child/fragments"


def left(folder: Path, name: str, *, hours: int) -> Path:
    """A file that was last written so many hours ago."""
    path = folder / name
    path.write_bytes(b"sealed")
    at = time.time() - hours * 3600
    os.utime(path, (at, at))
    return path


async def test_what_a_crash_left_behind_is_swept_at_the_next_start(sqlite_url: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with open_stack(sqlite_url, state) as stack:
        sections = [{"id": "long", "content": "x" * 400_000}]
        body = {"category": "education", "sensitivity": "N", "sections": sections}
        served = serve_stack(stack)
        await served.handle(ADA)
        assert (await served.ask(ADA, "POST", PATH, json=body)).status_code == 201
    (linked,) = (one for one in (state / "content").rglob("*") if one.is_file())
    os.utime(linked, (1, 1))
    names, folder = RandomIds(), linked.parent
    swept = [
        left(folder, f".{names.new('cnt')}.partial", hours=25),
        left(folder, names.new("cnt"), hours=25),
    ]
    kept = [
        linked,
        left(folder, f".{names.new('cnt')}.partial", hours=23),
        left(folder, names.new("cnt"), hours=23),
        left(folder, "an-operators-own", hours=25),
    ]
    async with open_stack(sqlite_url, state, fresh=False):
        pass
    assert [one.name for one in swept if one.exists()] == []
    assert [one.name for one in kept if not one.exists()] == []
