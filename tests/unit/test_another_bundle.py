"""A worker that runs another bundle than the active one answers nothing that the policy is asked about."""

from collections.abc import Awaitable, Callable

import pytest

from gateway.asking import Named
from gateway.auditing import AuditScope
from gateway.continuing import Continuing
from gateway.domain.errors import PolicyUnavailableError
from gateway.domain.vocabulary import Action, Role
from tests.support.consents import CHILD, CLINIC, MOTHER
from tests.support.made_up_policy import MadeUpPolicy
from tests.support.made_up_stores import People
from tests.support.registry import UNASKED, a_caller
from tests.support.world import CATEGORIES, World

BY_MOTHER = a_caller(Role.GUARDIAN, account=MOTHER)
OFFICER = a_caller(Role.PRIVACY_OFFICER)


def a_world(active: str = "1" * 64) -> World:
    reader = {"id": "w:one", "agency": CLINIC, "role": "caseworker", "assigned": True}
    return World(policy=MadeUpPolicy(), people=People(active=active, reading=[reader]))


async def _ask(world: World) -> bool:
    stand = await world.people.stand(BY_MOTHER, CHILD, world.clock.now())
    assert stand is not None
    verdict = await world.ask(stand, Action.GIVE_CONSENT, "family_access", Named("cns_1"))
    return not verdict.down and verdict.decision.permitted


async def _audit(world: World) -> bool:
    scope = AuditScope(world.registry, world.policy, world.clock, CATEGORIES)
    try:
        return (await scope.may_read(OFFICER, "audit")).permitted
    except PolicyUnavailableError:
        return False


async def _know(world: World) -> bool:
    try:
        return bool(await world.knowing.documents(BY_MOTHER, CHILD))
    except PolicyUnavailableError:
        return False


async def _still(world: World) -> bool:
    try:
        return await world.knowing.still(BY_MOTHER, CHILD)
    except PolicyUnavailableError:
        return False


async def _continue(world: World) -> bool:
    known = await a_world("0" * 64).knowing.documents(BY_MOTHER, CHILD)
    continuing = Continuing(world.registry, world.policy, world.clock, world.mask, 4, UNASKED)
    return await continuing(BY_MOTHER, CHILD, known or ()) is not None


@pytest.mark.parametrize("answers", [_ask, _audit, _know, _still, _continue])
async def test_another_active_bundle_silences_whoever_asks(
    answers: Callable[[World], Awaitable[bool]],
) -> None:
    assert await answers(a_world("0" * 64))
    behind = a_world()
    assert not await answers(behind)
    assert behind.policy.asked == []
