"""Whether this process may append: what it found itself, and what any other of its state directory found."""

import contextlib
from dataclasses import dataclass

from gateway.adapters.crypto.state_watch import Mark, StateWatch
from gateway.domain.errors import CorruptionError, GatewayError
from gateway.observe import Event, OperationalLog
from gateway.usecases.publish_checkpoints import MirrorSilentError
from gateway.usecases.start_ledger import Quarantine

SIGNER_STOPPED = "signer_stopped"


@dataclass(slots=True)
class Standing:
    """Quarantine is entered once and left only by a start."""

    log: OperationalLog
    watch: StateWatch
    ledger: int
    quarantine: Quarantine | None = None
    trouble: str | None = None
    """The code of what keeps this process from signing; None while it signs, or need not."""

    def look(self) -> None:
        """Take over the quarantine that another process has found."""
        self.watch.look()
        mark = self.watch.mark
        if mark is not None:
            self.enter(Quarantine(mark.why, mark.ledger, mark.start, mark.stop))

    def has_stopped(self) -> bool:
        """Whether anybody of this state directory has found the ledger changed."""
        self.look()
        return self.quarantine is not None

    def signed(self) -> tuple[int, int]:
        """(ledger, size) that is known to be signed, by whichever process."""
        self.look()
        return self.ledger, self.watch.signed

    def enter(self, found: Quarantine) -> None:
        """From here on this process takes no entry."""
        if self.quarantine is None:
            self.quarantine = found
            self.log.line(Event.QUARANTINED, from_index=found.start, to_index=found.stop, code=found.why)

    def tell_all(self, found: Quarantine) -> None:
        """Stop every process of this state directory."""
        if self.quarantine is not None:
            return
        self.enter(found)
        # Where it cannot be written, the others still compare each head with what was signed.
        with contextlib.suppress(OSError):
            self.watch.put(Mark(found.why, found.ledger, found.start, found.stop))

    def found_older(self, head: tuple[int, int], known: tuple[int, int]) -> None:
        """A locked head is behind what was committed, or signed: put back, or failed over, while we run."""
        start = head[1] if head[0] == known[0] else 0
        self.tell_all(Quarantine("changed", known[0], start, known[1]))

    def hear_signer(self, error: Exception | None) -> None:
        """What the signer's round came to: None if all was signed."""
        if isinstance(error, MirrorSilentError):
            self.log.line(Event.MIRROR_SILENT, failure=error.__cause__, mirror=error.mirror)
            return
        if error is None:
            self.trouble = None
            return
        self.trouble = error.code if isinstance(error, GatewayError) else SIGNER_STOPPED
        self.log.line(Event.SIGNER_STOPPED, failure=error)
        if isinstance(error, CorruptionError):
            # The next start names the range that is missing.
            self.watch.look()
            self.tell_all(Quarantine("changed", self.ledger, 0, self.watch.signed))
