"""Who may not know of a dossier is shown no list and no record of it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from gateway.domain.errors import PolicyUnavailableError
from tests.http.served import ADA, CONTE, Served, serve_stack
from tests.http.test_knowing import BARS, gateway
from tests.http.test_sessions import moment, with_committee
from tests.support.stack import network

PATHS = (
    "/v1/dossiers/dos_child",
    "/v1/dossiers/dos_child/fragments?purpose=family_access",
    "/v1/persons/p:child/authorities",
    "/v1/persons/p:child/capacity-findings",
    "/v1/consents?person=p:child",
)


async def records(served: Served) -> list[str]:
    """A session and a transfer about the child, as their paths."""
    handle = (await served.ask(ADA, "GET", "/v1/dossiers")).json()["items"][0]["person"]
    session = {"person": handle, "members": ["w:gil"], "package": ["frg_letter"]}
    session |= {"opens": moment(-5), "closes": moment(60)}
    transfer = {"person": handle, "to_person": "w:dia", "package": ["frg_letter"]}
    paths = []
    for what, body in (("sessions", session), ("transfers", transfer)):
        answer = await served.ask(ADA, "POST", f"/v1/{what}", json=body)
        assert answer.status_code == 201, answer.text
        paths.append(f"/v1/{what}/{answer.json()['id']}")
    return paths


def unlike(seed: dict[str, Any], **authority: object) -> dict[str, Any]:
    seed["authorities"][0] |= authority
    seed["consents"] = []
    return seed


@pytest.mark.parametrize(
    ("orders", "kind"),
    [
        ([BARS], "sole"),
        ([{**BARS, "recipients": "any"}], "sole"),
        ([], "access_only"),
        ([], "none"),
    ],
)
async def test_who_may_not_know_of_a_dossier_is_shown_no_list_and_no_record_of_it(
    store_url: str, tmp_path: Path, orders: list[dict[str, Any]], kind: str
) -> None:
    seed = unlike(with_committee(), authority=kind) | {"orders": orders}
    async with gateway(store_url, tmp_path, seed) as served:
        assert (await served.ask(CONTE, "GET", "/v1/dossiers")).json()["items"] == []
        unknown = (await served.ask(CONTE, "GET", "/v1/dossiers/dos_nowhere")).json()["code"]
        about = [] if orders and orders[0]["recipients"] == "any" else await records(served)
        for path in (*PATHS, *about):
            answer = await served.ask(CONTE, "GET", path)
            assert (answer.status_code, answer.json()["code"]) == (404, unknown), path


@pytest.mark.parametrize(
    ("orders", "authority"),
    [
        ([], {}),
        ([{**BARS, "categories": ["education"]}], {}),
        ([{**BARS, "until": "now-1d"}], {}),
        ([], {"scope": ["education"]}),
    ],
)
async def test_a_guardian_who_decides_about_anything_is_shown_them(
    sqlite_url: str, tmp_path: Path, orders: list[dict[str, Any]], authority: dict[str, Any]
) -> None:
    seed = unlike(with_committee(), **authority) | {"orders": orders}
    async with gateway(sqlite_url, tmp_path, seed) as served:
        listed = (await served.ask(CONTE, "GET", "/v1/dossiers")).json()["items"]
        assert [one["id"] for one in listed] == ["dos_child"]
        for path in (*PATHS[:4], *await records(served)):
            assert (await served.ask(CONTE, "GET", path)).status_code == 200, path


async def test_a_guardian_is_shown_an_empty_dossier(sqlite_url: str, tmp_path: Path) -> None:
    async with gateway(sqlite_url, tmp_path, network() | {"fragments": []}) as served:
        assert len((await served.ask(CONTE, "GET", "/v1/dossiers")).json()["items"]) == 1
        assert (await served.ask(CONTE, "GET", PATHS[0])).status_code == 200


@dataclass
class SilentPolicy:
    digest: str

    async def decide_all(self, *_: object) -> None:
        raise PolicyUnavailableError("silent")


async def test_while_the_policy_is_silent_a_record_is_refused_with_an_entry(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with gateway(sqlite_url, tmp_path, with_committee()) as served:
        about, uses = await records(served), served.stack.uses
        silent = cast("Any", SilentPolicy(served.stack.parts.policy.digest))
        knowing = replace(uses.list_authorities.knowing, policy=silent)
        deaf = replace(uses.list_findings.determine, knowing=knowing)
        other = serve_stack(
            served.stack,
            list_authorities=replace(uses.list_authorities, knowing=knowing),
            list_findings=replace(uses.list_findings, determine=deaf),
            read_session=replace(uses.read_session, determine=deaf),
            read_transfer=replace(uses.read_transfer, determine=deaf),
        )
        for path in (*PATHS[2:4], *about):
            before = (await served.newest())["index"]
            answer = await other.ask(CONTE, "GET", path)
            assert (answer.status_code, answer.json()["code"]) == (503, "policy_unavailable"), path
            newest = await served.newest()
            assert (newest["index"], newest["reason"]) == (before + 1, "POLICY_UNAVAILABLE")
