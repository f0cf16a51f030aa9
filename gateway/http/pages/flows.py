"""What a browser keeps while it is on its way to a sign-in: sealed, short-lived, and good for one sign-in.

It lies in the browser's own cookie instead of a row, so that whoever is nobody yet writes nothing here. That
it serves once is the store's to say: a sign-in is kept with the `state` that it came of.
"""

from dataclasses import dataclass, field

from gateway.domain.errors import MalformedError
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.registry import Identity
from gateway.domain.sign_in import Begun, SignedIn, Way
from gateway.http.cursors import Cursors, Position

LIFE_S = 600
_LIFE_US = LIFE_S * SECOND_US
_GONE, _CHOICE = "sent away", "choice"


@dataclass(frozen=True, slots=True)
class SentAway:
    """A browser at a provider; `at` says when it was sent."""

    provider: int
    begun: Begun
    again: bool
    at: Instant


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody who proved who she is, and has yet to say which of her accounts she comes for."""

    identity: Identity
    strong: bool
    authenticated_at: Instant
    flow: str = field(repr=False)
    at: Instant

    def taken(self, account: str) -> SignedIn:
        """What becomes of it once she has said for which account she comes."""
        return SignedIn(
            account,
            Way.OIDC,
            self.strong,
            authenticated_at=self.authenticated_at,
            flow=self.flow.encode(),
        )


@dataclass(frozen=True, slots=True)
class Flows:
    """Seals and opens both; what is too old, or not ours, is as if it were not there."""

    cursors: Cursors

    def seal_sent(self, sent: SentAway) -> str:
        begun = sent.begun
        position = (sent.provider, int(sent.again), sent.at, begun.state, begun.nonce, begun.verifier)
        return self.cursors.seal(position, caller="", list_name=_GONE)

    def open_sent(self, text: str | None, now: Instant) -> SentAway | None:
        position = self._open(text, _GONE)
        if position is None:
            return None
        provider, again, at, state, nonce, verifier = position
        begun = Begun("", str(state), str(nonce), str(verifier))
        sent = SentAway(int(provider), begun, bool(again), Instant(int(at)))
        return sent if sent.at <= now < sent.at + _LIFE_US else None

    def seal_choice(self, choice: Choice) -> str:
        who = (choice.identity.issuer, choice.identity.subject)
        position = (int(choice.strong), choice.authenticated_at, choice.flow, choice.at, *who)
        return self.cursors.seal(position, caller="", list_name=_CHOICE)

    def open_choice(self, text: str | None, now: Instant) -> Choice | None:
        position = self._open(text, _CHOICE)
        if position is None:
            return None
        strong, proved_at, flow, at, issuer, subject = position
        identity = Identity(str(issuer), str(subject))
        choice = Choice(identity, bool(strong), Instant(int(proved_at)), str(flow), Instant(int(at)))
        return choice if choice.at <= now < choice.at + _LIFE_US else None

    def _open(self, text: str | None, name: str) -> Position | None:
        try:
            return self.cursors.open(text, caller="", list_name=name)
        except MalformedError:
            return None
