"""Sending what takes long: it goes on only while everything that the release rests on still stands."""

import asyncio
from dataclasses import dataclass

from starlette.types import Receive, Send

from gateway.http.outgoing import Outgoing
from gateway.http.services import WatchRelease
from gateway.observe import Event, OperationalLog
from gateway.releasing import Asked, Released


@dataclass(frozen=True, slots=True)
class LongAnswer:
    """Sends piece by piece, at most 1 MiB each, and looks again before each one.

    A slow reader makes the time between two pieces long, never the number of bytes after a look: the look
    comes last before a piece is handed to the connection.
    """

    watch: WatchRelease
    log: OperationalLog
    asked: Asked
    released: Released
    request_id: str

    async def send(self, outgoing: Outgoing, receive: Receive, send: Send) -> None:
        """Send everything, or stop for good with an entry that says how much left.

        A stopped answer is left unfinished, so that the connection breaks and nobody takes it for whole.
        """
        gone = asyncio.ensure_future(_until_gone(receive))
        sent_bytes = 0
        try:
            for piece in outgoing.pieces:
                if sent_bytes and not await self.watch.stands(self.asked, self.released):
                    await self._cut(sent_bytes, outgoing.total_bytes)
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                sent_bytes += len(piece)
                # A turn of the loop for everybody else, and for the end of this connection to be noticed.
                await asyncio.sleep(0)
                if gone.done():
                    return
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()

    async def _cut(self, sent_bytes: int, total_bytes: int) -> None:
        entry = await self.watch.cut(
            self.asked, self.released, sent_bytes=sent_bytes, total_bytes=total_bytes
        )
        named = None if entry is None else str(entry.decision_id)
        self.log.line(Event.RELEASE_CUT, request=self.request_id, entry=named, left_bytes=sent_bytes)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
