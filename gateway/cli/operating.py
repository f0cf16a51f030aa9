"""An operator's act: done by the only process on a state directory, in the name of its user."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from gateway.cli.failure import UNAVAILABLE, CommandError
from gateway.cli.server import answers
from gateway.domain.errors import ConflictError
from gateway.observe import OperationalLog
from gateway.settings import Settings
from gateway.wiring.parts import Parts, open_parts
from gateway.wiring.starting import running


def require_stopped(settings: Settings) -> None:
    """Let through where no gateway serves on this state directory.

    Raises:
        CommandError: One does.
    """
    if answers(settings.socket_path):
        raise _held()


@asynccontextmanager
async def operating(settings: Settings) -> AsyncIterator[Parts]:
    """Open the gateway as the only process on this state directory, while the block runs.

    Raises:
        CommandError: Another process holds it, or the ledger is in quarantine.
    """
    async with AsyncExitStack() as stack:
        try:
            opened = open_parts(settings, OperationalLog(sys.stderr, "error"))
            parts = await stack.enter_async_context(opened)
        except ConflictError:
            raise _held() from None
        await stack.enter_async_context(running(parts))
        if parts.quarantine is not None:
            raise CommandError(UNAVAILABLE, "the ledger is in quarantine", ("see `gateway doctor`",))
        yield parts


def _held() -> CommandError:
    return CommandError(
        UNAVAILABLE,
        "a gateway runs on this state directory",
        ("stop it, give the command again, and start it: an operator acts as the only process there is",),
    )
