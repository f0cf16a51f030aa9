"""Sending what takes long: it goes on only while everything that the release rests on still stands."""

import asyncio
from dataclasses import dataclass

from starlette.types import Receive, Send

from gateway.http.outgoing import Outgoing
from gateway.http.services import WatchRelease
from gateway.observe import Event, OperationalLog
from gateway.releasing import Asked, Released

LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class LongAnswer:
    """Sends piece by piece, at most 1 MiB each, and looks again before each one but the first.

    A slow reader makes the time between two pieces long, never the number of bytes after a look: the look
    comes last before a piece is handed to the connection. While the connection takes its time with a piece,
    the look is repeated every 250 ms.
    """

    watch: WatchRelease
    log: OperationalLog
    asked: Asked
    released: Released
    request_id: str

    async def send(self, outgoing: Outgoing, receive: Receive, send: Send) -> None:
        """Send everything, or stop for good with an entry that says how much content left, of how much.

        A stopped answer is left unfinished, so that the connection breaks and nobody takes it for whole.
        """
        gone = asyncio.ensure_future(_until_gone(receive))
        sent_bytes = 0
        try:
            for number, (body, content_bytes) in enumerate(outgoing.pieces):
                stands = number == 0 or await self.watch.stands(self.asked, self.released)
                if stands:
                    sent_bytes += content_bytes
                    stands = await self._send_watched(send, body)
                if not stands:
                    await self._cut(sent_bytes, outgoing.total_bytes)
                    return
                # A turn of the loop for everybody else, and for the end of this connection to be noticed.
                await asyncio.sleep(0)
                if gone.done():
                    return
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()

    async def _send_watched(self, send: Send, body: bytes) -> bool:
        """Hand over one piece; give up, with False, when the release no longer stands meanwhile."""
        message = {"type": "http.response.body", "body": body, "more_body": True}
        sending = asyncio.ensure_future(send(message))
        try:
            while not (await asyncio.wait((sending,), timeout=LOOK_S))[0]:
                if not await self.watch.stands(self.asked, self.released):
                    return False
        finally:
            sending.cancel()
        await sending
        return True

    async def _cut(self, sent_bytes: int, total_bytes: int) -> None:
        entry = await self.watch.cut(
            self.asked, self.released, sent_bytes=sent_bytes, total_bytes=total_bytes
        )
        named = None if entry is None else str(entry.decision_id)
        self.log.line(Event.RELEASE_CUT, request=self.request_id, entry=named, left_bytes=sent_bytes)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
