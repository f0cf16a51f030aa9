"""A server that speaks like OPA, honestly or not; its honest answers come from the interpreter."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.engine import Interpreter

Send = Callable[["Asked"], Awaitable[None]]


@dataclass
class Asked:
    """One question, the honest answer to it, and the line it came on."""

    honest: dict[str, Any]
    writer: asyncio.StreamWriter

    def answer(self, body: bytes, *head: str, status: str = "200 OK") -> None:
        lines = [
            f"HTTP/1.1 {status}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *head,
        ]
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def say(self, document: object) -> None:
        self.answer(json.dumps(document).encode())

    def say_decision(self, **changes: object) -> None:
        """The honest answer with every decision changed."""
        result = self.honest["result"]
        changed = [{**one, **changes} for one in result["answer"]]
        self.say({**self.honest, "result": {**result, "answer": changed}})


@dataclass
class Pretender:
    """`mood` answers; None is honest."""

    bundle: Bundle
    mood: Send | None = None
    version: str = "1.20.2"
    asked: int = field(default=0, init=False)
    url: str = field(default="", init=False)
    lines: list[asyncio.StreamWriter] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._interpreter = Interpreter(self.bundle)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    int(line.partition(":")[2])
                    for line in head.split("\r\n")
                    if line.lower().startswith("content-length:")
                )
                document = json.loads(await reader.readexactly(length))["input"]
                self.asked += 1
                rule = head.split("?")[0].rpartition("/")[2]
                asked = Asked(self._honest(rule, document), writer)
                if self.mood is None:
                    asked.say(asked.honest)
                else:
                    await self.mood(asked)
                await writer.drain()

    def _honest(self, rule: str, document: dict[str, Any]) -> dict[str, Any]:
        said = json.loads(self._interpreter.ask(f"data.gateway.wire.{rule}", document))
        provenance = {"version": self.version, "bundles": {"bundle": {"revision": self.bundle.digest}}}
        return {"result": said, "provenance": provenance}


@asynccontextmanager
async def pretending(bundle: Bundle) -> AsyncIterator[Pretender]:
    pretender = Pretender(bundle)
    server = await asyncio.start_server(pretender.serve, "127.0.0.1", 0)
    pretender.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield pretender
    finally:
        server.close()
        for writer in pretender.lines:
            writer.transport.abort()
        await asyncio.sleep(0)
        del pretender._interpreter  # An interpreter dies in the thread that made it.


def _said(change: Callable[[dict[str, Any]], object]) -> Send:
    async def send(asked: Asked) -> None:
        asked.say(change(asked.honest))

    return send


def _text(change: Callable[[str], str]) -> Send:
    async def send(asked: Asked) -> None:
        asked.answer(change(json.dumps(asked.honest)).encode())

    return send


def _result(**changes: object) -> Send:
    return _said(lambda honest: {**honest, "result": {**honest["result"], **changes}})


def _decision(**changes: object) -> Send:
    async def send(asked: Asked) -> None:
        asked.say_decision(**changes)

    return send


async def _drip(asked: Asked) -> None:
    asked.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(100):
        asked.writer.write(b" ")
        await asked.writer.drain()
        await asyncio.sleep(0.1)


async def _drip_head(asked: Asked) -> None:
    asked.writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100):
        asked.writer.write(f"X-{number}: a\r\n".encode())
        await asked.writer.drain()
        await asyncio.sleep(0.1)


async def _say_nothing(_: Asked) -> None:
    await asyncio.sleep(10)


async def _hang_up(asked: Asked) -> None:
    asked.writer.close()


async def _reset(asked: Asked) -> None:
    asked.writer.transport.abort()


async def _cut(asked: Asked) -> None:
    body = json.dumps(asked.honest).encode()
    asked.writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body) + 1}\r\n\r\n".encode() + body)
    asked.writer.close()


async def _send_elsewhere(asked: Asked) -> None:
    host, port = asked.writer.get_extra_info("sockname")
    asked.answer(
        b"", f"Location: http://{host}:{port}/v1/data/gateway/wire/decisions", status="307 Temporary Redirect"
    )


async def _send_nowhere(asked: Asked) -> None:
    asked.answer(b"{}", status="302 Found")


async def _fail(asked: Asked) -> None:
    asked.answer(json.dumps(asked.honest).encode(), status="500 Internal Server Error")


async def _say_it_was_created(asked: Asked) -> None:
    asked.answer(json.dumps(asked.honest).encode(), status="201 Created")


async def _say_it_compressed(asked: Asked) -> None:
    asked.answer(json.dumps(asked.honest).encode(), "Content-Encoding: gzip")


async def _say_thirty_megabytes(asked: Asked) -> None:
    asked.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 31457280\r\n\r\n[")
    for _ in range(30):
        asked.writer.write(b"1," * 524288)
        await asked.writer.drain()


def _another_digest(honest: dict[str, Any]) -> dict[str, Any]:
    return {**honest, "provenance": {**honest["provenance"], "bundles": {"bundle": {"revision": "0" * 64}}}}


def _two_bundles(honest: dict[str, Any]) -> dict[str, Any]:
    bundles = {**honest["provenance"]["bundles"], "other": {"revision": "0" * 64}}
    return {**honest, "provenance": {**honest["provenance"], "bundles": bundles}}


def _no_provenance(honest: dict[str, Any]) -> dict[str, Any]:
    return {"result": honest["result"]}


HOSTILE: dict[str, Send] = {
    "is undefined": _said(lambda honest: {"provenance": honest["provenance"]}),
    "says an empty object": _said(lambda _: {}),
    "says a bare list": _said(lambda honest: honest["result"]["answer"]),
    "says null": _said(lambda _: None),
    "says the text true": _said(lambda honest: {**honest, "result": "true"}),
    "answers with the text true": _result(answer="true"),
    "answers with one": _result(answer=1),
    "answers with no decision": _result(answer=[]),
    "answers with two": _said(
        lambda honest: {**honest, "result": {**honest["result"], "answer": honest["result"]["answer"] * 2}}
    ),
    "answers another question": _result(nonce="0" * 32),
    "says no nonce": _said(lambda honest: {**honest, "result": {"answer": honest["result"]["answer"]}}),
    "has another bundle": _said(_another_digest),
    "has two bundles": _said(_two_bundles),
    "does not say which bundle": _said(_no_provenance),
    "says the text permit": _decision(decision="true"),
    "shouts": _decision(decision="PERMIT"),
    "says a field too many": _decision(more=True),
    "says an unknown reason": _decision(reasons=["BECAUSE"]),
    "always permits": _decision(
        decision="permit", basis="consent", reasons=["CONSENT_PERMITS"], obligations=["log_access"],
        disclose_existence=True,
    ),
    "always permits, hiding nothing": _decision(
        decision="permit", basis="owner_use", reasons=["OWNER_ACCESS"], obligations=["log_access"],
        redacted_sections=[], disclose_existence=True, consents_used=[], instrument_ids=[],
    ),
    "says not a number": _text(lambda text: text[:-1] + ', "more": NaN}'),
    "says everything twice": _text(lambda text: text[:-1] + ", " + text[1:]),
    "says what is no JSON": _text(lambda text: text[:-1]),
    "begins with a zero": _text(lambda text: "\x00" + text),
    "says deep JSON": _text(lambda _: "[" * 100_000 + "]" * 100_000),
    "says thirty megabytes": _say_thirty_megabytes,
    "drips": _drip,
    "drips its head": _drip_head,
    "says nothing": _say_nothing,
    "hangs up": _hang_up,
    "resets": _reset,
    "is cut": _cut,
    "sends elsewhere": _send_elsewhere,
    "sends nowhere": _send_nowhere,
    "fails": _fail,
    "says it was created": _say_it_was_created,
    "says it compressed": _say_it_compressed,
}  # fmt: skip
