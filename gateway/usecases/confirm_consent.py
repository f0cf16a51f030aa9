"""Confirm a consent that waits: its giver by another way in, or a worker who has spoken with her."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.asking import consent_views
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import (
    INACTIVE,
    INVOLVED,
    NO_LINK,
    NOT_FOR_ROLE,
    Act,
    Objection,
    objection_to,
)
from gateway.domain.caller import Caller
from gateway.domain.confirming import SpokenWith, confirmed, is_involved, is_waiting
from gateway.domain.consent import WAITS, Directive
from gateway.domain.enrolments import EnrolmentId
from gateway.domain.ids import AgencyId, ConsentId
from gateway.domain.ledger import EntryKind
from gateway.domain.widening import is_doubtful
from gateway.ports import Clock, EnrolmentStore, RegistryStore
from gateway.registering import Errand, Registrar

TOO_WEAK = Objection("STRONG_AUTH_REQUIRED", hidden=False)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`spoken` is set where a worker says that she spoke with the giver."""

    caller: Caller
    consent: ConsentId
    spoken: SpokenWith | None = None
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class ConfirmConsent:
    """Writes the next version, which starts now; a check in code, which the entry names.

    Whether the giver decides was the policy's word when she gave it, and is again at each release.
    """

    registrar: Registrar
    registry: RegistryStore
    enrolments: EnrolmentStore
    clock: Clock

    async def __call__(self, asked: Confirmation) -> Done | Refused:
        """Confirm it; `reference` is `{consent, version, from_at}`.

        Raises:
            ConflictError: Another version has taken its place meanwhile.
        """
        line = await self.registry.directive(asked.consent)
        captures = {} if line is None else await self.registry.captures(asked.consent)
        capture = {} if line is None else captures.get(line.version, {})
        at = self.clock.now()
        waits = line is not None and is_waiting(line, capture, at)
        objection = await self._objection(asked, line if waits else None, capture)
        check = "own_other_way" if asked.spoken is None else "spoken_with"
        by = {"check": check, "account": asked.caller.account, **_how(asked.spoken)}
        errand = Errand(
            asked.caller,
            Act.CONFIRM_CONSENT,
            EntryKind.CONSENT_CONFIRMED,
            asked.caller.agency,
            {"consent": asked.consent, **by},
            person=None if line is None or objection == NO_LINK else line.subject,
            once=asked.once,
        )

        async def do(note: Note) -> Done:
            assert line is not None
            views = consent_views(asked.caller, line.giver)
            told = replace(note, views=views, consent=line.id, purpose="family_access")
            return await self.registrar.acts.give(
                told, confirmed(line, capture, by, at), (line.id, line.version)
            )

        return await self.registrar.judged(errand, objection, do)

    async def _objection(
        self, asked: Confirmation, line: Directive | None, capture: Mapping[str, Any]
    ) -> Objection | None:
        caller = asked.caller
        if caller.is_family:
            return self._to_family(asked, line)
        if asked.spoken is None:
            return NOT_FOR_ROLE if caller.active else INACTIVE
        known = line is not None and await self.registry.is_linked(caller, line.subject, self.clock.now())
        over = caller.agency if known else None
        no = objection_to(caller, Act.CONFIRM_CONSENT, over) or await self.registrar.acts.standing(caller)
        if no is not None or line is None or over is None:
            return no
        return INVOLVED if await self._is_involved(caller, over, line, capture) else None

    def _to_family(self, asked: Confirmation, line: Directive | None) -> Objection | None:
        caller = asked.caller
        if not caller.active:
            return INACTIVE
        if asked.spoken is not None:
            return NOT_FOR_ROLE
        if line is None or line.giver != caller.person:
            return NO_LINK
        return TOO_WEAK if is_doubtful(caller, self.clock.now()) else None

    async def _is_involved(
        self, caller: Caller, agency: AgencyId, line: Directive, capture: Mapping[str, Any]
    ) -> bool:
        enrolment = await self.enrolments.enrolment(EnrolmentId(capture[WAITS]["enrolment"]))
        beside = [None if enrolment is None else enrolment.agency]
        for one in () if line.recipients == "any" else line.recipients:
            if one.person is not None and one.agency is None:
                row = await self.registry.row("workers", one.person)
                beside.append(None if row is None else AgencyId(row["agency"]))
        if enrolment is None or is_involved(agency, line, tuple(beside)):
            return True
        # Under another account, of another agency, she is the same human.
        return await self.enrolments.is_party(caller, line, enrolment.printer)


def _how(spoken: SpokenWith | None) -> dict[str, str]:
    return {} if spoken is None else {"method": spoken.method, "words": spoken.words}
