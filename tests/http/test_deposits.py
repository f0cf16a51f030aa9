"""What may be deposited, in which form, and what is refused before anything is kept."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from gateway.domain.fragment import INLINE_BYTES
from gateway.http.wire import to_content_digest
from tests.http.served import ADA, BOB, CONTE, DIA, EVA, Served, codes

PATH = "/v1/dossiers/dos_child/fragments"
META: dict[str, Any] = {"category": "education", "sensitivity": "N"}
LARGE = bytes(range(251)) * 6000  # 1.4 MiB: above what lives in the database.
SECTIONS: dict[str, Any] = {
    **META,
    "sections": [
        {"id": "strengths", "content": {"text": "Aime dessiner ✏️", "score": 1.5, "none": None}},
        {"id": "sleep", "content": ["calm"], "category": "mental_health", "sensitivity": "R"},
    ],
}


@pytest_asyncio.fixture
async def known(served: Served) -> AsyncIterator[Served]:
    """The small network, whose school knows the child by a handle."""
    await served.handle(ADA)
    yield served


def form(content: bytes, meta: object = META, **part: str) -> dict[str, Any]:
    """A multipart body of `meta` and `content`, the second with headers of its own."""
    told = (None, json.dumps(meta), "application/json")
    return {"files": {"meta": told, "content": ("lettre.txt", content, "text/plain", part)}}


def announced(content: bytes) -> dict[str, Any]:
    """A form whose content says its digest."""
    return form(content, **{"Content-Digest": to_content_digest(hashlib.sha256(content).digest())})


async def deposit(served: Served, caller: str = ADA, **request: Any) -> httpx2.Response:  # noqa: ANN401
    return await served.ask(caller, "POST", PATH, **request)


async def test_sections_come_back_as_they_were_deposited(known: Served) -> None:
    answer = await deposit(known, json=SECTIONS)
    assert answer.status_code == 201
    assert answer.headers["etag"] == f'"{answer.json()["etag"]}"'
    released = (await known.release(ADA, answer.json()["id"])).json()
    assert [one["content"] for one in released["sections"]] == [
        one["content"] for one in SECTIONS["sections"]
    ]


@pytest.mark.parametrize("content", [b"", b"x", LARGE])
async def test_a_document_comes_back_byte_for_byte(content: bytes, known: Served) -> None:
    answer = await deposit(known, **form(content))
    assert answer.status_code == 201
    released = await known.release(ADA, answer.json()["id"])
    assert (released.status_code, released.content) == (201, content)
    assert released.headers["content-type"].startswith("text/plain")


async def test_a_next_version_names_the_one_that_was_seen(known: Served) -> None:
    first = (await deposit(known, json=SECTIONS)).json()
    following = {**META, "follows": first["id"]}
    unseen = await deposit(known, **form(b"second", following))
    assert (unseen.status_code, unseen.json()["code"]) == (428, "precondition_required")
    stale = await deposit(known, **form(b"second", following), headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    second = await deposit(known, **form(b"second", following), headers={"If-Match": f'"{first["etag"]}"'})
    assert (second.status_code, second.json()["id"], second.json()["version"]) == (201, first["id"], 2)
    assert (await known.release(ADA, first["id"])).content == b"second"


@pytest.mark.parametrize("content", [b"small", LARGE])
async def test_a_part_must_be_the_one_that_was_announced(content: bytes, known: Served) -> None:
    right = to_content_digest(hashlib.sha256(content).digest())
    assert (await deposit(known, **form(content, **{"Content-Digest": right}))).status_code == 201
    before = await known.newest()
    wrong = await deposit(known, **form(content + b"!", **{"Content-Digest": right}))
    assert (wrong.status_code, wrong.json()["fields"][0]["name"]) == (422, "Content-Digest")
    assert await known.newest() == before


@pytest.mark.parametrize("content", [b"small", LARGE])
async def test_a_whole_body_must_be_the_one_that_was_announced(content: bytes, known: Served) -> None:
    request = httpx2.Request("POST", "http://x", **form(content))
    body, kind = request.read(), request.headers["content-type"]
    for digest, status in ((hashlib.sha256(body), 201), (hashlib.sha256(content), 422)):
        headers = {"Content-Type": kind, "Content-Digest": to_content_digest(digest.digest())}
        assert (await deposit(known, content=body, headers=headers)).status_code == status


async def test_the_content_of_a_deposit_that_failed_is_not_kept(known: Served, tmp_path: Path) -> None:
    digest = to_content_digest(bytes(32))
    assert (await deposit(known, **form(LARGE, **{"Content-Digest": digest}))).status_code == 422
    assert [one for one in (tmp_path / "state" / "content").rglob("*") if one.is_file()] == []


@pytest.mark.parametrize("content", [b"small", LARGE])
async def test_a_key_deposits_once(content: bytes, known: Served) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = [await deposit(known, **announced(content), headers=key) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = await deposit(known, **announced(content + b"!"), headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


@pytest.mark.parametrize(
    "body",
    [
        {},
        META,
        {**META, "sections": []},
        {**SECTIONS, "sensitivity": "X"},
        {**SECTIONS, "category": "unheard_of"},
        {**SECTIONS, "unheard_of": 1},
        {**SECTIONS, "created": "yesterday"},
        {**SECTIONS, "sections": SECTIONS["sections"] * 2},
        {**SECTIONS, "youth_alone": "true"},
    ],
)
async def test_other_sections_are_malformed(body: dict[str, Any], known: Served) -> None:
    answer = await deposit(known, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


@pytest.mark.parametrize(
    "files",
    [
        {"content": ("a", b"x", "text/plain"), "meta": (None, json.dumps(META), "application/json")},
        {"meta": (None, json.dumps(META), "application/json")},
        {"content": ("a", b"x", "text/plain")},
        {"meta": (None, "{", "application/json"), "content": ("a", b"x", "text/plain")},
        {"meta": (None, json.dumps(META), "application/json"), "content": ("a", b"x", "not a type")},
        {"meta": (None, json.dumps(META)), "content": ("a", b"x", "text/plain"), "more": ("b", b"y")},
    ],
)
async def test_another_form_is_malformed(files: dict[str, Any], known: Served) -> None:
    answer = await deposit(known, files=files)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_a_form_that_is_cut_short_is_malformed(known: Served) -> None:
    request = httpx2.Request("POST", "http://x", **form(b"x" * 100))
    headers = {"Content-Type": request.headers["content-type"]}
    for cut in (5, 40, 150):
        answer = await deposit(known, content=request.read()[:-cut], headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed"), cut


async def test_another_media_type_is_told(known: Served) -> None:
    answer = await deposit(known, content=b"x", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media")


async def test_who_may_not_deposit_leaves_nothing_behind(known: Served) -> None:
    assert (await deposit(known, DIA, **form(LARGE))).status_code == 404
    assert (await deposit(known, EVA, **form(LARGE))).status_code == 403
    await known.handle(BOB)
    mine = await deposit(known, BOB, **form(b"the clinic's"))
    assert mine.status_code == 201
    seen = (await known.ask(BOB, "GET", f"/v1/fragments/{mine.json()['id']}")).json()
    assert seen["owner_agency"] == "qc:clinic"


class Trickle:
    """A form that is never at its end; it counts what was taken of it."""

    def __init__(self, **part: str) -> None:
        request = httpx2.Request("POST", "http://x", **form(b"", **part))
        self.headers = {"Content-Type": request.headers["content-type"], "Idempotency-Key": "once"}
        self._head = request.read().rpartition(b"\r\n--")[0]
        self.taken_bytes = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._head
        while self.taken_bytes < 60 * 1024 * 1024:
            self.taken_bytes += 64 * 1024
            yield b"x" * 64 * 1024


async def test_a_large_document_under_a_key_is_announced_or_not_read(known: Served) -> None:
    before, body = await known.newest(), Trickle()
    answer = await deposit(known, content=body, headers=body.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert answer.json()["fields"] == [{"name": "Content-Digest", "code": "required"}]
    assert body.taken_bytes <= INLINE_BYTES + 64 * 1024
    assert await known.newest() == before


async def test_a_large_document_under_a_key_may_be_announced_as_a_whole_body(known: Served) -> None:
    request = httpx2.Request("POST", "http://x", **form(LARGE))
    body = request.read()
    headers = {
        "Content-Type": request.headers["content-type"],
        "Content-Digest": to_content_digest(hashlib.sha256(body).digest()),
        "Idempotency-Key": "once",
    }
    first, again = [await deposit(known, content=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())


@pytest.mark.parametrize(("caller", "status"), [(CONTE, 403), (EVA, 403), (DIA, 404)])
async def test_who_may_not_deposit_is_not_read(caller: str, status: int, known: Served) -> None:
    body = Trickle()
    answer = await deposit(known, caller, content=body, headers=body.headers)
    assert (answer.status_code, body.taken_bytes) == (status, 0)
    assert ((await known.newest())["kind"], (await known.newest())["outcome"]) == ("refused", "deny")
    unknown = await known.ask(
        caller, "POST", "/v1/dossiers/dos_unknown/fragments", content=Trickle(), headers=body.headers
    )
    assert (unknown.status_code, codes(unknown.json())) == (status, codes(answer.json()))
