"""The ledger's leaf, version 1, and the packing of an entry's sealed parts.

A leaf is what the tree commits to. Numbers are big-endian:

    version (1) = 01 | length (4) | kind, ASCII | recorded_at (8), microseconds since 1970
    | policy digest (32) | length (4) | decision id, ASCII | count (4) | SHA-256 (32) of each sealed part

Formats only grow: fields are appended under a new version, never reordered or reused.
"""

import hashlib
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from gateway.domain.errors import CorruptionError
from gateway.domain.ids import DecisionId
from gateway.domain.instants import Instant
from gateway.domain.merkle import HASH_BYTES, leaf_hash, node_hash

__all__ = [
    "EntryKind",
    "Leaf",
    "decode_leaf",
    "encode_leaf",
    "leaf_hash",
    "leaf_of",
    "node_hash",
    "pack_parts",
    "unpack_parts",
]

MAX_PARTS = 1024
_VERSION = b"\x01"
_DECISION = re.compile(rb"[A-Za-z0-9][A-Za-z0-9:._-]{0,119}\Z")


class EntryKind(StrEnum):
    """What happened; the words are part of the leaf and are never changed, only added to."""

    GENESIS = "genesis"
    # About a fragment or a person.
    RELEASED = "released"
    REFUSED = "refused"
    INQUIRED = "inquired"
    RELEASE_CUT = "release_cut"
    EXPORTED = "exported"
    DEPOSITED = "deposited"
    RELABELLED = "relabelled"
    FRAGMENT_HELD = "fragment_held"
    HOLD_LIFTED = "hold_lifted"
    MARKED_IN_ERROR = "marked_in_error"
    ERASED = "erased"
    LISTED = "listed"
    LOOKED_UP = "looked_up"
    PERSON_RECORDED = "person_recorded"
    PERSON_CHANGED = "person_changed"
    REPORT_SUBMITTED = "report_submitted"
    CONSULTED = "consulted"
    EMERGENCY_REVIEWED = "emergency_reviewed"
    CASE_CLOSED = "case_closed"
    EMERGENCY_DECLARED = "emergency_declared"
    # Consents and stops.
    CONSENT_GIVEN = "consent_given"
    CONSENT_RECORDED = "consent_recorded"
    CONSENT_CONFIRMED = "consent_confirmed"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    WITHDRAWAL_RECORDED = "withdrawal_recorded"
    STOPPED = "stopped"
    STOP_LIFTED = "stop_lifted"
    REQUEST_MADE = "request_made"
    REQUEST_ANSWERED = "request_answered"
    RECOMMENDATION_REFUSED = "recommendation_refused"
    # Authority, orders and agreements.
    AUTHORITY_RECORDED = "authority_recorded"
    AUTHORITY_ENDED = "authority_ended"
    ORDER_RECORDED = "order_recorded"
    ORDER_ENDED = "order_ended"
    INSTRUMENT_RECORDED = "instrument_recorded"
    INSTRUMENT_ENDED = "instrument_ended"
    APPROVAL_ASKED = "approval_asked"
    APPROVED = "approved"
    DECLINED = "declined"
    CAPACITY_RECORDED = "capacity_recorded"
    CAPACITY_ENDED = "capacity_ended"
    HARM_DETERMINED = "harm_determined"
    HARM_ENDED = "harm_ended"
    YOUTH_CONSULTED = "youth_consulted"
    AGREEMENT_GIVEN = "agreement_given"
    AGREEMENT_WITHDRAWN = "agreement_withdrawn"
    SESSION_OPENED = "session_opened"
    SESSION_RECUSED = "session_recused"
    SESSION_CLOSED = "session_closed"
    TRANSFER_OFFERED = "transfer_offered"
    TRANSFER_ANSWERED = "transfer_answered"
    TRANSFER_SIGNED = "transfer_signed"
    TRANSFER_COMPLETED = "transfer_completed"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    TEAM_ASSIGNED = "team_assigned"
    TEAM_UNASSIGNED = "team_unassigned"
    # The ledger itself, and what is told about it.
    LEDGER_READ = "ledger_read"
    LEDGER_EXPORTED = "ledger_exported"
    DISCLOSED = "disclosed"
    NOTIFIED = "notified"
    NOTICE_DELAYED = "notice_delayed"
    QUESTION_ASKED = "question_asked"
    QUESTION_ANSWERED = "question_answered"
    JOURNAL_APPLIED = "journal_applied"
    LEDGER_REOPENED = "ledger_reopened"
    # Signing in.
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    CODE_PRINTED = "code_printed"
    CODE_REVOKED = "code_revoked"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    CONTACT_CHANGED = "contact_changed"
    TOKEN_ISSUED = "token_issued"  # noqa: S105 - the name of a kind
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - likewise
    # Administration.
    AGENCY_ADMITTED = "agency_admitted"
    AGENCY_CHANGED = "agency_changed"
    AGENCY_SUSPENDED = "agency_suspended"
    AGENCY_RESTORED = "agency_restored"
    CLIENT_REGISTERED = "client_registered"
    CLIENT_DISABLED = "client_disabled"
    CLIENT_KEY_ADDED = "client_key_added"
    CLIENT_KEY_RETIRED = "client_key_retired"
    WORKER_REGISTERED = "worker_registered"
    WORKER_CHANGED = "worker_changed"
    WORKER_DISABLED = "worker_disabled"
    WORKERS_IMPORTED = "workers_imported"
    NETWORK_FOUNDED = "network_founded"
    TEAM_FORMED = "team_formed"
    TEAM_ENDED = "team_ended"
    TEAM_DUTY_GIVEN = "team_duty_given"
    TEAM_DUTY_ENDED = "team_duty_ended"
    AGREEMENT_PUBLISHED = "agreement_published"
    AGREEMENT_SIGNED = "agreement_signed"
    AGENCY_LEAVING = "agency_leaving"
    AGENCY_LEFT = "agency_left"
    POLICY_ACTIVATED = "policy_activated"
    KEY_CREATED = "key_created"
    KEY_ROTATED = "key_rotated"
    KEY_DESTROYED = "key_destroyed"
    SIGNER_CHANGED = "signer_changed"
    SEEDED = "seeded"
    CANARY = "canary"
    OPERATED = "operated"


