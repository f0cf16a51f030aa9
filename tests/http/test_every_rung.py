"""Every published operation on every rung, and every other method at its address."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest_asyncio

from gateway.domain.sign_in import SignedIn, Way
from gateway.http.terms import ConsentGiven, to_given
from gateway.usecases.give_consent import Agreed
from tests.http.edge_app import BASE
from tests.http.rungs import GUS, LEAVING, RUNGS, Asker, Rung, rung_network
from tests.http.served import ADA, BOB, CONTE, EVA, FIL, Served, serve_stack
from tests.http.test_ladder import OPEN
from tests.support.authenticator import Authenticator
from tests.support.stack import open_stack
from tests.support.telling import DELAYED, emergency, inbox, recorded
from tests.support.ways_in import Ways

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest_asyncio.fixture
async def served(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """The small network and more; two agencies know the child and hold something of her."""
    async with open_stack(sqlite_url, tmp_path / "state", seed=rung_network()) as stack:
        served = serve_stack(stack)
        for caller in (ADA, BOB):
            await served.handle(caller)
        deposit = RUNGS["POST", "/v1/dossiers/{dossier}/fragments"]
        assert (await ask(served, BOB, "POST", deposit)).status_code == 201
        yield served


async def ask(served: Served, caller: str, method: str, rung: Rung) -> httpx2.Response:
    """Ask with what exists in place of `{handle}`, `{given}`, `{stop}`, `{receipt}` and `{entry}`."""
    named = {"{handle}": "p:child", "{given}": "cns_no", "{stop}": "stp_no", "{entry}": "dec_no"}
    if "family" not in caller:
        # The others of an agency share its handle; a stranger's own is none of hers.
        knows = {"clinic": BOB, "school": ADA}.get(caller.partition("client:")[2])
        named["{handle}"] = "hnd_unknown" if knows is None else await served.handle(knows)
    if "{given}" in rung.path:
        given = {**(RUNGS["POST", "/v1/consents"].body or {}), "person": "p:child"}
        named["{given}"] = (await served.ask(CONTE, "POST", "/v1/consents", json=given)).json()["id"]
    if "{stop}" in rung.path:
        stop = {"person": "p:child", "reach": {"kind": "all"}}
        named["{stop}"] = (await served.ask(CONTE, "POST", "/v1/stops", json=stop)).json()["id"]
    if "{receipt}" in rung.path:
        path = "/v1/fragments/frg_advice/answers"
        answered = await served.ask(CONTE, "POST", path, json={"answer": "refused"})
        named["{receipt}"] = answered.json()["receipt"]
    if "{entry}" in rung.path:
        named["{entry}"] = (await served.release(BOB, "frg_letter")).headers["gateway-ledger-entry"]
    if "{instrument}" in rung.path or "{approval}" in rung.path:
        recorded = (await ask(served, EVA, "POST", RUNGS["POST", "/v1/instruments"])).json()
        named |= {"{instrument}": recorded["id"], "{approval}": recorded["approval"]}
    if "{sign_in}" in rung.path:
        uses = served.stack.uses.sign_ins
        value = await uses.open(SignedIn("w:bob", Way.OIDC, strong=True))
        named["{sign_in}"] = (await uses.store.admit(value, None, served.stack.parts.clock.now())).sign_in.id
    if "checkpoint" in rung.path:
        await signed(served)
    named |= await bring_about(served, caller, rung)
    path, body = rung.path, None if rung.body is None else json.dumps(rung.body)
    for name, value in named.items():
        path, body = path.replace(name, value), body and body.replace(name, value)
    headers = {**(rung.headers or {}), **({"Content-Type": "application/json"} if body else {})}
    return await served.ask(caller, method, path, content=body, headers=headers)


async def bring_about(served: Served, caller: str, rung: Rung) -> dict[str, str]:
    """Bring about what a rung names of what is owed, of ways in and of onboarding, each under its name."""
    owed = await _owed(served, rung.path)
    return owed | await _ways_in(served, caller, rung) | await _onboarded(served, rung.path)


async def _ways_in(served: Served, caller: str, rung: Rung) -> dict[str, str]:
    """Bring about what a path or a body names of the family's ways in: a code, what it gave, a new key."""
    ways = Ways(served.stack)
    if "{enrolment}" in rung.path:
        return {"{enrolment}": str((await ways.print_code()).done.reference["enrolment"])}
    if "{waiting}" in rung.path:
        terms = ConsentGiven.model_validate(
            {**(RUNGS["POST", "/v1/consents"].body or {}), "person": "p:child"}
        )
        given = await served.stack.uses.give_consent(to_given(await ways.by_code(), terms, None))
        assert isinstance(given, Agreed)
        return {"{waiting}": str(given.done.reference["consent"])}
    if rung.body is not None and "response" in rung.body:
        asked = await served.ask(caller, "POST", "/v1/passkeys/challenges", json={"label": "Inventé"})
        key = Authenticator(BASE, "127.0.0.1")
        return {'"{response}"': key.create(asked.json()["options"])}
    return {}


