"""Ways in that a family keeps: a code on paper, a passkey; and what is written on the paper.

A code is two groups of four signs of Crockford's base 32, which holds no I, L, O and U: forty bits. Whoever
reads it aloud, copies it by hand or types it on a telephone is forgiven what cannot be meant otherwise.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, NewType

from gateway.domain.errors import MalformedError
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import DAY_US, MINUTE_US, Instant
from gateway.domain.person import parse_birth_date

EnrolmentId = NewType("EnrolmentId", str)

CODE_LASTS_US: Final = 365 * DAY_US
"""Twelve months; a new print starts anew."""

CHALLENGE_US: Final = 5 * MINUTE_US
"""How long an authenticator has to answer."""

SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""The digits of Crockford base 32, as they are printed."""
CODE_SIGNS: Final = 8
_GROUP: Final = 4
_MEANT: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_BETWEEN: Final = re.compile(r"[\s\-_.·/\u2010-\u2015\u2212]+")
_LONGEST: Final = 64


class EnrolmentKind(StrEnum):
    CODE = "code"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class PaperCode:
    """A code as it counts: eight signs of the alphabet, in capitals, nothing between them."""

    signs: str = field(repr=False)

    @property
    def printed(self) -> str:
        """As it stands on the paper: two groups of four."""
        return f"{self.signs[:_GROUP]}-{self.signs[_GROUP:]}"


@dataclass(frozen=True, slots=True)
class Named:
    """What somebody types to come in: her code, and the day that she was born."""

    code: PaperCode
    born_on: date = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code for the account of `holder`, printed by an agency; `person` is whose dossier she is in.

    The two are one for a youth; a guardian holds authority over the person.
    """

    id: EnrolmentId
    code: PaperCode
    holder: PersonId
    person: PersonId


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What an authenticator made: `public_key` is a COSE key, `label` what its owner calls it."""

    id: EnrolmentId
    credential: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int
    label: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One way in, as it is kept; nothing of its secret is here.

    `agency` printed the code, or the code from which a passkey was added, by its account `printer`.
    `waits_until` is the instant until which what is opened through it waits (see `widening`), `via` the code
    by which a passkey was added.
    """

    id: EnrolmentId
    kind: EnrolmentKind
    account: str
    person: PersonId | None
    agency: AgencyId | None
    via: EnrolmentId | None
    added_at: Instant
    expires_at: Instant | None = None
    waits_until: Instant | None = None
    revoked_at: Instant | None = None
    printer: str | None = None

    def is_open(self, at: Instant) -> bool:
        """Whether somebody may come in by it at this instant."""
        expired = self.expires_at is not None and self.expires_at <= at
        return self.revoked_at is None and not expired


@dataclass(frozen=True, slots=True)
class KeptPasskey:
    """A passkey with what an assertion is checked against."""

    enrolment: Enrolment
    public_key: bytes = field(repr=False)
    sign_count: int


def parse_code(text: object, *, name: str = "code") -> PaperCode:
    """Read a code as people write it: any case, spaces, hyphens or none, O for 0, I or L for 1, U for V.

    Raises:
        MalformedError: Fewer or more signs, or one that no code has; the text is not repeated.
    """
    if isinstance(text, str) and len(text) <= _LONGEST:
        plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper().translate(_MEANT)
        if len(plain) == CODE_SIGNS and set(plain) <= set(SIGNS):
            return PaperCode(plain)
    raise MalformedError("a code is two groups of four signs", field=name)


def code_of(noise: bytes) -> PaperCode:
    """Make a code of five random bytes.

    Raises:
        ValueError: Fewer or more bytes.
    """
    if len(noise) != CODE_SIGNS * 5 // 8:
        raise ValueError("a code is made of five bytes")
    number = int.from_bytes(noise, "big")
    return PaperCode("".join(SIGNS[number >> shift & 31] for shift in range(35, -1, -5)))


def parse_born(text: object) -> date:
    """Read a day of birth as people write it, the year first: with hyphens, slashes, points or spaces.

    Raises:
        MalformedError: Another order, or no such day; the text is not repeated.
    """
    if isinstance(text, str) and len(text) <= _LONGEST:
        plain = unicodedata.normalize("NFKC", text).strip()
        parts = [part for part in _BETWEEN.split(plain) if part]
        if len(parts) == 1 and len(plain) == 8:  # noqa: PLR2004 - a day without signs between
            parts = [plain[:4], plain[4:6], plain[6:]]
        if len(parts) == 3 and all(part.isascii() and part.isdecimal() for part in parts):  # noqa: PLR2004 - likewise
            return parse_birth_date(f"{parts[0]:0>4}-{parts[1]:0>2}-{parts[2]:0>2}")
    raise MalformedError("a birth date is a day such as 2017-03-09", field="birth_date")
