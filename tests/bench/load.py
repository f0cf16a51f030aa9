"""A load of HTTP/1.1 requests over held connections, as cheap for the client as Python allows.

Run as its own process: `python -m tests.bench.load HOST PORT SECONDS CONNECTIONS once|again < requests`.
Standard input holds the requests, each preceded by its length (4 bytes, big-endian); they are sent in turn,
each once or over and over. Prints JSON:
`{"answers", "seconds", "status": {...}, "latencies_us": [p50, p99]}`.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from itertools import cycle
from typing import cast

import uvloop

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *([0-9]+)")


class Connection(asyncio.Protocol):
    """Sends the next request as soon as an answer is whole."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.buffer = bytearray()
        self.needed = -1
        self.sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        self.sent = time.perf_counter()
        if self.sent >= self.load.until:
            self.transport.close()
            self.load.done()
            return
        request = next(self.load.requests, None)
        if request is None:
            raise SystemExit("there were not enough requests")
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.needed < 0:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self.buffer, 0, end + 2)
            self.needed = end + 4 + (int(length[1]) if length else 0)
        if len(self.buffer) >= self.needed:
            self.load.status[self.buffer[9:12].decode()] += 1
            self.load.latencies.append(time.perf_counter() - self.sent)
            self.buffer.clear()
            self.needed = -1
            self._ask()


class Load:
    def __init__(self, requests: list[bytes], seconds: float, connections: int, *, once: bool) -> None:
        self.requests = iter(requests) if once else cycle(requests)
        self.until = time.perf_counter() + seconds
        self.left = connections
        self.status: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.finished = asyncio.Event()

    def done(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.finished.set()


async def run(host: str, port: int, seconds: float, connections: int, *, once: bool) -> None:
    requests = []
    while head := sys.stdin.buffer.read(4):
        requests.append(sys.stdin.buffer.read(int.from_bytes(head, "big")))
    load = Load(requests, seconds, connections, once=once)
    started = time.perf_counter()
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(load), host, port)
    await load.finished.wait()
    took = time.perf_counter() - started
    found = sorted(load.latencies)
    at = [found[int(len(found) * share)] * 1e6 for share in (0.5, 0.99)]
    print(json.dumps({"answers": len(found), "seconds": took, "status": load.status, "latencies_us": at}))


if __name__ == "__main__":
    host, port, seconds, connections, times = sys.argv[1:]
    uvloop.run(run(host, int(port), float(seconds), int(connections), once=times == "once"))
