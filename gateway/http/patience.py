"""Waiting for what a caller may never send, without a timer for each who waits."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")

LOOK_EVERY_S = 0.5


class Patience:
    """Ends every wait that has lasted too long, at most half a second late.

    One look at all who wait stands for a timer each: starting and stopping `asyncio.timeout` took as long as
    all else that is done to read a body (measured).
    """

    def __init__(self) -> None:
        self._due: dict[asyncio.Task[Any], float] = {}
        self._ended: set[asyncio.Task[Any]] = set()
        self._next: asyncio.TimerHandle | None = None

    async def until(self, due_s: float, awaited: Awaitable[T]) -> T:
        """Await it until `time.monotonic` says `due_s`.

        Raises:
            TimeoutError: It has not come.
        """
        task = asyncio.current_task()
        assert task is not None
        self._due[task] = due_s
        if self._next is None:
            self._next = asyncio.get_running_loop().call_later(LOOK_EVERY_S, self._look)
        try:
            return await awaited
        except asyncio.CancelledError:
            # Whoever else cancels this task meanwhile means it (as `asyncio.timeout` has it).
            if task in self._ended and task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            self._ended.discard(task)
            del self._due[task]

    def _look(self) -> None:
        now_s = time.monotonic()
        for task, due_s in self._due.items():
            if due_s <= now_s and task not in self._ended:
                self._ended.add(task)
                task.cancel()
        loop = asyncio.get_running_loop()
        self._next = loop.call_later(LOOK_EVERY_S, self._look) if self._due else None