class Leaf(NamedTuple):
    """`policy_digest` and each part hash are 32 bytes; part 0 is the officers', the others one a viewer."""

    kind: EntryKind
    recorded_at: Instant
    policy_digest: bytes
    decision_id: DecisionId
    part_hashes: tuple[bytes, ...]


def leaf_of(
    kind: EntryKind,
    recorded_at: Instant,
    *,
    policy_digest: bytes,
    decision_id: DecisionId,
    parts: Sequence[bytes],
) -> Leaf:
    """Make the leaf that commits to these sealed parts, in their order."""
    hashes = tuple([hashlib.sha256(part).digest() for part in parts])
    return Leaf(kind, recorded_at, policy_digest, decision_id, hashes)


def encode_leaf(leaf: Leaf) -> bytes:
    """Give the leaf's canonical bytes, laid out as at the top of this module.

    Raises:
        ValueError: A digest, an instant, an identifier or the number of parts out of bounds.
    """
    kind, decision = leaf.kind.encode(), leaf.decision_id.encode()
    hashes = b"".join(leaf.part_hashes)
    count = len(leaf.part_hashes)
    if not (
        len(leaf.policy_digest) == HASH_BYTES
        and 1 <= count <= MAX_PARTS
        and set(map(len, leaf.part_hashes)) == {HASH_BYTES}
        and 0 <= leaf.recorded_at < 2**63
        and _DECISION.match(decision)
    ):
        raise ValueError("a leaf is out of bounds")
    return b"".join(
        (
            _VERSION,
            len(kind).to_bytes(4, "big"),
            kind,
            leaf.recorded_at.to_bytes(8, "big"),
            leaf.policy_digest,
            len(decision).to_bytes(4, "big"),
            decision,
            count.to_bytes(4, "big"),
            hashes,
        )
    )


def decode_leaf(text: bytes) -> Leaf:
    """Read a leaf's canonical bytes; whatever is read encodes to the same bytes again.

    Raises:
        CorruptionError: Another version, an unknown kind, a length out of bounds, bytes missing or left over.
    """
    reader = _Reader(text)
    if reader.take(1) != _VERSION:
        raise CorruptionError("a leaf has an unknown version")
    try:
        kind = EntryKind(reader.take(reader.number(4)).decode("ascii"))
    except ValueError:
        raise CorruptionError("a leaf has an unknown kind") from None
    recorded_at = Instant(reader.number(8))
    digest = reader.take(HASH_BYTES)
    decision = reader.take(reader.number(4))
    count = reader.number(4)
    if not _DECISION.match(decision) or not 1 <= count <= MAX_PARTS or recorded_at >= 2**63:
        raise CorruptionError("a leaf is out of bounds")
    hashes = tuple(reader.take(HASH_BYTES) for _ in range(count))
    reader.end()
    return Leaf(kind, recorded_at, digest, DecisionId(decision.decode("ascii")), hashes)


def pack_parts(parts: Sequence[bytes]) -> bytes:
    """Put an entry's sealed parts in one blob: `count (4) | length (4) | bytes | ...`, big-endian."""
    if not 1 <= len(parts) <= MAX_PARTS:
        raise ValueError("an entry has 1 to 1024 parts")
    out = [len(parts).to_bytes(4, "big")]
    for part in parts:
        out += (len(part).to_bytes(4, "big"), part)
    return b"".join(out)


def unpack_parts(blob: bytes) -> tuple[bytes, ...]:
    """Give the sealed parts that `pack_parts` packed.

    Raises:
        CorruptionError: A length out of bounds, bytes missing or left over.
    """
    reader = _Reader(blob)
    count = reader.number(4)
    if not 1 <= count <= MAX_PARTS:
        raise CorruptionError("an entry has the wrong number of parts")
    parts = tuple(reader.take(reader.number(4)) for _ in range(count))
    reader.end()
    return parts


class _Reader:
    __slots__ = ("_at", "_text")

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._at = 0

    def take(self, length: int) -> bytes:
        taken = self._text[self._at : self._at + length]
        if len(taken) != length:
            raise CorruptionError("an entry's bytes are cut short")
        self._at += length
        return taken

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "big")

    def end(self) -> None:
        if self._at != len(self._text):
            raise CorruptionError("an entry has bytes left over")
