"""A policy server that lies, dawdles or falls silent: nothing is released, and the attempt is recorded."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.adapters.policy.bundle import find_bundle_folder, load_bundle
from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.policy.opa import OpaPolicy
from gateway.adapters.policy.opa_server import OpaServer
from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.releasing import Released
from gateway.wiring.parts import Parts
from gateway.wiring.service import ProcessReadiness
from tests.support.fault_stack import Scene, found_network, open_altered
from tests.support.opa_pretender import HOSTILE, Pretender, pretending

BOUND_S = 2.0


@asynccontextmanager
async def asked(url: str, state: Path, pretender: Pretender) -> AsyncIterator[Scene]:
    """A gateway whose policy server is the pretender."""
    bundle = pretender.bundle
    server = OpaServer(pretender.url, bundle.digest)
    policy = OpaPolicy(server, bundle, EmbeddedPolicy(bundle), on_difference=lambda: None)

    def put(parts: Parts) -> None:
        parts.policy = policy

    try:
        async with open_altered(url, state, put) as scene:
            yield scene
    finally:
        await policy.close()


async def _newest(scene: Scene) -> tuple[str, str]:
    (row,) = await scene.parts.ledger.entries({}, None, 1)
    return row["kind"], row["reason"]


@pytest.mark.timeout(600)
async def test_a_hostile_policy_server_gets_nothing_released(store_url: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    await found_network(store_url, state)
    moods = HOSTILE if store_url.startswith("sqlite") else ("always permits", "resets")
    async with (
        pretending(load_bundle(find_bundle_folder())) as pretender,
        asked(store_url, state, pretender) as scene,
    ):
        assert isinstance(await scene.release(), Released)
        for mood in moods:
            await _a_hostile_server(scene, pretender, mood)


async def _a_hostile_server(scene: Scene, pretender: Pretender, mood: str) -> None:
    consent = await scene.give("education")  # What was decided before no longer holds for this child.
    pretender.mood = HOSTILE[mood]
    started = time.monotonic()
    answer = await scene.release()
    assert time.monotonic() - started < BOUND_S, mood
    assert isinstance(answer, Refused), mood
    assert answer.unavailable, mood
    assert await _newest(scene) == ("refused", "POLICY_UNAVAILABLE"), mood
    assert isinstance(await scene.withdraw(consent), Done), mood
    pretender.mood = None
    assert isinstance(await scene.release(), Released), mood


async def test_a_server_that_is_down_at_the_start_is_asked_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    await found_network(url, tmp_path / "state")
    async with pretending(load_bundle(find_bundle_folder())) as pretender:
        pretender.mood = HOSTILE["hangs up"]
        async with asked(url, tmp_path / "state", pretender) as scene:
            assert (await ProcessReadiness(scene.parts).check())["policy"] == "policy_unavailable"
            assert isinstance(await scene.release(), Refused)
            pretender.mood = None
            await _until_ready(scene)
            assert isinstance(await scene.release(), Released)


async def _until_ready(scene: Scene) -> None:
    async with asyncio.timeout(10):
        while (await ProcessReadiness(scene.parts).check())["policy"] != "ok":  # noqa: ASYNC110
            await asyncio.sleep(0.1)
