"""Threads of their own for what waits on a sender: nothing else may wait behind it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore

from gateway.domain.errors import BusyError

UPLOADS = 8


class UploadThreads:
    """Runs so many uploads at a time, turns the next one away, and lends nobody else a thread.

    The default executor belongs to the signer and the mirrors: an upload is as slow as its sender likes.
    """

    def __init__(self, count: int = UPLOADS) -> None:
        self._free = Semaphore(count)
        self._pool = ThreadPoolExecutor(count, "upload")

    async def run(self, work: Callable[[], int]) -> int:
        """Do the work in a thread; cancelled, it goes on without us until its sender is at its end.

        Raises:
            BusyError: Every thread is taken; nothing was begun.
        """
        if not self._free.acquire(blocking=False):
            raise BusyError("every upload thread is taken")
        try:
            running = self._pool.submit(work)
        except RuntimeError:  # Closed: the service stops.
            self._free.release()
            raise BusyError("the service stops") from None
        running.add_done_callback(lambda _: self._free.release())
        return await asyncio.wrap_future(running)

    def close(self) -> None:
        """Take nothing more, and wait for nobody: what still runs ends with the requests that feed it."""
        self._pool.shutdown(wait=False, cancel_futures=True)
