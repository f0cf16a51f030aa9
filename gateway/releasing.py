"""A request for content, and its answer: shared by who releases and by who watches it leave."""

from typing import NamedTuple

from gateway.domain.access import NOTHING_STATED, Decision, Recorded, Stated
from gateway.domain.bearer import Proof
from gateway.domain.caller import Caller
from gateway.domain.facts import Epochs, FragmentRef
from gateway.domain.fragment import SealedContent
from gateway.domain.ids import FragmentId, SectionId
from gateway.domain.instants import Instant
from gateway.ports import DataKey


class Asked(NamedTuple):
    """One request for a fragment's content; `justification` is free text, kept sealed."""

    caller: Caller
    fragment: FragmentId
    purpose: str
    justification: str = ""
    idempotency_key: str | None = None
    request_digest: bytes = b""
    stated: Stated = NOTHING_STATED
    proof: Proof | None = None
    """Of possession of the token's key: spent in the group that records the attempt."""


class Released(NamedTuple):
    """Yes: small sections opened; those behind the content port are opened as they are sent."""

    decision: Decision
    entry: Recorded
    ref: FragmentRef
    content: SealedContent
    sections: tuple[tuple[SectionId, bytes], ...]
    key: DataKey
    epochs: Epochs
    """As they stand once this release is recorded, its own use of a one-time consent included."""
    valid_until: Instant

    def __repr__(self) -> str:
        return f"Released({self.entry.decision_id})"  # Never what was opened.
