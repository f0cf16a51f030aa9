"""Issue an access token to a client that proves itself, for itself or for a worker whom it vouches for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.acting import Note
from gateway.domain.errors import ContendedError
from gateway.domain.ids import AgencyId, DecisionId
from gateway.domain.issuer_keys import TOKEN_LIFETIME_S
from gateway.domain.issuing import Granted, Issued, KnownClient, Names, Objected, Shown
from gateway.domain.ledger import EntryKind
from gateway.domain.limits import Rate
from gateway.domain.vocabulary import EnforcementReason
from gateway.ports import Clock, Ids, IssuingStore, Rates, TokenServer

MAX_RELOADS = 3

_REPLAYED = Objected("invalid_client", "replayed", is_its_own=True)
_UNKNOWN = Objected("invalid_client", "client")


@dataclass(frozen=True, slots=True)
class IssueToken:
    """No token leaves before its entry is durable; what it was asked with is used up by that same entry."""

    store: IssuingStore
    server: TokenServer
    rates: Rates
    clock: Clock
    ids: Ids

    async def __call__(self, form: Mapping[str, str], shown: Shown | None) -> Issued | Objected:
        """Answer the token, or the code of why there is none.

        An attempt that a key of the client signed has its entry whatever came of it, refused ones as often as
        tokens may be asked for; any other is anybody's, and leaves none in the client's name.

        Args:
            form: What was posted, each name once.
            shown: The verified proof of possession, None where it was missing or wrong.

        Raises:
            ContendedError: What the token rests on kept moving.
            KeysUnavailableError: The endpoint has no key to sign with.
            LedgerUnavailableError: Nothing was issued.
            RateLimitedError: The client has asked too often; this leaves no entry.
        """
        # 1. Whom it says it is from: read strictly, believed in nothing.
        names = self.server.name(form)
        if isinstance(names, Objected):
            return names
        for turn in range(MAX_RELOADS):
            try:
                return await self._issue(form, shown, names, counted=turn > 0)
            except ContendedError:
                continue
        raise ContendedError("what the token rests on kept moving")

    async def _issue(
        self, form: Mapping[str, str], shown: Shown | None, names: Names, *, counted: bool
    ) -> Issued | Objected:
        # 2. The rows, from one snapshot, with their epochs.
        known = await self.store.known(names)
        if known is None:
            return _UNKNOWN
        now = self.clock.now()
        key = await self.store.signing_key(now)
        # 3. Judge.
        answer = self.server.judge(form, shown, known, key, now)
        if isinstance(answer, Granted) and await self.store.is_spent(answer.spends):
            answer = _REPLAYED
        if isinstance(answer, Objected):
            await self._refuse(known, form, answer)
            return answer
        # 4. Count what the client itself asks: what was sent once more, or too late, uses up nothing of it.
        if not counted:
            await self.rates.require(Rate.TOKEN, known.id)
        # 5. Record, and with the entry use up whatever may be used once.
        note = self._note(EntryKind.TOKEN_ISSUED, known, form, _detail(answer))
        if not await self.store.issue(note, answer.spends, self._refusal(known, form, _REPLAYED)):
            return _REPLAYED
        # 6. Send.
        return Issued(answer.token, TOKEN_LIFETIME_S)

    async def _refuse(self, known: KnownClient, form: Mapping[str, str], why: Objected) -> None:
        """Record what a key of the client signed, so often and no more: an old one can be sent again."""
        if why.is_its_own and (await self.rates.take(Rate.TOKEN, f"{known.id}\nrefused")).given:
            await self.store.refuse(self._refusal(known, form, why))

    def _refusal(self, known: KnownClient, form: Mapping[str, str], why: Objected) -> Note:
        return self._note(EntryKind.TOKEN_REFUSED, known, form, {"error": why.error, "why": why.why})

    def _note(
        self, kind: EntryKind, known: KnownClient, form: Mapping[str, str], detail: Mapping[str, Any]
    ) -> Note:
        refused = kind is EntryKind.TOKEN_REFUSED
        named = {"client": known.id, "grant": form.get("grant_type", ""), "worker": known.worker}
        return Note(
            kind=kind,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=None,
            detail={**named, **detail},
            outcome="deny" if refused else "permit",
            reason=str(EnforcementReason.TOKEN_REFUSED) if refused else "",
            owner=None if known.agency is None else AgencyId(known.agency),
            epochs=() if refused else known.epochs,
        )


def _detail(granted: Granted) -> dict[str, Any]:
    """Both identities, and what later entries know the token by."""
    return {
        "worker": granted.worker,
        "strong": granted.is_strong,
        "token": granted.token_id.hex(),
        "keys": list(granted.keys),
        "bound_to": granted.bound_to,
    }
