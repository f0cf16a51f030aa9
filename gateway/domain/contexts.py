"""What sealed bytes belong to, as unambiguous bytes: moved elsewhere, they do not open (promise P6).

A context is a sequence of fields, each `tag (1) | length (4, big-endian) | bytes`; the first is the format.
Tags: `f` the format, `s` UTF-8 text, `i` a whole number (8 bytes, big-endian), `b` bytes. Two different
sequences never give the same bytes. Formats only grow: a changed list of fields is a new format.
"""

from functools import lru_cache
from typing import NamedTuple

from gateway.domain.ids import AgencyId, FragmentId, SectionId

_MAX_INT = 2**64 - 1


def encode_context(fmt: str, *fields: str | int | bytes) -> bytes:
    """Encode a format and its fields.

    Args:
        fmt: Names the format and its version, such as `gateway.section@v1`.
        fields: Text, whole numbers from 0 to 2**64 - 1, or bytes; each below 4 GiB.

    Raises:
        ValueError: A number outside that range, or a truth value.
    """
    out = [_field(b"f", fmt.encode())]
    for field in fields:
        if isinstance(field, str):
            out.append(_field(b"s", field.encode()))
        elif isinstance(field, bytes):
            out.append(_field(b"b", field))
        elif isinstance(field, bool) or not 0 <= field <= _MAX_INT:
            raise ValueError("a context holds whole numbers from 0 to 2**64 - 1")
        else:
            out.append(_field(b"i", field.to_bytes(8, "big")))
    return b"".join(out)


class FragmentPlace(NamedTuple):
    """Where one version of a fragment stands; `subject` is the person's keyed handle (16 bytes)."""

    deployment: str
    agency: AgencyId
    subject: bytes
    fragment: FragmentId
    version: int


class SectionSlot(NamedTuple):
    """Where one section stands in its fragment version; `kind` is `section` or `document`."""

    section: SectionId
    kind: str
    media_type: str


@lru_cache(maxsize=4096)
def section_context(place: FragmentPlace, slot: SectionSlot, *, key_id: str, key_version: int) -> bytes:
    """Bind a section's content; the key is the fragment version's data key."""
    return encode_context(
        "gateway.section@v1",
        place.deployment,
        slot.kind,
        place.agency,
        place.subject,
        place.fragment,
        place.version,
        slot.section,
        key_id,
        key_version,
        slot.media_type,
    )


def manifest_context(place: FragmentPlace) -> bytes:
    """Bind the list of a fragment version's sections; it is sealed under the person's record key."""
    return encode_context(
        "gateway.manifest@v1", place.deployment, place.agency, place.subject, place.fragment, place.version
    )


def agency_key_context(deployment: str, agency: AgencyId, version: int) -> bytes:
    """Bind an agency key's wrap under the root key; the provider binds its own key id."""
    return encode_context("gateway.agency-key@v1", deployment, agency, version)


@lru_cache(maxsize=4096)
def subject_key_context(
    deployment: str, agency: AgencyId, *, agency_version: int, subject: bytes, version: int
) -> bytes:
    """Bind a subject-at-agency key's wrap under version `agency_version` of the agency key."""
    return encode_context("gateway.subject-key@v1", deployment, agency, agency_version, subject, version)


@lru_cache(maxsize=4096)
def data_key_context(place: FragmentPlace, *, subject_key_version: int) -> bytes:
    """Bind a data key's wrap under version `subject_key_version` of the subject key."""
    return encode_context(
        "gateway.data-key@v1",
        place.deployment,
        place.agency,
        place.subject,
        subject_key_version,
        place.fragment,
        place.version,
    )


def record_key_context(deployment: str, owner: str) -> bytes:
    """Bind a record key's wrap under the record root; `owner` is `person:…`, `agency:…` or `deployment`."""
    return encode_context("gateway.record-key@v1", deployment, owner)


@lru_cache(maxsize=64)
def _start(fmt: str, *fields: str) -> bytes:
    return encode_context(fmt, *fields)


def part_context(deployment: str, decision_id: str, part: int) -> bytes:
    """Bind one part of a ledger entry; part 0 is the officers', 1 and up one a viewer."""
    return _start("gateway.ledger-part@v1", deployment) + _part_fields(decision_id, part)


def part_key_context(decision_id: str, part: int) -> bytes:
    """Bind the derivation of a part's key from its record key."""
    return _start("gateway.ledger-part-key@v1") + _part_fields(decision_id, part)


def _part_fields(decision_id: str, part: int) -> bytes:
    return _field(b"s", decision_id.encode()) + _number(part)


@lru_cache(maxsize=64)
def _number(number: int) -> bytes:
    return _field(b"i", number.to_bytes(8, "big"))


def snapshot_context(deployment: str, owner: str, handle: bytes) -> bytes:
    """Bind the facts that a decision relied on, stored once per keyed handle (16 bytes) of themselves."""
    return encode_context("gateway.snapshot@v1", deployment, owner, handle)


def attributes_context(deployment: str, owner: str, version: int) -> bytes:
    """Bind what is known of a person by name (names, birth date, contact), one row a version."""
    return encode_context("gateway.attributes@v1", deployment, owner, version)


def journal_context(deployment: str, name: str) -> bytes:
    """Bind one narrowing act in the mirrors' journal; `name` is its name there."""
    return encode_context("gateway.journal@v1", deployment, name)


def derived_key_context(deployment: str, purpose: str, version: int) -> bytes:
    """Bind the derivation of a sub-key (cursor, nonce, session, an index) from a sub-root."""
    return encode_context("gateway.derived-key@v1", deployment, purpose, version)


def sub_root_context(deployment: str, purpose: str, version: int) -> bytes:
    """Bind a sub-root's wrap under the root key."""
    return encode_context("gateway.sub-root@v1", deployment, purpose, version)


def ledger_key_context(deployment: str, version: int) -> bytes:
    """Bind the ledger's signing key's wrap under the root key."""
    return encode_context("gateway.ledger-signing-key@v1", deployment, version)


def _field(tag: bytes, content: bytes) -> bytes:
    return tag + len(content).to_bytes(4, "big") + content
