"""Every route climbs the same ladder: no token, a stranger, refused, allowed, a dependency silent."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from gateway.domain.errors import LedgerUnavailableError, PolicyUnavailableError
from gateway.http.callers import CallerRoute
from gateway.http.replies import Kit, Replies
from gateway.http.routes import enrolments, vocabulary
from gateway.http.routes.resources import RESOURCES
from gateway.http.wire import StrictRoute
from tests.http.served import ADA, BOB, CONTE, DIA, EVA, Served, codes, serve_stack

OPEN = {
    "/healthz",
    "/readyz",
    "/problems/{code}",
    "/.well-known/gateway-keys",
    "/.well-known/oauth-authorization-server",
    "/oauth/jwks",
    "/oauth/token",
    "/v1/purposes",
    "/v1/fragment-kinds",
    "/v1/reasons",
    "/v1/emergency-risks",
    "/v1/session-kinds",
    "/v1/paper-codes/revocations",
}


def operations(served: Served) -> Iterator[tuple[str, str]]:
    """Every published operation, with something in place of each parameter."""
    for template, methods in served.app.openapi()["paths"].items():
        path = template
        while "{" in path:
            path = path[: path.index("{")] + "x_1" + path[path.index("}") + 1 :]
        yield from ((method.upper(), path) for method in methods if template not in OPEN)


async def test_without_a_token_every_route_but_the_vocabularies_is_a_401(served: Served) -> None:
    asked = [one for one in operations(served) if one != ("GET", "/v1/agencies")]
    assert len(asked) > 30
    for method, path in asked:
        for body in (b"", b"nonsense", b"{}"):
            answer = await served.ask(None, method, path, content=body)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (method, path)


async def test_somebody_unknown_behind_a_good_token_is_a_401(served: Served) -> None:
    for method, path in operations(served):
        if (method, path) != ("GET", "/v1/agencies"):
            answer = await served.ask("nobody@client:clinic", method, path)
            assert answer.status_code == 401, (method, path)


async def test_the_reasons_need_no_token_and_speak_both_languages_to_both(served: Served) -> None:
    items = (await served.ask(None, "GET", "/v1/reasons")).json()["items"]
    assert {one["code"] for one in items} >= {"NO_CONSENT", "OBLIGATION_UNMET"}
    for one in items:
        assert all(one[said].keys() == {"fr", "en"} for said in ("worker", "family", "source"))


@pytest.mark.parametrize("path", ["/v1/purposes", "/v1/fragment-kinds", "/v1/agencies"])
async def test_the_vocabularies_need_no_token_and_speak_both_languages(path: str, served: Served) -> None:
    answer = await served.ask(None, "GET", path)
    assert answer.status_code == 200
    for item in answer.json()["items"]:
        assert (item.get("label") or item["name"]).keys() == {"fr", "en"}


def test_every_resource_reads_strictly_and_knows_its_caller_first(served: Served) -> None:
    stack = served.stack
    kit = Kit(stack.uses, Replies(served.app.state.problems, stack.uses.cursors), stack.parts.clock)
    for make_router in RESOURCES:
        # Of the vocabularies nobody is asked who she is, nor of who names a code that is lost.
        public = {vocabulary.make_router, enrolments.make_loss_router}
        expected = StrictRoute if make_router in public else CallerRoute
        for route in make_router(kit).routes:
            assert isinstance(route, expected), route


async def test_the_ladder_of_a_release(served: Served) -> None:
    assert (await served.release(None, "frg_letter")).status_code == 401

    stranger = await served.release(DIA, "frg_letter")
    assert (stranger.status_code, codes(stranger.json())) == (404, [])
    assert (await served.newest())["reason"] == "NO_RELATIONSHIP"

    refused = await served.release(BOB, "frg_letter", "assessment")
    assert (refused.status_code, codes(refused.json())) == (403, ["PURPOSE_MISMATCH"])
    assert {one["rel"] for one in refused.json()["remedies"]} >= {"ask-consent", "choose-purpose"}
    assert refused.json()["ledger_entry"] == (await served.newest())["decision_id"]

    allowed = await served.release(BOB, "frg_letter")
    assert (allowed.status_code, allowed.content) == (201, b"An invented letter.")
    assert allowed.headers["gateway-ledger-entry"] == (await served.newest())["decision_id"]


class SilentPolicy:
    digest = "0" * 64

    async def decide(self, *_: object) -> None:
        raise PolicyUnavailableError("silent")


async def test_a_silent_policy_is_a_503_with_an_entry(served: Served) -> None:
    release = served.stack.uses.release
    judge = replace(release.judge, policy=cast("Any", _silent(served)), memo=None)
    deaf = serve_stack(served.stack, release=replace(release, judge=judge))
    answer = await deaf.release(BOB, "frg_letter")
    assert (answer.status_code, answer.json()["code"]) == (503, "policy_unavailable")
    assert answer.headers["retry-after"]
    assert (await served.newest())["reason"] == "POLICY_UNAVAILABLE"
    assert (await served.release(BOB, "frg_letter")).status_code == 201


def _silent(served: Served) -> SilentPolicy:
    policy = SilentPolicy()
    policy.digest = served.stack.parts.policy.digest
    return policy


async def test_a_silent_ledger_is_a_503_and_nothing_leaves(served: Served) -> None:
    async def silent(*_: object) -> None:
        raise LedgerUnavailableError("silent")

    answer = await serve_stack(served.stack, release=silent).release(BOB, "frg_letter")
    assert (answer.status_code, answer.json()["code"]) == (503, "ledger_unavailable")
    assert b"invented" not in answer.content


async def test_the_ladder_of_a_dossier(served: Served) -> None:
    await served.handle(BOB)
    path = "/v1/dossiers/dos_child/fragments?purpose=coordination"
    assert (await served.ask(DIA, "GET", path)).status_code == 404
    assert (await served.ask(EVA, "GET", path)).status_code == 403
    shown = (await served.ask(BOB, "GET", path)).json()
    assert [one["id"] for one in shown["items"]] == ["frg_letter", "frg_marks", "frg_report"]
    assert shown["items"][2]["incomplete"] is True
    assert "total" not in shown


async def test_the_ladder_of_a_consent(served: Served) -> None:
    for stranger in (DIA, "recit@client:family+guardian"):
        assert (await served.ask(stranger, "GET", "/v1/consents/cns_1")).status_code == 404
        answer = await served.ask(stranger, "POST", "/v1/consents/cns_1/withdrawals", json={})
        assert answer.status_code == 404
    assert (await served.ask(CONTE, "GET", "/v1/consents/cns_1")).status_code == 200
    for _ in range(2):
        ended = await served.ask(CONTE, "POST", "/v1/consents/cns_1/withdrawals")
        assert (ended.status_code, ended.json()["in_force"]) == (201, True)
    refused = await served.release(BOB, "frg_letter")
    assert codes(refused.json()) == ["CONSENT_WITHDRAWN"]


async def test_what_is_only_the_roles_fault_is_told_alike_of_anything(served: Served) -> None:
    for fragment in ("frg_letter", "frg_unknown"):
        for caller, purpose, code in (
            (BOB, "nonsense", "PURPOSE_NOT_ALLOWED"),
            (EVA, "coordination", "CONTENT_NOT_FOR_ROLE"),
        ):
            answer = await served.release(caller, fragment, purpose)
            assert (answer.status_code, codes(answer.json())) == (403, [code])


async def test_an_owner_of_nothing_can_change_nothing(served: Served) -> None:
    seen = {"If-Match": '"1"'}
    for fragment in ("frg_letter", "frg_unknown", "%20"):
        for method, request in (("PATCH", {"json": {"category": "education"}}), ("DELETE", {})):
            path = f"/v1/fragments/{fragment}"
            answer = await served.ask(BOB, method, path, headers=seen, **request)
            assert answer.status_code == 404, (method, fragment)
    assert (await served.release(ADA, "frg_letter", "service_delivery")).status_code == 201
