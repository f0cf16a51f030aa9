"""Close a case: what the officers found of an emergency access, or what became of a conflict."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.asking import Refuse, Tried, denied
from gateway.disclosing import Disclosing, lifted
from gateway.domain.access import STRICTEST, Refused, View
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import INVOLVED, Act
from gateway.domain.caller import Caller
from gateway.domain.errors import ConflictError, MalformedError, PolicyContractError, PolicyUnavailableError
from gateway.domain.holding import Lift
from gateway.domain.ids import AgencyId, DecisionId, PersonId, ReviewId
from gateway.domain.ledger import EntryKind
from gateway.domain.notices import FINDINGS, CaseKind
from gateway.domain.vocabulary import EnforcementReason
from gateway.ports import TellingActs, TellingStore
from gateway.registering import Errand, Registrar, known_to


@dataclass(frozen=True, slots=True)
class ReviewFinding:
    """`words` are the officer's own, kept sealed."""

    caller: Caller
    review: ReviewId
    finding: str
    words: str = field(default="", repr=False)
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class CloseReview:
    """An emergency access is reviewed by somebody who did not take it (domain rule B9)."""

    telling: TellingStore
    acts: TellingActs
    disclosing: Disclosing
    registrar: Registrar
    refuse: Refuse

    async def __call__(self, asked: ReviewFinding) -> Done | Refused:
        """Record the finding; the family sees it where it was told of the access, else once it is.

        Raises:
            MalformedError: No such finding, or not of this kind of case.
            ConflictError: It is closed already.
        """
        if all(asked.finding not in known for known in FINDINGS.values()):
            raise MalformedError("there is no such finding", field="finding")
        row = await self.telling.review(asked.review)
        over = known_to(asked.caller, Act.REVIEW, row)
        known = row if over is not None else None
        try:
            return await self.registrar(
                self._errand(asked, over, known), lambda note: self._close(asked, known, note)
            )
        except (PolicyUnavailableError, PolicyContractError):
            silent = denied(self.registrar.policy.digest, EnforcementReason.POLICY_UNAVAILABLE)
            tried = Tried(str(Act.REVIEW), asked.caller, {"review": asked.review})
            return await self.refuse(tried, silent, unavailable=True)

    def _errand(self, asked: ReviewFinding, over: AgencyId | None, row: Mapping[str, Any] | None) -> Errand:
        own = row is not None and asked.caller.account == row["worker"]
        return Errand(
            caller=asked.caller,
            act=Act.REVIEW,
            kind=EntryKind.EMERGENCY_REVIEWED,
            over=over,
            detail={"review": asked.review, "finding": asked.finding},
            person=None if row is None else PersonId(row["person"]),
            once=asked.once,
            besides=INVOLVED if own else None,
        )

    async def _close(self, asked: ReviewFinding, row: Mapping[str, Any] | None, note: Note) -> Done:
        if row is None:
            raise ConflictError("the case is closed already")
        if asked.finding not in FINDINGS[CaseKind(row["kind"])]:
            raise MalformedError("this kind of case has no such finding", field="finding")
        if row["closed_at"] is not None:
            # By this very request, maybe: its idempotency key brings that back. Else the act objects.
            return await self.acts.close_review(note, asked.review, asked.finding, asked.words)
        note = replace(note, owner=AgencyId(row["owner"]), question=row["question"])
        if row["kind"] == CaseKind.EMERGENCY:
            note = await self._shown(row, note)
        else:
            note = replace(note, kind=EntryKind.CASE_CLOSED)
        category = row["question"]["query"]["fragment"]["category"]
        note = replace(note, tells={"finding": asked.finding, "category": category})
        return await self.acts.close_review(note, asked.review, asked.finding, asked.words)

    async def _shown(self, row: Mapping[str, Any], note: Note) -> Note:
        """Say who may see what was found: judged as the access is once its delay is over, but not before.

        An order that keeps the access from the family keeps this from it too.
        """
        access, question = DecisionId(row["decision_id"]), lifted(row["question"], Lift.DELAY_OVER)
        reach = await self.telling.reach(access)
        known, levels = await self.disclosing.views(PersonId(row["person"]), question, kind=str(note.kind))
        views = {
            viewer: min(level, View.DELAYED, key=STRICTEST.index) if reach.waits(viewer) else level
            for viewer, level in levels.items()
        }
        return replace(
            note,
            detail={**note.detail, "of_entry": access},
            views=views,
            question=question,
            epochs=tuple(sorted({*note.epochs, *known.epochs})),
        )
