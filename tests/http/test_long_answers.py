"""Answers that take long: in pieces, looked after while they leave, and cut with an entry."""

import asyncio
import json
import time
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.domain.access import Recorded
from gateway.http.outgoing import Piece, _as_text, joined
from gateway.http.streaming import LOOK_S
from gateway.releasing import Asked, Released
from tests.http.served import ADA, Served, serve_stack
from tests.http.test_releases import LARGE, deposit


@dataclass
class Watch:
    """Lets so many pieces pass, then says that something moved."""

    passes: int
    cuts: list[tuple[int, int]] = field(default_factory=list)

    async def stands(self, _: Asked, __: Released) -> bool:
        self.passes -= 1
        return self.passes >= 0

    async def cut(self, _: Asked, __: Released, *, sent_bytes: int, total_bytes: int) -> Recorded | None:
        self.cuts.append((sent_bytes, total_bytes))
        return None


async def drive(
    served: Served, fragment: str, *, leave_after: int = 99, takes: bool = True
) -> list[MutableMapping[str, Any]]:
    """Speak plain ASGI, so that an answer may stay unfinished."""
    sent: list[MutableMapping[str, Any]] = []
    asked = [{"type": "http.request", "body": b'{"purpose": "coordination"}', "more_body": False}]
    left = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if asked:
            return asked.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)
        if len(sent) > leave_after:
            left.set()
        if len(sent) > 1 and not takes:
            await left.wait()

    path = f"/v1/fragments/{fragment}/releases"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": [(b"authorization", b"Bearer " + ADA.encode()), (b"content-type", b"application/json")],
    }
    await served.app(scope, receive, send)
    return sent


async def test_a_long_answer_stops_when_what_it_rests_on_moves(served: Served) -> None:
    fragment = (await deposit(served, LARGE)).json()["id"]
    watch = Watch(passes=1)
    sent = await drive(serve_stack(served.stack, watch_release=watch), fragment)
    bodies = [message["body"] for message in sent[1:]]
    assert all(message["more_body"] for message in sent[1:]), "an answer that was cut must not look whole"
    assert max(map(len, bodies)) <= 1024 * 1024
    ((sent_bytes, total_bytes),) = watch.cuts
    assert (b"".join(bodies), total_bytes) == (LARGE[:sent_bytes], len(LARGE))
    assert sent_bytes < len(LARGE)


async def test_a_withdrawn_consent_cuts_a_long_answer_with_an_entry(served: Served) -> None:
    fragment = (await deposit(served, LARGE)).json()["id"]
    real = served.stack.uses.watch_release

    class Withdrawing:
        async def stands(self, asked: Asked, released: Released) -> bool:
            person = "/v1/stops"
            body = {"person": "p:child", "reach": {"kind": "all"}}
            await served.ask("conte@client:family+guardian", "POST", person, json=body)
            return await real.stands(asked, released)

        cut = real.cut

    await drive(serve_stack(served.stack, watch_release=Withdrawing()), fragment)
    row = await served.newest()
    assert (row["kind"], row["outcome"]) == ("release_cut", "deny")


async def test_nobody_is_sent_what_nobody_reads(served: Served) -> None:
    fragment = (await deposit(served, LARGE)).json()["id"]
    watch = Watch(passes=99)
    sent = await drive(serve_stack(served.stack, watch_release=watch), fragment, leave_after=2)
    assert len(sent) <= 4
    assert watch.cuts == []


async def test_long_sections_come_piece_by_piece_as_the_same_json(served: Served) -> None:
    await served.handle(ADA)
    long = ['Aime dessiner. é ✏️ \\ " \n' * 20_000, {"n": 1.5}]
    sections = [
        {"id": "short", "content": "calm"},
        {"id": "long", "content": long},
        {"id": "last", "content": None},
    ]
    body = {"category": "education", "sensitivity": "N", "sections": sections}
    fragment = (await served.ask(ADA, "POST", "/v1/dossiers/dos_child/fragments", json=body)).json()["id"]
    answer = await served.release(ADA, fragment)
    assert "content-length" not in answer.headers
    assert answer.json()["sections"] == sections


def test_a_text_that_is_no_json_is_cut_between_pieces_without_harm() -> None:
    text = 'é✏️"\\\n' * 5
    raw = text.encode()
    pieces = (raw[place : place + 3] for place in range(0, len(raw), 3))
    written = list(_as_text(pieces))
    assert json.loads(b"".join(one.body for one in written)) == text
    assert sum(one.content_bytes for one in written) == len(raw)


def test_pieces_are_joined_and_parted_to_one_mebibyte() -> None:
    pieces = [Piece(b"{", 0), Piece(b"x" * 10, 10), Piece(b"y" * 3_000_000, 500), Piece(b"}", 0)]
    found = list(joined(iter(pieces)))
    assert b"".join(one.body for one in found) == b"".join(one.body for one in pieces)
    assert [len(one.body) for one in found] == [1024 * 1024, 1024 * 1024, 902_860]
    assert [one.content_bytes for one in found] == [510, 0, 0]


async def test_many_sections_are_looked_after_by_the_mebibyte(served: Served) -> None:
    """Each brace was looked after by itself, and counted as content: more had left than there was."""
    await served.handle(ADA)
    long = ["x" * 1000] * 300
    sections = [{"id": f"s{number}", "content": long} for number in range(12)]
    body = {"category": "education", "sensitivity": "N", "sections": sections}
    fragment = (await served.ask(ADA, "POST", "/v1/dossiers/dos_child/fragments", json=body)).json()["id"]
    watch = Watch(passes=99)
    sent = await drive(serve_stack(served.stack, watch_release=watch), fragment)
    assert 99 - watch.passes == 3
    assert max(len(message["body"]) for message in sent[1:]) <= 1024 * 1024
    watch = Watch(passes=3)
    await drive(serve_stack(served.stack, watch_release=watch), fragment)
    assert watch.cuts == []
    watch = Watch(passes=2)
    await drive(serve_stack(served.stack, watch_release=watch), fragment)
    ((sent_bytes, total_bytes),) = watch.cuts
    assert total_bytes == sum(len(orjson.dumps(long)) for _ in sections)
    assert 2 * 1024 * 1024 < sent_bytes < total_bytes


async def test_a_reader_who_takes_nothing_is_looked_after_all_the_same(served: Served) -> None:
    fragment = (await deposit(served, LARGE)).json()["id"]
    watch = Watch(passes=2)
    began = time.perf_counter()
    sent = await drive(serve_stack(served.stack, watch_release=watch), fragment, takes=False)
    assert 3 * LOOK_S <= time.perf_counter() - began < 3 * LOOK_S + 5
    assert len(sent) == 2
    assert watch.cuts == [(1024 * 1024, len(LARGE))]
