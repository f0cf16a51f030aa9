"""The network's agreement: its versions, who has signed, and what not having signed means."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.domain.errors import MalformedError
from gateway.domain.ids import parse_id
from gateway.domain.instants import Instant

MAX_TEXT_BYTES = 256 * 1024
_MAX_VERSION = 40
_MAX_TITLE = 200


class AgreementStanding(StrEnum):
    """How an agency stands towards the version in force."""

    SIGNED = "signed"
    PENDING = "pending"
    LATE = "late"
    """It has not signed by the day that the network named: shown, and nothing else."""
    REQUIRED = "required"
    """The network requires it by now: its workers are assigned to nobody new until it has signed."""


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """One version; `required_from` None never stops anything."""

    version: str
    title_fr: str
    title_en: str
    text: bytes = field(repr=False)
    effective_at: Instant
    sign_by: Instant
    required_from: Instant | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the text, hex: what a signature is about."""
        return hashlib.sha256(self.text).hexdigest()


def check_agreement(new: NewAgreement) -> None:
    """Accept a version that can be signed.

    Raises:
        MalformedError: Another shape of name, an empty or too long text or title, days in the wrong order.
    """
    if len(parse_id(new.version, field="version")) > _MAX_VERSION:
        raise MalformedError("a version's name is too long", field="version")
    for title in (new.title_fr, new.title_en):
        if not 1 <= len(title.strip()) <= _MAX_TITLE or not title.isprintable():
            raise MalformedError("a title has 1 to 200 characters", field="title")
    if not 1 <= len(new.text) <= MAX_TEXT_BYTES:
        raise MalformedError("an agreement's text has 1 to 262,144 bytes", field="text")
    if new.required_from is not None and new.required_from < new.sign_by:
        raise MalformedError("nothing is required before the day to sign by", field="required_from")


def standing_at(
    sign_by: Instant, required_from: Instant | None, at: Instant, *, signed: bool
) -> AgreementStanding:
    """Say how somebody stands at an instant."""
    if signed:
        return AgreementStanding.SIGNED
    if required_from is not None and required_from <= at:
        return AgreementStanding.REQUIRED
    return AgreementStanding.LATE if sign_by <= at else AgreementStanding.PENDING
