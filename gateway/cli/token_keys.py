"""Rotating the key that tokens are signed with: through the running server, or as the operator."""

import sys
from contextlib import AsyncExitStack
from pathlib import Path

from gateway.cli.client import open_client
from gateway.cli.failure import UNAVAILABLE, USAGE, CommandError
from gateway.cli.server import answers
from gateway.domain.errors import ConflictError
from gateway.observe import OperationalLog
from gateway.settings import Settings
from gateway.wiring.issuing import build_keeping
from gateway.wiring.parts import open_parts
from gateway.wiring.starting import running


def rotate_through_server(
    url: str | None, token_file: Path, role: str | None, *, at_once: bool
) -> tuple[str, str]:
    """Ask the running server, as an administrator of the network; gives the new key and when it signs.

    Raises:
        CommandError: No server, or a refusal.
    """
    with open_client(url, token_file, role) as client:
        done = client.call_json("POST", "/v1/token-keys", json={"at_once": at_once})
    return str(done["id"]), str(done["signs_at"])


async def rotate_as_operator(settings: Settings, *, at_once: bool) -> tuple[str, str]:
    """Rotate beside the servers of a PostgreSQL store, or as the only process of an embedded one.

    Raises:
        CommandError: There is no token endpoint, the ledger is in quarantine, or a server holds the store.
    """
    if not settings.issues_tokens:
        raise CommandError(USAGE, "this deployment has no token endpoint", ("see GATEWAY_TOKEN_ENDPOINT",))
    if settings.database_url.startswith("sqlite:") and answers(settings.socket_path):
        raise _held()
    async with AsyncExitStack() as stack:
        try:
            parts = await stack.enter_async_context(open_parts(settings, OperationalLog(sys.stderr, "error")))
        except ConflictError:
            raise _held() from None
        await stack.enter_async_context(running(parts))
        if parts.quarantine is not None:
            raise CommandError(UNAVAILABLE, "the ledger is in quarantine", ("see `gateway doctor`",))
        done = await build_keeping(parts).rotate(at_once=at_once)
    return str(done.reference["kid"]), str(done.reference["signs_at"])


def _held() -> CommandError:
    return CommandError(
        UNAVAILABLE,
        "a gateway runs on this state directory",
        ("name an administrator's token (--token-file): the server rotates the key itself",),
    )
