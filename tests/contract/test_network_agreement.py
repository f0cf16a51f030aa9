"""The network's agreement on every store: published once, signed, and what not having signed means."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.adapters.sql.onboarding_store import SqlOnboarding
from gateway.domain.acts import UNSIGNED, ActRefusedError
from gateway.domain.errors import ConflictError
from gateway.domain.instants import Instant
from gateway.domain.network_agreement import AgreementStanding, NewAgreement, standing_at
from gateway.domain.vocabulary import AgencyStatus
from tests.support.registry_store import (
    ANNEX,
    AT,
    CLINIC,
    DAY_US,
    SCHOOL,
    Opened,
    assignment,
    caller_of,
    fill,
    open_store,
)


@pytest.fixture
async def network(store_url: str, tmp_path: Path) -> AsyncIterator[Opened]:
    async with open_store(store_url, tmp_path) as opened:
        yield await fill(opened)


def terms(
    version: str = "2026-1", *, effective: int = -2, sign_by: int = -1, required: int | None = None
) -> NewAgreement:
    """Days from now."""
    required_from = None if required is None else Instant(AT + required * DAY_US)
    days = [Instant(AT + day * DAY_US) for day in (effective, sign_by)]
    return NewAgreement(version, "Entente", "Agreement", version.encode(), days[0], days[1], required_from)


async def publish(store: Opened, new: NewAgreement) -> SqlOnboarding:
    onboarding = SqlOnboarding(store.inner, store.acts)
    await onboarding.publish_agreement(store.note(), new)
    return onboarding


async def standings(store: Opened, version: str = "2026-1") -> dict[str, str]:
    found = await SqlOnboarding(store.inner, store.acts).agreement(version)
    assert found is not None
    return {row["agency"]: row["standing"] for row in found["agencies"]}


async def test_a_bodys_signature_is_its_units_too(network: Opened) -> None:
    new = terms()
    onboarding = await publish(network, new)
    assert set((await standings(network)).values()) == {"late"}
    await onboarding.sign_agreement(network.note(), new.version, SCHOOL, new.digest)
    assert await standings(network) == {SCHOOL: "signed", ANNEX: "signed", CLINIC: "late"}


async def test_a_version_that_is_published_never_changes(network: Opened) -> None:
    onboarding = await publish(network, terms())
    with pytest.raises(ConflictError):
        await onboarding.publish_agreement(network.note(), terms(required=0))


async def test_another_text_than_the_published_one_is_not_signed(network: Opened) -> None:
    onboarding = await publish(network, terms())
    with pytest.raises(ConflictError):
        await onboarding.sign_agreement(network.note(), "2026-1", SCHOOL, "0" * 64)
    with pytest.raises(ActRefusedError):
        await onboarding.sign_agreement(network.note(), "2026-2", SCHOOL, "0" * 64)


async def test_the_version_in_force_is_the_last_that_took_effect(network: Opened) -> None:
    onboarding = await publish(network, terms("one"))
    for new in (terms("two", effective=-1), terms("three", effective=5, sign_by=6)):
        await onboarding.publish_agreement(network.note(), new)
    rows = {row["version"]: row["in_force"] for row in await onboarding.agreements()}
    assert rows == {"one": False, "two": True, "three": False}


async def test_who_has_not_signed_what_is_required_takes_on_nobody_new(network: Opened) -> None:
    await network.deposit(SCHOOL)
    new = terms(required=-1)
    onboarding = await publish(network, new)
    with pytest.raises(ActRefusedError) as refused:
        await network.acts.assign(network.note(await caller_of(network)), assignment())
    assert refused.value.objection == UNSIGNED
    await onboarding.sign_agreement(network.note(), new.version, SCHOOL, new.digest)
    await network.acts.assign(network.note(await caller_of(network)), assignment())


@pytest.mark.parametrize("required", [None, 1], ids=["never", "later"])
async def test_before_it_is_required_a_signature_stops_nothing(network: Opened, required: int | None) -> None:
    await network.deposit(SCHOOL)
    await publish(network, terms(required=required))
    await network.acts.assign(network.note(await caller_of(network)), assignment())


async def test_whom_an_agency_follows_already_it_still_follows(network: Opened) -> None:
    await network.deposit(SCHOOL)
    await network.acts.assign(network.note(await caller_of(network)), assignment())
    epochs = [await network.epoch(scope) for scope in ("agency:t:school", "person:p:zoe", "account:w:two")]
    await publish(network, terms(required=-1))
    again = [await network.epoch(scope) for scope in ("agency:t:school", "person:p:zoe", "account:w:two")]
    assert again == epochs
    row = await network.registry.row("bodies", SCHOOL)
    assert row is not None
    assert row["status"] == AgencyStatus.MEMBER


def test_a_standing_goes_from_pending_over_late_to_required() -> None:
    sign_by, required = Instant(10), Instant(20)
    found = [standing_at(sign_by, required, Instant(at), signed=False) for at in (9, 10, 19, 20)]
    late = AgreementStanding.LATE
    assert found == [AgreementStanding.PENDING, late, late, AgreementStanding.REQUIRED]
    assert standing_at(sign_by, required, Instant(30), signed=True) is AgreementStanding.SIGNED
