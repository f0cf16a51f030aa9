"""Whoever's agency is suspended is answered as if there were nothing; each of her attempts is an entry."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest_asyncio

from tests.http.rungs import GUS, RUNGS, Rung, rung_network
from tests.http.served import BOB, CONTE, EVA, FIL, Served, serve_stack
from tests.http.test_every_rung import ask, bring_about
from tests.support.stack import open_stack
from tests.support.telling import emergency, recorded

WORKERS = (BOB, EVA, FIL)
"""One who works with the child, the officer of her agency, its administrator."""

OF_ALL = {
    ("GET", "/v1/me"),
    ("GET", "/v1/ledger/checkpoint"),
    ("GET", "/v1/network-agreements"),
    ("GET", "/v1/network-agreements/{version}"),
    ("GET", "/v1/sign-ins"),
    ("DELETE", "/v1/sign-ins"),
    ("DELETE", "/v1/sign-ins/{sign_in}"),
    ("POST", "/v1/passkeys"),
    ("POST", "/v1/passkeys/challenges"),
    ("DELETE", "/v1/leavings/{agency}"),
}
"""Who she is to the gateway and her own ways in, what the mirrors and the network publish, her own agency."""

_MADE = (
    ("POST", "/v1/consents/{consent}/confirmations"),
    ("DELETE", "/v1/enrolments/{enrolment}"),
    ("DELETE", "/v1/teams/{team}"),
    ("POST", "/v1/network-agreements/{version}/signatures"),
    ("POST", "/v1/fragments/{fragment}/exports"),
)
"""What names all that families' ways in and onboarding brought about."""

_STOP = {"person": "p:child", "reach": {"kind": "category", "category": "recommendation"}}


@pytest_asyncio.fixture
async def suspended(sqlite_url: str, tmp_path: Path) -> AsyncIterator[tuple[Served, Mapping[str, str]]]:
    """The network of the ladder once the clinic is suspended, and what its workers had to do with."""
    async with open_stack(sqlite_url, tmp_path / "state", seed=rung_network()) as stack:
        served = serve_stack(stack)
        known = await _known(served)
        rung = replace(RUNGS["PATCH", "/v1/agencies/{agency}"], path="/v1/agencies/qc:clinic")
        assert (await ask(served, GUS, "PATCH", rung)).status_code == 200
        yield served, known


async def _known(served: Served) -> Mapping[str, str]:
    """Bring about what the paths name, while all of it may be."""
    parts = served.stack.parts
    handle = await served.handle(BOB)
    deposit = RUNGS["POST", "/v1/dossiers/{dossier}/fragments"]
    own = (await ask(served, BOB, "POST", deposit)).json()
    await recorded(served.stack, await emergency(served.stack))
    assert (await ask(served, BOB, "POST", RUNGS["POST", "/v1/reports"])).status_code == 201
    instrument = (await ask(served, EVA, "POST", RUNGS["POST", "/v1/instruments"])).json()
    consent = {**(RUNGS["POST", "/v1/consents"].body or {}), "person": "p:child"}
    answer = {"answer": "refused"}
    receipt = await served.ask(CONTE, "POST", "/v1/fragments/frg_advice/answers", json=answer)
    inbox = (await served.ask(EVA, "GET", "/v1/notices")).json()["items"]
    (held,) = (await served.ask(EVA, "GET", "/v1/notices/held")).json()["items"]
    made = [await bring_about(served, BOB, RUNGS[one]) for one in _MADE]
    return {
        **{name: value for each in made for name, value in each.items()},
        "{handle}": handle,
        "{own}": own["id"],
        "{notice}": inbox[0]["id"],
        "{held}": held["id"],
        "{review}": (await parts.telling.reviews(None, None, 1))[0]["id"],
        "{instrument}": instrument["id"],
        "{approval}": instrument["approval"],
        "{given}": (await served.ask(CONTE, "POST", "/v1/consents", json=consent)).json()["id"],
        "{receipt}": receipt.json()["receipt"],
        "{entry}": (await served.release(BOB, "frg_letter")).headers["gateway-ledger-entry"],
        "{stop}": (await served.ask(CONTE, "POST", "/v1/stops", json=_STOP)).json()["id"],
    }


