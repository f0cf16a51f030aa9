"""Bring the workers of an agency to what a list of at most 1,000 lines says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.access import Recorded, Refused
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId
from gateway.domain.ledger import EntryKind
from gateway.domain.workforce import (
    IN_ONE_ACT,
    Answered,
    LineCode,
    LineOutcome,
    ListedWorker,
    WorkerLine,
    read_lines,
)
from gateway.ports import LedgerStore, OnboardingStore
from gateway.registering import Errand, Registrar, proven


@dataclass(frozen=True, slots=True)
class Imported:
    """`answers` in the order of the lines; `proven` is None where nothing was taken away from anybody."""

    answers: Sequence[Answered]
    entries: Sequence[Recorded]
    proven: bool | None


@dataclass(frozen=True, slots=True)
class ImportWorkers:
    """By an administrator of the agency itself, or of the body that it is a unit of; nobody else's list.

    Whom the list does not name stays as she is: a worker leaves by `active` false, never by being forgotten.
    Each hundred lines are an act of their own, so that the same list sent again goes on where it was cut.
    """

    registrar: Registrar
    store: OnboardingStore
    ledger: LedgerStore

    async def __call__(
        self, caller: Caller, agency: AgencyId, lines: Sequence[WorkerLine], *, dry_run: bool = False
    ) -> Imported | Refused:
        """Answer each line; a dry run changes nothing, and is an entry all the same.

        Raises:
            MalformedError: No line, or more than 1,000.
        """
        read, refused = read_lines(lines)
        batches = [read[first : first + IN_ONE_ACT] for first in range(0, len(read), IN_ONE_ACT)] or [()]
        answers: list[Answered] = list(refused)
        entries: list[Recorded] = []
        is_proven: bool | None = None
        for number, batch in enumerate(batches):
            done = await self._one(caller, agency, batch, dry_run=dry_run)
            if isinstance(done, Refused):
                if number == 0:
                    return done
                rest = [one for later in batches[number:] for one in later]
                answers += [Answered.refused(one.line, LineCode.NOT_DONE) for one in rest]
                break
            told, entry, narrowed = done
            answers += told
            entries += [] if entry is None else [entry]
            is_proven = is_proven if narrowed is None else narrowed and is_proven is not False
        return Imported(sorted(answers, key=lambda one: one.line), entries, is_proven)

    async def _one(
        self, caller: Caller, agency: AgencyId, batch: Sequence[ListedWorker], *, dry_run: bool
    ) -> tuple[Sequence[Answered], Recorded | None, bool | None] | Refused:
        kind = EntryKind.LISTED if dry_run else EntryKind.WORKERS_IMPORTED
        detail = {"agency": agency, "dry_run": dry_run}
        # Who is disabled gets nothing, whatever else her line says.
        narrows = all(one.active is False for one in batch)
        errand = Errand(caller, Act.ADMINISTER_AGENCY, kind, agency, detail, narrows=narrows)
        done = await self.registrar(
            errand, lambda note: self.store.import_workers(note, agency, batch, dry_run=dry_run)
        )
        if isinstance(done, Refused):
            return done
        narrowed = None
        if done.reference["narrows"]:
            narrowed = (await proven(done, self.ledger)).proven
        return [_answer_of(one) for one in done.reference["answers"]], done.entry, narrowed


def _answer_of(told: Mapping[str, Any]) -> Answered:
    code = told["code"]
    return Answered(told["line"], LineOutcome(told["outcome"]), None if code is None else LineCode(code))
