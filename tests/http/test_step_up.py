"""A cookie of sixteen minutes ago opens nothing, whatever the address; it still ends everything."""

import json
from pathlib import Path

from gateway.domain.instants import Instant
from gateway.domain.sign_in import STEP_UP_US
from tests.http.rungs import GUS, RUNGS, rung_network
from tests.http.served import ADA, BOB, EVA, FIL, serve_stack
from tests.support.browsing import MINUTE_US, Browser
from tests.support.stack import open_stack

ACCOUNTS = {ADA: "w:ada", BOB: "w:bob", EVA: "w:eva", FIL: "w:fil", GUS: "w:gus"}

OPENS = [
    ("POST", "/v1/agencies"),
    ("POST", "/v1/clients"),
    ("POST", "/v1/clients/{client}/keys"),
    ("POST", "/v1/workers"),
    ("POST", "/v1/assignments"),
    ("POST", "/v1/worker-imports"),
    ("POST", "/v1/teams"),
    ("POST", "/v1/network-agreements"),
    ("POST", "/v1/leavings"),
    ("POST", "/v1/persons/{person}/authorities"),
    ("DELETE", "/v1/persons/{person}/harm-determinations/{finding}"),
    ("POST", "/v1/fragments/{fragment}/consultations"),
    ("POST", "/v1/sessions"),
    ("POST", "/v1/transfers"),
    ("PATCH", "/v1/fragments/{fragment}"),
    ("DELETE", "/v1/fragments/{fragment}/holds"),
    ("POST", "/v1/paper-codes"),
]
NARROWS = [
    ("POST", "/v1/instruments"),
    ("POST", "/v1/persons/{person}/harm-determinations"),
    ("POST", "/v1/sessions/{session}/closing"),
    ("POST", "/v1/fragments/{fragment}/holds"),
    ("PATCH", "/v1/workers/{worker}"),
    ("DELETE", "/v1/assignments/{assignment}"),
    ("DELETE", "/v1/clients/{client}"),
    ("PATCH", "/v1/agencies/{agency}"),
]
OTHERWISE = [
    (FIL, "PATCH", "/v1/workers/w:bob", {"roles": ["caseworker", "privacy_officer"]}, 403),
    (FIL, "PATCH", "/v1/workers/w:cam", {"active": True}, 403),
    (GUS, "PATCH", "/v1/agencies/qc:clinic", {"status": "member"}, 403),
    (ADA, "PATCH", "/v1/fragments/frg_letter", {"sensitivity": "V"}, 200),
    (
        FIL,
        "POST",
        "/v1/worker-imports",
        {"agency": "qc:clinic", "rows": [{"id": "w:bob", "name": "B", "roles": ["pivot"], "active": False}]},
        200,
    ),
]
"""The same addresses with what turns them the other way."""


async def test_a_stale_cookie_opens_nothing_and_still_ends_everything(store_url: str, tmp_path: Path) -> None:
    async with open_stack(store_url, tmp_path / "state", seed=rung_network()) as stack:
        served = serve_stack(stack)
        handles = {"clinic": await served.handle(BOB), "school": await served.handle(ADA)}
        deposit = RUNGS["POST", "/v1/dossiers/{dossier}/fragments"]
        assert (await served.ask(BOB, "POST", deposit.path, json=deposit.body)).status_code == 201
        async with Browser(served) as browser:

            async def ask(caller: str, method: str, path: str, body: object) -> int:
                now = stack.parts.clock.now()
                await browser.come_in(ACCOUNTS[caller], at=Instant(now - STEP_UP_US - MINUTE_US))
                handle = handles.get(caller.partition("client:")[2], "hnd_none")
                text = "" if body is None else json.dumps(body).replace("{handle}", handle)
                headers = {
                    "Origin": browser.base,
                    "Gateway-Csrf": await browser.csrf(),
                    "If-Match": '"1"',
                    "Content-Type": "application/json",
                }
                path = path.replace("{handle}", handle)
                answer = await browser.client.request(method, path, headers=headers, content=text)
                last = await served.newest()
                if answer.status_code == 403:
                    assert answer.json()["code"] == "step_up_required", (method, path)
                    assert (last["kind"], last["reason"]) == ("refused", "STEP_UP_REQUIRED")
                return answer.status_code

            for one in OPENS:
                rung = RUNGS[one]
                assert await ask(rung.allowed[0], one[0], rung.path, rung.body) == 403, one
            for caller, method, path, body, status in OTHERWISE:
                assert await ask(caller, method, path, body) == status, (path, body)
            for one in NARROWS:
                rung = RUNGS[one]
                assert await ask(rung.allowed[0], one[0], rung.path, rung.body) in {200, 201, 202}, one
