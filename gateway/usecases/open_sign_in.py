"""Open a sign-in for somebody who has just proved, in whatever way, who she is."""

from dataclasses import dataclass

from gateway.domain.acting import Note
from gateway.domain.errors import UnauthenticatedError
from gateway.domain.ids import DecisionId, SignInId
from gateway.domain.ledger import EntryKind
from gateway.domain.sign_in import NewSignIn, SignedIn
from gateway.ports import ActStore, Ids, Secrets, SignInStore


@dataclass(frozen=True, slots=True)
class OpenSignIn:
    """Each authentication is a sign-in of its own with a cookie of its own, a step-up too.

    So nobody can fix beforehand what a cookie will be worth, and what the browser held is worth nothing.
    """

    sign_ins: SignInStore
    acts: ActStore
    secrets: Secrets
    ids: Ids

    async def __call__(self, signed_in: SignedIn, *, replaces: str | None = None) -> str:
        """Answer the value of the new cookie; `replaces` is the cookie that the browser held until now.

        Raises:
            UnauthenticatedError: The account is unknown or inactive, the network has disabled the pages, or a
                sign-in has come of the same flow already. The refusal is recorded.
            LedgerUnavailableError: Nothing was opened.
            QuarantinedError: Likewise: no entry is taken now.
        """
        value = self.secrets.new()
        new = NewSignIn(SignInId(self.ids.new("sin")), value, signed_in, replaces)
        detail = {
            "way": str(signed_in.way),
            "strong_way": signed_in.strong,
            "enrolment": signed_in.enrolment,
        }
        note = Note(
            kind=EntryKind.SIGNED_IN,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=None,
            detail=detail,
            # A sign-in is in every role of hers, so it tells none.
            tells={"way": str(signed_in.way), "role": None},
        )
        try:
            await self.sign_ins.open(note, new)
        except UnauthenticatedError:
            await self.acts.refuse_act(self._refused(signed_in, detail))
            raise
        return value

    def _refused(self, signed_in: SignedIn, detail: dict[str, object]) -> Note:
        return Note(
            kind=EntryKind.SIGN_IN_REFUSED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=None,
            detail={**detail, "asked": signed_in.account},
            outcome="deny",
            reason="NO_RELATIONSHIP",
        )
