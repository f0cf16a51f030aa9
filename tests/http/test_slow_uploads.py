"""Uploads that hardly come hold nothing that anybody else needs."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from gateway.adapters.threads import UPLOADS, UploadThreads
from gateway.domain.errors import BusyError
from tests.http.served import CONTE, Served
from tests.http.test_deposits import deposit, form, known

__all__ = ["known"]

HELD_S = 20.0


class Stalled:
    """A large form of which the last part never comes, until it is let go."""

    def __init__(self) -> None:
        request = httpx2.Request("POST", "http://x", **form(b"x" * 600_000))
        self.headers = {"Content-Type": request.headers["content-type"]}
        self._body = request.read()
        self.let_go = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body[:400_000]
        await self.let_go.wait()
        yield self._body[400_000:]


@asynccontextmanager
async def stalled(served: Served, count: int) -> AsyncIterator[list[asyncio.Task[httpx2.Response]]]:
    """So many uploads, each of them waiting for its sender."""
    bodies = [Stalled() for _ in range(count)]
    tasks = [asyncio.create_task(deposit(served, content=one, headers=one.headers)) for one in bodies]
    try:
        yield tasks
    finally:
        for body in bodies:
            body.let_go.set()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(found: Callable[[], bool]) -> None:
    async with asyncio.timeout(HELD_S):
        while not found():  # noqa: ASYNC110 - threads tell nobody
            await asyncio.sleep(0.01)


def left_behind(folder: Path) -> list[Path]:
    return [one for one in (folder / "state" / "content").rglob("*") if one.is_file()]


async def in_time(asked: Awaitable[httpx2.Response]) -> httpx2.Response:
    return await asyncio.wait_for(asked, HELD_S)


async def test_a_withdrawal_is_proven_while_every_upload_stalls(known: Served) -> None:
    async with stalled(known, UPLOADS + 1) as uploads:
        (turned_away, *_), _ = await asyncio.wait(
            uploads, timeout=HELD_S, return_when=asyncio.FIRST_COMPLETED
        )
        answer = turned_away.result()
        assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
        assert int(answer.headers["retry-after"]) > 0
        withdrawn = await in_time(known.ask(CONTE, "POST", "/v1/consents/cns_1/withdrawals", json={}))
        assert (withdrawn.status_code, withdrawn.json()["proven"]) == (201, True)
    answers = [one.result().status_code for one in uploads]
    assert sorted(answers) == [201] * UPLOADS + [503]


async def test_a_thread_that_was_let_go_takes_the_next_upload(known: Served) -> None:
    for _ in range(2):
        async with stalled(known, UPLOADS) as uploads:
            await asyncio.sleep(0.2)
        assert [one.result().status_code for one in uploads] == [201] * UPLOADS


async def test_an_upload_that_is_cancelled_lets_its_thread_go_and_leaves_nothing(
    known: Served, tmp_path: Path
) -> None:
    async with stalled(known, 1) as (upload,):
        await until(lambda: bool(left_behind(tmp_path)))
        upload.cancel()
        await until(lambda: not left_behind(tmp_path))


async def test_the_end_of_the_service_waits_for_no_sender() -> None:
    threads, ended = UploadThreads(1), threading.Event()

    def wait() -> int:
        ended.wait(HELD_S)
        return 0

    stalls = asyncio.create_task(threads.run(wait))
    await asyncio.sleep(0)
    with pytest.raises(BusyError):
        await threads.run(wait)
    threads.close()
    assert not stalls.done()
    ended.set()
    assert await stalls == 0
    with pytest.raises(BusyError):
        await threads.run(wait)