async def _owed(served: Served, path: str) -> dict[str, str]:
    """Bring about what a path names: a notice in the mother's inbox, one that is held, an open review."""
    stack, parts = served.stack, served.stack.parts
    if "{notice}" in path:
        await recorded(stack, await emergency(stack))
        return {"{notice}": (await inbox(stack, ("conte", "client:family")))[0]["id"]}
    if "{held}" in path:
        await recorded(stack, await emergency(stack, DELAYED))
        return {"{held}": (await parts.telling.held(None, "", 1))[0]["id"]}
    if "{review}" in path:
        await recorded(stack, await emergency(stack))
        return {"{review}": (await parts.telling.reviews(None, None, 1))[0]["id"]}
    return {}


async def _onboarded(served: Served, path: str) -> dict[str, str]:
    """Bring about what a path of onboarding names: a team, an agreement, a leaving that is approved."""
    if "{team" in path or "{duty}" in path:
        return await _team(served)
    if "{version}" in path:
        published = RUNGS["POST", "/v1/network-agreements"]
        await served.ask(GUS, "POST", published.path, json=published.body)
        return {"{version}": str((published.body or {})["version"])}
    if "own" in path or "/leavings/" in path:
        return {"{own fragment}": await _leaving(served)}
    return {}


async def _team(served: Served) -> dict[str, str]:
    """A team of the clinic, with one member, assigned to the child."""
    rungs = {name: RUNGS["POST", f"/v1/teams{name}"].body for name in ("", "/{team}/duties")}
    team = (await served.ask(FIL, "POST", "/v1/teams", json=rungs[""])).json()["id"]
    duty = await served.ask(FIL, "POST", f"/v1/teams/{team}/duties", json=rungs["/{team}/duties"])
    about = {"person": await served.handle(BOB)}
    assigned = await served.ask(FIL, "POST", f"/v1/teams/{team}/assignments", json=about)
    told = {"{team}": team, "{duty}": duty.json()["id"], "{team assignment}": assigned.json()["id"]}
    assert None not in told.values()
    return told


async def _leaving(served: Served) -> str:
    """A fragment of the clinic's, once a second person has approved that it leaves."""
    await served.ask(FIL, "POST", "/v1/leavings", json=LEAVING)
    for row in (await served.ask(EVA, "GET", "/v1/approvals")).json()["items"]:
        if row["kind"] == "leaving":
            answer = {"answer": "approved"}
            await served.ask(EVA, "POST", f"/v1/approvals/{row['id']}/answers", json=answer)
    return str((await served.ask(FIL, "GET", "/v1/own-fragments")).json()["items"][0]["id"])


async def signed(served: Served) -> None:
    """Return once there is a signed checkpoint; the first one takes a moment."""
    while await served.stack.parts.ledger.checkpoint() is None:  # noqa: ASYNC110 - it is told in no other way
        await asyncio.sleep(0.05)


def test_every_published_operation_has_its_rungs(served: Served) -> None:
    published = {
        (method.upper(), template)
        for template, methods in served.app.openapi()["paths"].items()
        for method in methods
        if template not in OPEN and (method, template) != ("get", "/v1/agencies")
    }
    assert published == RUNGS.keys()


async def test_a_stranger_finds_nothing_anywhere(served: Served) -> None:
    for (method, _), rung in RUNGS.items():
        if rung.stranger is not None:
            await require(served, method, rung, rung.stranger)


async def test_who_is_known_but_refused_is_told_why_everywhere(served: Served) -> None:
    for (method, _), rung in RUNGS.items():
        if rung.refused is not None:
            await require(served, method, rung, rung.refused)


async def test_who_may_is_answered_everywhere(served: Served) -> None:
    for (method, _), rung in RUNGS.items():
        await require(served, method, rung, rung.allowed)


async def require(served: Served, method: str, rung: Rung, asker: Asker) -> None:
    """Check one rung, and that whatever was not given is in the ledger."""
    caller, status = asker
    answer = await ask(served, caller, method, rung)
    assert answer.status_code == status, (method, rung.path, caller, answer.text)
    newest = await served.newest()
    if status == 403:
        assert answer.json()["code"] == "refused"
        assert answer.json()["reasons"]
        assert (newest["decision_id"], newest["outcome"]) == (answer.json()["ledger_entry"], "deny")
    if status == 404:
        assert answer.json()["code"] == "not_visible"
        # A search of the ledger that shows nothing is an entry all the same.
        assert newest["outcome"] == ("permit" if rung.path.endswith("/{entry}") else "deny")


async def test_every_other_method_is_told_which_ones_there_are(served: Served) -> None:
    for template, methods in served.app.openapi()["paths"].items():
        allowed = {method.upper() for method in methods}
        for method in sorted(METHODS - allowed):
            answer = await served.ask(BOB, method, template.replace("{", "").replace("}", ""))
            assert answer.status_code == 405, (method, template)
            assert set(answer.headers["allow"].split(", ")) == allowed, (method, template)
