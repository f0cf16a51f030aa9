"""An OPA server's answers: believed where they are exactly answers, and the interpreter's too."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.policy.opa import OpaPolicy
from gateway.adapters.policy.opa_server import OpaServer
from gateway.domain.access import Viewer
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError
from gateway.domain.ids import PersonId
from tests.policies.test_embedded import AT, PERMITTED, as_query
from tests.policies.test_tables import ROWS
from tests.support.opa_pretender import HOSTILE, Asked, Pretender, pretending

REFUSED = ROWS["consents: nobody consented"].document
BOUND_S = 2.0
REFUSES = (PolicyUnavailableError, PolicyContractError)


@dataclass
class Asking:
    pretender: Pretender
    policy: OpaPolicy
    differences: list[str] = field(default_factory=list)
    now: float = 0.0


@asynccontextmanager
async def asking(bundle: Bundle) -> AsyncIterator[Asking]:
    async with pretending(bundle) as pretender:
        found: Asking
        policy = OpaPolicy(
            OpaServer(pretender.url, bundle.digest),
            bundle,
            EmbeddedPolicy(bundle),
            on_difference=lambda: found.differences.append("differ"),
            elapsed=lambda: found.now,
        )
        found = Asking(pretender, policy)
        try:
            yield found
        finally:
            await policy.close()


async def test_an_honest_server_decides_like_the_interpreter(bundle: Bundle) -> None:
    async with asking(bundle) as found:
        for document in (PERMITTED, REFUSED):
            decision = await found.policy.decide(as_query(document), AT)
            embedded = await EmbeddedPolicy(bundle).decide(as_query(document), AT)
            assert decision.engine == "opa"
            assert (decision.outcome, decision.reasons) == (embedded.outcome, embedded.reasons)
        assert found.differences == []


async def test_an_honest_server_says_who_may_know(bundle: Bundle) -> None:
    viewers = (Viewer(PersonId("adult:rowan"), "guardian"),)
    entry = {"kind": "released", "outcome": "permit", "about": "fragment"}
    async with asking(bundle) as found:
        mine = await EmbeddedPolicy(bundle).views(as_query(PERMITTED), AT, entry, viewers)
        assert await found.policy.views(as_query(PERMITTED), AT, entry, viewers) == mine


@pytest.mark.parametrize("mood", HOSTILE)
async def test_a_hostile_server_gets_no_decision_believed(mood: str, bundle: Bundle) -> None:
    async with asking(bundle) as found:
        await found.policy.prove()
        found.pretender.mood = HOSTILE[mood]
        started = time.monotonic()
        with pytest.raises(REFUSES):
            await found.policy.decide(as_query(REFUSED), AT)
        assert time.monotonic() - started < BOUND_S
        found.pretender.mood = None
        assert not (await found.policy.decide(as_query(REFUSED), AT)).permitted


@pytest.mark.parametrize("mood", HOSTILE)
async def test_a_hostile_server_never_proves_itself(mood: str, bundle: Bundle) -> None:
    async with asking(bundle) as found:
        found.pretender.mood = HOSTILE[mood]
        with pytest.raises(REFUSES):
            await found.policy.prove()
        with pytest.raises(REFUSES):
            await found.policy.decide(as_query(PERMITTED), AT)


async def test_a_redirect_is_not_followed(bundle: Bundle) -> None:
    async with asking(bundle) as found:
        await found.policy.prove()
        asked = found.pretender.asked
        found.pretender.mood = HOSTILE["sends elsewhere"]
        with pytest.raises(PolicyUnavailableError):
            await found.policy.decide(as_query(PERMITTED), AT)
        assert found.pretender.asked == asked + 1


async def test_a_difference_between_the_engines_refuses_and_is_told(bundle: Bundle) -> None:
    async def refuse(asked: Asked) -> None:
        asked.say_decision(
            decision="deny",
            basis="none",
            reasons=["NO_CONSENT"],
            consents_used=[],
            obligations=["log_access"],
        )

    async with asking(bundle) as found:
        await found.policy.prove()
        found.pretender.mood = refuse
        with pytest.raises(PolicyContractError, match="same"):
            await found.policy.decide(as_query(PERMITTED), AT)
        assert found.differences == ["differ"]


async def test_another_build_proves_itself_before_it_decides(bundle: Bundle) -> None:
    async with asking(bundle) as found:
        assert (await found.policy.decide(as_query(PERMITTED), AT)).permitted
        found.pretender.version = "1.21.0"
        with pytest.raises(PolicyUnavailableError, match="another"):
            await found.policy.decide(as_query(PERMITTED), AT)
        with pytest.raises(PolicyUnavailableError, match="not proved"):
            await found.policy.decide(as_query(PERMITTED), AT)
        found.now += 1.5
        asked = found.pretender.asked
        assert (await found.policy.decide(as_query(PERMITTED), AT)).permitted
        assert found.pretender.asked > asked + 2


async def test_a_silent_server_is_not_healthy_and_is_again_when_it_answers(bundle: Bundle) -> None:
    async with asking(bundle) as found:
        found.pretender.mood = HOSTILE["hangs up"]
        with pytest.raises(PolicyUnavailableError):
            await found.policy.health()
        found.pretender.mood = None
        found.now += 1.5
        await found.policy.health()


async def test_many_questions_at_once_get_each_their_own_answer(bundle: Bundle) -> None:
    async with asking(bundle) as found:
        await found.policy.prove()
        documents = [PERMITTED, REFUSED] * 20
        decisions = await asyncio.gather(*(found.policy.decide(as_query(one), AT) for one in documents))
        assert [decision.permitted for decision in decisions] == [True, False] * 20
