"""Refusals leave on the tick: never before it, on the event loop that serves in production."""

import io
import time
from collections.abc import MutableMapping, Sequence
from typing import Any

import pytest
import uvloop
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.adapters.clock import RandomIds
from gateway.http.edge import STOP_TICK_S, TICK_S, EdgeMiddleware
from gateway.http.problems import Problems
from gateway.http.words import read_words
from gateway.observe import OperationalLog

WORKS_S = [tenths / 10_000 for tenths in range(2, 40, 2)]


class Working:
    """Takes so long, then refuses."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.work_s = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        until = time.perf_counter() + self.work_s
        while time.perf_counter() < until:
            pass
        await Response(status_code=self.status)(scope, receive, send)


async def _nothing() -> MutableMapping[str, Any]:
    return {"type": "http.request"}


async def _leave_after(app: Working, edge: EdgeMiddleware, work_s: float, path: str) -> float:
    left: list[float] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            left.append(time.perf_counter())

    app.work_s = work_s
    began = time.perf_counter()
    await edge({"type": "http", "method": "GET", "path": path, "headers": []}, _nothing, send)
    return left[0] - began


def _times(status: int, works_s: Sequence[float], path: str = "/") -> list[float]:
    app = Working(status)
    problems = Problems(read_words(), "http://127.0.0.1:8741")
    log = OperationalLog(io.StringIO(), "error")
    edge = EdgeMiddleware(app, problems, RandomIds(), log, secure=False)

    async def one_by_one() -> list[float]:
        return [await _leave_after(app, edge, work_s, path) for work_s in works_s]

    return uvloop.run(one_by_one())


@pytest.mark.parametrize("status", [403, 404, 422, 429])
def test_no_refusal_leaves_before_its_tick_whatever_its_work_took(status: int) -> None:
    # uvloop's timers round to whole milliseconds, half of the time downwards.
    assert [took for took in _times(status, WORKS_S) if took < TICK_S] == []


def test_what_is_released_does_not_wait_for_a_tick() -> None:
    assert min(_times(201, [0.0] * 20)) < TICK_S


def test_what_a_stop_tells_leaves_on_its_own_tick() -> None:
    took = _times(201, WORKS_S[:4], "/v1/stops")
    assert [one for one in took if one < STOP_TICK_S] == []
