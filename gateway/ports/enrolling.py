"""What the ways in of a family need from the world: their rows, counts of tries, authenticators."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from gateway.domain.acting import Done, Note
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive
from gateway.domain.enrolments import Enrolment, EnrolmentId, KeptPasskey, NewCode, NewPasskey, PaperCode
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.tries import Rule

Bucket = tuple[str, str]
"""What is counted: a kind, and what was typed or where it came from; kept as a keyed handle."""


class EnrolmentStore(Protocol):
    """Enrolments and what surrounds them. Tries and challenges are no acts: they leave no entry."""

    async def enrolment(self, enrolment: EnrolmentId) -> Enrolment | None: ...

    async def code(self, code: PaperCode) -> Enrolment | None:
        """The enrolment behind a code, revoked and expired ones too."""

    async def is_party(self, caller: Caller, line: Directive, printer: str | None) -> bool:
        """Whether one of the caller's accounts printed, gave the line, or is a worker whom it names.

        Also where she is of the family that it is about.
        """

    async def is_all_over(self, enrolment: EnrolmentId) -> bool:
        """Whether it is revoked, every passkey that was added by it, and every sign-in by any of them."""

    async def of_account(self, account: str) -> Sequence[Mapping[str, Any]]:
        """`{id, kind, label, agency, added_at, expires_at, waits_until, revoked_at}`, revoked ones too."""

    async def printed_by(self, agency: AgencyId, person: PersonId) -> Sequence[Mapping[str, Any]]:
        """`{id, holder, added_at, expires_at}` of the open codes that this agency printed for a person."""

    async def is_account_open(self, account: str) -> bool: ...

    async def is_born(self, person: PersonId | None, day: date) -> bool:
        """Whether this is her recorded day of birth; the same work is done for nobody."""

    async def passkey(self, credential: bytes) -> KeptPasskey | None: ...

    async def take_try(self, counted: Sequence[tuple[Bucket, Rule]], at: Instant) -> int:
        """Count one try in each bucket; or in none, and answer how many microseconds it must wait."""

    async def settle_try(self, forgotten: Bucket, given_back: tuple[Bucket, Rule]) -> None:
        """After a try that succeeded: begin the first count anew, take this one out of the second."""

    async def give_back(self, bucket: Bucket, rule: Rule) -> None:
        """Take one try out of a count."""

    def challenge_to_all(self, noise: bytes, until: Instant) -> bytes:
        """A challenge by which anybody may come in; it says of itself until when it holds, and is no row."""

    async def use_challenge_to_all(self, challenge: bytes, at: Instant) -> bool:
        """Use one up; False where it is not of this gateway, is over, or is used already."""

    async def put_challenge(self, challenge: bytes, account: str, until: Instant) -> None: ...

    async def take_challenge(self, challenge: bytes, account: str, at: Instant) -> bool:
        """Use one up; False where there is none, of this account, or it is over."""

    async def count_use(self, enrolment: EnrolmentId, seen: int, count: int) -> bool:
        """Move a passkey's counter on from where it was seen; False where another use has moved it."""

    async def print_code(self, note: Note, new: NewCode) -> Done:
        """Print one and end the one before, in one act; `reference` is `{enrolment, expires_at}`.

        Raises:
            ActRefusedError: No link with the person, or the code would be the printer's own or her family's.
            ConflictError: The account is closed.
            ContendedError: Somebody has this code.
        """

    async def add_passkey(self, note: Note, new: NewPasskey, by: Enrolment | None) -> Done:
        """`reference` is `{enrolment, waits_until}`. Raises ConflictError where the key is known already."""

    async def revoke(self, note: Note, enrolment: Enrolment, *, alone: bool = False) -> Done:
        """End it, and the passkeys that were added by it, unless it ends `alone`."""


class Codes(Protocol):
    def new(self) -> PaperCode:
        """A code that nobody can guess."""


class Authenticators(Protocol):
    """What a browser's authenticator is asked, and what of its answer is believed."""

    def new_challenge(self) -> bytes: ...

    def to_register(self, challenge: bytes, account: bytes, label: str) -> Mapping[str, Any]:
        """What `navigator.credentials.create` is given; `account` is an opaque handle."""

    def to_sign_in(self, challenge: bytes) -> Mapping[str, Any]:
        """What `navigator.credentials.get` is given."""

    def challenge_of(self, answer: str) -> bytes:
        """Which challenge an answer says that it is to. Raises MalformedError."""

    def registered(self, answer: str, challenge: bytes) -> tuple[bytes, bytes, int]:
        """The credential's id, its public key (COSE) and its counter. Raises UnauthenticatedError."""

    def credential_of(self, answer: str) -> bytes:
        """Which credential an answer says that it is of. Raises MalformedError."""

    def asserted(self, answer: str, challenge: bytes, kept: KeptPasskey) -> int:
        """The counter after an assertion whose signature holds. Raises UnauthenticatedError."""
