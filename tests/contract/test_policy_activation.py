"""A bundle after the first decides nothing before a second person has approved it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.adapters.crypto.state import KeyState
from gateway.adapters.sql.tables import bundles
from gateway.domain.access import Refused
from gateway.domain.approving import Answer
from gateway.domain.ids import ApprovalId, FragmentId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import Page
from gateway.releasing import Asked, Released
from gateway.wiring.activating import operator
from gateway.wiring.service import ProcessReadiness
from tests.support.bundles import copy_changed
from tests.support.keys import TEST_COST
from tests.support.stack import Stack, network, officer, open_stack

LABELS = "gateway/purposes/data.yaml"
_KEPT = select(bundles.c.digest)


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The shipped bundle with another label: it decides alike."""
    return copy_changed(tmp_path / "changed", LABELS, 'en: "legal"', 'en: "law"')


def seed() -> dict[str, Any]:
    """The small network; the officer of the house is the network's."""
    document = network()
    workers = [one for one in document["workers"] if one["id"] != "w:ivy"]
    operating = officer("w:operator", "qc:clinic", operator(), network_wide=True)
    return {
        **document,
        "workers": [*workers, officer("w:ivy", "qc:house", "ivy", network_wide=True), operating],
    }


@contextlib.asynccontextmanager
async def opened(url: str, folder: Path, **settings: Any) -> AsyncIterator[Stack]:  # noqa: ANN401
    async with open_stack(url, folder / "state", seed=seed(), **settings) as stack:
        yield stack


async def release(stack: Stack) -> Released | Refused:
    bob = await stack.caller("bob", "client:clinic")
    return await stack.uses.release(Asked(bob, FragmentId("frg_letter"), "coordination"))


async def policy_of(stack: Stack) -> str:
    return (await ProcessReadiness(stack.parts).check())["policy"]


async def waits_for(stack: Stack) -> Any:  # noqa: ANN401 - rows of the API
    page = await stack.uses.list_approvals(await stack.caller("ivy", "client:house"))
    assert isinstance(page, Page)
    return page.rows


async def answer(stack: Stack, subject: str, client: str, answer_: Answer) -> object:
    (asked,) = await waits_for(stack)
    officer_ = await stack.caller(subject, client)
    return await stack.uses.answer_approval(officer_, ApprovalId(asked["id"]), answer_, "")


async def until_ready(stack: Stack) -> None:
    async with asyncio.timeout(20):
        while await policy_of(stack) != "ok":  # noqa: ASYNC110 - it looks once a second
            await asyncio.sleep(0.1)


async def test_a_second_bundle_releases_nothing_until_it_is_approved(
    store_url: str, tmp_path: Path, changed: Path
) -> None:
    async with opened(store_url, tmp_path) as stack:
        first = stack.parts.policy.digest
    async with opened(store_url, tmp_path, fresh=False, policies=changed) as stack:
        assert await policy_of(stack) == "policy_unapproved"
        refused = await release(stack)
        assert isinstance(refused, Refused)
        assert refused.decision.reasons == ("POLICY_UNAVAILABLE",)
        (asked,) = await waits_for(stack)
        assert asked["kind"] == "policy"
        assert asked["policy"]["digest"] == stack.parts.policy.digest != first
        assert asked["policy"]["differs"] == {"added": [], "removed": [], "changed": [LABELS]}
        assert isinstance(await answer(stack, "eva", "client:clinic", Answer.APPROVED), Refused)
        assert isinstance(await answer(stack, operator(), "client:clinic", Answer.APPROVED), Refused)
        assert not isinstance(await answer(stack, "ivy", "client:house", Answer.APPROVED), Refused)
        await until_ready(stack)
        assert isinstance(await release(stack), Released)
        kept = await stack.parts.database.snapshot(lambda tx: tx.all(_KEPT))
        assert {row["digest"] for row in kept} == {first, stack.parts.policy.digest}
    async with opened(store_url, tmp_path, fresh=False, policies=changed) as stack:
        assert stack.parts.started


async def test_a_bundle_is_asked_about_once_and_a_declined_one_stays_shut(
    store_url: str, tmp_path: Path, changed: Path
) -> None:
    async with opened(store_url, tmp_path):
        pass
    for _ in range(2):
        async with opened(store_url, tmp_path, fresh=False, policies=changed) as stack:
            assert len(await waits_for(stack)) == 1
    async with opened(store_url, tmp_path, fresh=False, policies=changed) as stack:
        await answer(stack, "ivy", "client:house", Answer.DECLINED)
        await asyncio.sleep(1.5)
        assert (await policy_of(stack), await waits_for(stack)) == ("policy_unapproved", ())
        entries = await stack.parts.ledger.entries({"kind": str(EntryKind.POLICY_ACTIVATED)}, None, 10)
        assert len(entries) == 1
    async with opened(store_url, tmp_path, fresh=False) as stack:
        assert isinstance(await release(stack), Released)


async def test_workers_of_the_active_bundle_go_on_until_another_is_approved(
    postgres_url: str, tmp_path: Path, changed: Path
) -> None:
    async with (
        opened(postgres_url, tmp_path) as old,
        opened(postgres_url, tmp_path, fresh=False, policies=changed) as new,
    ):
        assert isinstance(await release(old), Released)
        assert isinstance(await release(new), Refused)
        await answer(old, "ivy", "client:house", Answer.APPROVED)
        await until_ready(new)
        assert isinstance(await release(new), Released)
        assert isinstance(await release(old), Refused)
        assert await policy_of(old) == "policy_unavailable"


async def test_only_the_insecure_setting_lets_a_start_activate_alone(
    sqlite_url: str, tmp_path: Path, changed: Path
) -> None:
    async with opened(sqlite_url, tmp_path):
        pass
    async with opened(
        sqlite_url, tmp_path, fresh=False, policies=changed, insecure_policy_activation=True
    ) as stack:
        assert isinstance(await release(stack), Released)


async def test_a_ledger_that_holds_nothing_yet_takes_the_bundle_it_is_started_with(
    sqlite_url: str, tmp_path: Path, changed: Path
) -> None:
    await KeyState.init(tmp_path / "state", cost=TEST_COST)
    for policies in (None, changed):
        async with opened(sqlite_url, tmp_path, fresh=False, policies=policies) as stack:
            assert stack.parts.started
