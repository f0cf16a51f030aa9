"""Who may still read, and what a reading rests on; shared by the use cases that show what is kept."""

from gateway.asking import hidden
from gateway.domain.access import Decision
from gateway.domain.acting import Stand
from gateway.domain.acts import INACTIVE
from gateway.domain.caller import Caller
from gateway.domain.facts import Epochs


def inactive(digest: str) -> Decision:
    """Refuse an account that may not act, alike whatever the request names."""
    return hidden(digest, INACTIVE.reason)


def rests_on(caller: Caller, stand: Stand | None = None) -> Epochs:
    """Name what a reading rests on: the caller as her token was read, and the person as she stood.

    A scope read at two instants with two numbers is named twice: the writer then turns the reading away.
    """
    return tuple(sorted({*caller.epochs, *(() if stand is None else stand.epochs)}))
