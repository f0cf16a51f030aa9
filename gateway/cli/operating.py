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

STOP_IT = "stop it, give the command again, and start it: an operator acts as the only process there is"


def require_stopped(settings: Settings, advice: str = STOP_IT) -> None:
    """Let through where no gateway serves on this state directory; `advice` is what to do where one does.

    Raises:
        CommandError: One does.
    """
    if answers(settings.socket_path):
        raise _held(advice)


@asynccontextmanager
async def operating(settings: Settings, advice: str = STOP_IT) -> AsyncIterator[Parts]:
    """Open the gateway while the block runs: as the only process where the store is SQLite.

    Raises:
        CommandError: Another process holds it, or the ledger is in quarantine.
    """
    async with AsyncExitStack() as stack:
        try:
            opened = open_parts(settings, OperationalLog(sys.stderr, "error"))
            parts = await stack.enter_async_context(opened)
        except ConflictError:
            raise _held(advice) from None
        await stack.enter_async_context(running(parts))
        if parts.quarantine is not None:
            raise CommandError(UNAVAILABLE, "the ledger is in quarantine", ("see `gateway doctor`",))
        yield parts


def _held(advice: str) -> CommandError:
    return CommandError(
        UNAVAILABLE,
        "a gateway runs on this state directory",
        (advice,),
    )
