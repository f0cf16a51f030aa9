"""Rotating the key that tokens are signed with: through the running server, or as the operator."""

from pathlib import Path

from gateway.cli.client import open_client
from gateway.cli.failure import USAGE, CommandError
from gateway.cli.operating import operating, require_stopped
from gateway.settings import Settings
from gateway.wiring.issuing import build_keeping

_ASK_IT = "name an administrator's token (--token-file): the server rotates the key itself"


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
    if settings.database_url.startswith("sqlite:"):
        require_stopped(settings, _ASK_IT)
    async with operating(settings, _ASK_IT) as parts:
        done = await build_keeping(parts).rotate(at_once=at_once)
    return str(done.reference["kid"]), str(done.reference["signs_at"])
