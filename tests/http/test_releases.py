"""What a release looks like, and what a refusal does not show."""

import json
import time
from typing import Any

import httpx2
import pytest

from gateway.http.edge import TICK_S
from gateway.http.outgoing import to_disposition
from tests.http.served import ADA, BOB, DIA, Served, codes

LARGE = bytes(range(256)) * 4096 * 3  # 3 MiB


async def deposit(
    served: Served, content: bytes, name: str = "rapport.pdf", **headers: str
) -> httpx2.Response:
    await served.handle(ADA)
    meta = json.dumps({"category": "education", "sensitivity": "N"})
    files = {"meta": (None, meta, "application/json"), "content": (name, content, "application/pdf")}
    return await served.ask(ADA, "POST", "/v1/dossiers/dos_child/fragments", files=files, headers=headers)


async def test_a_structured_fragment_is_json_and_says_that_it_is_incomplete(served: Served) -> None:
    answer = await served.release(BOB, "frg_report")
    body = answer.json()
    assert answer.status_code == 201
    assert body.keys() == {"release", "ledger_entry", "obligations", "incomplete", "sections"}
    assert body["sections"] == [{"id": "home", "content": {"t": "Calm."}}]
    assert body["incomplete"] is True
    assert b"sleep" not in answer.content
    assert b"Poor" not in answer.content


async def test_a_document_is_its_bytes_with_the_facts_in_headers(served: Served) -> None:
    name = "rapport été.pdf"
    fragment = (await deposit(served, LARGE, name)).json()["id"]
    answer = await served.release(ADA, fragment)
    assert (answer.status_code, answer.content == LARGE) == (201, True)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["gateway-incomplete"] == "false"
    assert "log_access" in answer.headers["gateway-obligations"]
    assert answer.headers["gateway-release"] == (await served.newest())["decision_id"]
    assert "rapport%20%C3%A9t%C3%A9.pdf" in answer.headers["content-disposition"]


@pytest.mark.parametrize("content", [LARGE, b"0123456789" * 100])
async def test_a_range_is_a_release_of_its_own(content: bytes, served: Served) -> None:
    fragment = (await deposit(served, content)).json()["id"]
    before = await served.newest()
    answer = await served.release(ADA, fragment, headers={"Range": "bytes=7-499"})
    assert (answer.status_code, answer.content) == (201, content[7:500])
    assert answer.headers["content-range"] == f"bytes 7-499/{len(content)}"
    assert (await served.newest())["index"] == before["index"] + 1
    beyond = await served.release(ADA, fragment, headers={"Range": f"bytes={len(content)}-"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range_not_satisfiable")


@pytest.mark.parametrize(
    ("name", "header"),
    [
        (None, b"attachment"),
        ("...", b"attachment"),
        ("a.pdf", b'attachment; filename="a.pdf"'),
        ('a"\r\nX: y', b"attachment; filename=\"aX_y\"; filename*=UTF-8''aX%3A%20y"),
        ("../../x", b"attachment; filename=\"....x\"; filename*=UTF-8''....x"),
        ("été", b"attachment; filename=\"_t_\"; filename*=UTF-8''%C3%A9t%C3%A9"),
    ],
)
def test_a_file_name_cannot_break_out_of_its_header(name: str | None, header: bytes) -> None:
    assert to_disposition(name) == header


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{}", 422),
        (b'{"purpose": null}', 422),
        (b'{"purpose": 1}', 422),
        (b'{"purpose": "Marie Tremblay"}', 422),
        (b'{"purpose": "coordination", "more": 1}', 422),
        (b'{"purpose": "coordination", "purpose": "legal"}', 422),
        (b'{"purpose": "coordination", "justification": null}', 422),
        (b'{"purpose": "coordination", "justification": "' + b"x" * 4001 + b'"}', 422),
    ],
)
async def test_a_body_of_another_shape_is_malformed(body: bytes, status: int, served: Served) -> None:
    for fragment in ("frg_letter", "frg_unknown"):
        path = f"/v1/fragments/{fragment}/releases"
        kind = {"Content-Type": "application/json"}
        answer = await served.ask(BOB, "POST", path, content=body, headers=kind)
        assert (answer.status_code, answer.json()["code"]) == (status, "malformed")


async def test_another_media_type_or_method_is_told(served: Served) -> None:
    path = "/v1/fragments/frg_letter/releases"
    answer = await served.ask(BOB, "POST", path, content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    answer = await served.ask(BOB, "GET", path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_a_key_is_of_one_request(served: Served) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = await served.release(BOB, "frg_letter", headers=key)
    again = await served.release(BOB, "frg_letter", headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.headers["gateway-release"] != again.headers["gateway-release"]
    other = await served.release(BOB, "frg_report", headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


def _shape(answer: httpx2.Response) -> tuple[Any, ...]:
    own = ("instance", "request_id")
    body = {name: value for name, value in answer.json().items() if name not in own}
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, body, headers


async def test_a_hidden_fragment_an_unknown_one_and_a_wrong_shape_are_one_answer(served: Served) -> None:
    answers = [await served.release(DIA, one) for one in ("frg_letter", "frg_unknown", "%C3%A9", "a" * 300)]
    assert len({json.dumps(_shape(one), sort_keys=True) for one in answers}) == 1
    reads = [
        await served.ask(DIA, "GET", path)
        for path in ("/v1/fragments/frg_letter", "/v1/fragments/frg_unknown", "/v1/dossiers/dos_child")
    ]
    assert len({json.dumps(_shape(one), sort_keys=True) for one in reads}) == 1


async def test_both_hidden_and_unknown_have_an_entry_that_says_the_same(served: Served) -> None:
    rows = []
    for fragment in ("frg_letter", "frg_unknown"):
        await served.release(DIA, fragment)
        row = await served.newest()
        rows.append({name: row[name] for name in ("kind", "outcome", "reason", "purpose", "agency")})
    assert rows[0] == rows[1]
    assert rows[0]["kind"] == "refused"


async def test_what_is_not_found_leaves_on_the_tick(served: Served) -> None:
    for fragment in ("frg_letter", "frg_unknown", "frg_letter", "frg_unknown"):
        began = time.perf_counter()
        assert (await served.release(DIA, fragment)).status_code == 404
        took = time.perf_counter() - began
        assert took >= TICK_S
        # Late by what the test's own client takes, never early.
        assert took % TICK_S < TICK_S * 0.8


async def test_a_family_is_spoken_to_in_its_own_words(served: Served) -> None:
    caller = "conte@client:family+guardian"
    problem = (await served.release(caller, "frg_report", "coordination")).json()
    words = served.app.state.problems.words.reasons[codes(problem)[0]]
    assert problem["reasons"][0]["text"] == words.sentences["family", "fr"]