def unknown(template: str, rung: Rung) -> str:
    """The same address with ids that nothing has."""
    path = template
    while "{" in path:
        path = path[: path.index("{")] + "x_1" + path[path.index("}") + 1 :]
    _, asked, query = rung.path.partition("?")
    return path + asked + query


async def attempt(
    served: Served, caller: str, address: tuple[str, str], rung: Rung, named: Mapping[str, str]
) -> tuple[int, int, httpx2.Response]:
    """Answer the status, how many entries it left, and the answer itself."""
    method, path = address
    body = None if rung.body is None else json.dumps(rung.body)
    for name, value in named.items():
        path, body = path.replace(name, value), body and body.replace(name, value)
    headers = {**(rung.headers or {}), **({"Content-Type": "application/json"} if body else {})}
    before = (await served.newest())["index"]
    answer = await served.ask(caller, method, path, content=body, headers=headers)
    return answer.status_code, (await served.newest())["index"] - before, answer


def _own(path: str, body: Mapping[str, Any] | None = None, *, seen: bool = True) -> Rung:
    return Rung(path, (BOB, 404), body=body, headers={"If-Match": '"1"'} if seen else None)


_SECTION = {"id": "nowhere", "sensitivity": "N"}
_NEXT = {**(RUNGS["POST", "/v1/dossiers/{dossier}/fragments"].body or {}), "follows": "{own}"}
_SPOKEN = {"giver": "{handle}", "evidence": {"method": "written_signed"}}
_OF_HER_OWN: Sequence[tuple[str, Rung]] = (
    ("GET", _own("/v1/fragments/{own}")),
    ("PATCH", _own("/v1/fragments/{own}", {"sections": [_SECTION]})),
    ("PATCH", _own("/v1/fragments/{own}", {"youth_alone": False}, seen=False)),
    ("DELETE", _own("/v1/fragments/{own}")),
    ("DELETE", _own("/v1/fragments/{own}", seen=False)),
    ("POST", _own("/v1/fragments/{own}/holds")),
    ("POST", _own("/v1/fragments/{own}/holds", seen=False)),
    ("POST", _own("/v1/fragments/{own}/corrections", {})),
    ("POST", _own("/v1/dossiers/dos_child/fragments", _NEXT)),
    ("POST", _own("/v1/dossiers/dos_child/fragments", _NEXT, seen=False)),
    ("POST", _own("/v1/consents", {**(RUNGS["POST", "/v1/consents"].body or {}), **_SPOKEN})),
)
"""What the clinic's own worker asks of what the clinic holds, well or wrongly put."""


async def test_of_its_own_documents_too_a_suspended_agency_is_answered_like_of_unknown_ones(
    suspended: tuple[Served, Mapping[str, str]],
) -> None:
    served, known = suspended
    wrong = []
    for method, rung in _OF_HER_OWN:
        for caller in WORKERS:
            of_known = await attempt(served, caller, (method, rung.path), rung, known)
            nothing = {"{handle}": "hnd_unknown", "{own}": "frg_unknown"}
            of_none = await attempt(served, caller, (method, rung.path), rung, nothing)
            # What is malformed whatever it names is refused before anybody is looked up, without an entry.
            entries = 0 if of_known[0] == 428 else 1
            if of_known[:2] != of_none[:2] or of_known[1] != entries or of_known[0] not in {403, 404, 428}:
                wrong.append((method, rung.path, caller, of_known[:2], of_none[:2], of_known[2].text[:300]))
    assert not wrong, "\n".join(map(str, wrong))


async def test_every_attempt_from_a_suspended_agency_is_one_entry_and_answered_like_an_unknown_id(
    suspended: tuple[Served, Mapping[str, str]],
) -> None:
    served, known = suspended
    wrong = []
    for (method, template), rung in RUNGS.items():
        if (method, template) in OF_ALL:
            continue
        for caller in WORKERS:
            of_known = await attempt(served, caller, (method, rung.path), rung, known)
            nothing = {"{handle}": "hnd_unknown"}
            of_none = await attempt(served, caller, (method, unknown(template, rung)), rung, nothing)
            one = (of_known[:2] == of_none[:2]) and of_known[0] in {403, 404} and of_known[1] == 1
            if not one or of_known[2].json()["code"] not in {"refused", "not_visible"}:
                wrong.append((method, template, caller, of_known[:2], of_none[:2], of_known[2].text[:300]))
    assert not wrong, "\n".join(map(str, wrong))
