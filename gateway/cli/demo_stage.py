"""A whole gateway for the demo: its own keys, invented people, a real server on a free loopback port."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx2

from gateway.adapters.clock import SystemClock
from gateway.adapters.crypto.state import KeyState
from gateway.adapters.identity.insecure_issuer import STRONG_ACR, InsecureLocalIssuer
from gateway.cli.failure import UNAVAILABLE, CommandError
from gateway.cli.server import listening, open_address, open_local
from gateway.domain.seed import Seed, parse_seed
from gateway.observe import OperationalLog
from gateway.settings import Settings
from gateway.wiring.activating import operator
from gateway.wiring.service import serving
from gateway.wiring.usecases import build_seed

MATERIAL = files("gateway.cli") / "demo_material"

_WRITTEN_FOR = "http://127.0.0.1:8741"
_USUAL_PORT = 8741


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody of the story, and through which client she speaks."""

    name: str
    subject: str
    client: str
    language: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """The running gateway, as the story's people reach it: over HTTP, each with her own token."""

    settings: Settings
    seed: Seed
    issuer: InsecureLocalIssuer
    http: httpx2.AsyncClient

    async def ask(self, who: Character, method: str, path: str, **request: Any) -> httpx2.Response:  # noqa: ANN401
        token = self.issuer.mint(
            client_id=who.client, subject=who.subject, now=SystemClock().now(), acr=STRONG_ACR
        )
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": who.language}
        if who.role is not None:
            headers["Gateway-Role"] = who.role
        return await self.http.request(method, path, headers=headers, **request)

    async def expect(self, status: int, who: Character, method: str, path: str, **request: Any) -> Any:  # noqa: ANN401
        """Send a request that must be answered with this status; gives the JSON of the answer.

        Raises:
            CommandError: It was answered otherwise: the story cannot go on.
        """
        answer = await self.ask(who, method, path, **request)
        if answer.status_code != status:
            raise CommandError(
                UNAVAILABLE, f"the demo stopped: {method} {path} was answered {answer.status_code}"
            )
        return answer.json()


def open_free() -> socket.socket:
    """Listen on the usual port if it is free, else on any that is."""
    try:
        return open_address("127.0.0.1", _USUAL_PORT)
    except CommandError:
        return open_address("127.0.0.1", 0)


@asynccontextmanager
async def open_stage(state_dir: Path, log: OperationalLog) -> AsyncIterator[Stage]:
    """Make keys, load the invented people, and serve until the block ends.

    As `gateway keys init`, `gateway seed` and `gateway serve` do, in one process.
    """
    address = open_free()
    listen = f"127.0.0.1:{address.getsockname()[1]}"
    settings = Settings(state_dir=state_dir, listen=listen, insecure_local_issuer=True)
    await KeyState.init(state_dir, root_url=settings.root_key_url)
    # Only the address of who vouches for them differs from one machine to another.
    text = (MATERIAL / "seed.json").read_text(encoding="utf-8").replace(_WRITTEN_FOR, settings.public_base)
    seed = parse_seed(text.encode(), now=SystemClock().now())
    sockets = [address, open_local(settings.socket_path)]
    try:
        async with serving(settings, log) as service:
            if service.issuer is None or service.parts is None:
                raise CommandError(UNAVAILABLE, "the demo's gateway did not open")
            load = build_seed(service.parts)
            await load(seed, operator=operator(), read_file=read_material)
            async with (
                listening(service, sockets),
                httpx2.AsyncClient(base_url=settings.public_base, timeout=60) as http,
            ):
                yield Stage(settings, seed, service.issuer, http)
    finally:
        settings.socket_path.unlink(missing_ok=True)


def read_material(name: str) -> bytes:
    return (MATERIAL / name).read_bytes()


def read_sections() -> list[dict[str, Any]]:
    """The assessment, section by section, as its author labelled it."""
    document: dict[str, Any] = json.loads(read_material("assessment.json"))
    return list(document["sections"])
