"""Change how a fragment, or its sections, are labelled: its owner's act."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.errors import PreconditionRequiredError
from gateway.domain.fragment import NewLabels, SectionChange, check_labels
from gateway.domain.ids import AgencyId, FragmentId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import Sensitivity
from gateway.ports import ActStore, ListStore
from gateway.registering import Errand, Registrar
from gateway.showing import Cell, Show, Shown


@dataclass(frozen=True, slots=True)
class Relabelling:
    """What is left out stays; `sections` names only those whose labels change."""

    caller: Caller
    fragment: FragmentId
    if_match: str | None
    category: str | None = None
    sensitivity: Sensitivity | None = None
    youth_alone: bool | None = None
    sections: tuple[SectionChange, ...] = ()
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class RelabelFragment:
    """The label never falls below the highest of the sections' (domain rule C5)."""

    lists: ListStore
    acts: ActStore
    registrar: Registrar
    show: Show
    categories: frozenset[str]

    async def __call__(self, asked: Relabelling) -> Done | Refused:
        """Relabel; `reference` is `{fragment, etag, sensitivity}`.

        Raises:
            PreconditionRequiredError: No etag.
            PreconditionFailedError: The fragment has changed.
            MalformedError: A category outside the vocabulary, or a section that is not there.
        """
        if_match = asked.if_match
        if if_match is None:
            raise PreconditionRequiredError("a change needs If-Match", field="If-Match")
        # 1. Only the owner's own; anybody else's is as if it did not exist.
        row = await self.lists.fragment(asked.fragment)
        own = row is not None and asked.caller.belongs_to(AgencyId(row["owner"]))
        errand = Errand(
            asked.caller,
            Act.RELABEL,
            EntryKind.RELABELLED,
            asked.caller.agency if own else None,
            {"asked": asked.fragment, "sections": [one.to_json() for one in asked.sections]},
            PersonId(row["person"]) if row is not None and own else None,
            asked.once,
            narrows=row is not None and _only_raises(asked, row),
        )
        if row is None or not own:
            return await self.registrar(errand, self.acts.note_act)

        # 2. Write the new labels, if the fragment is still as the caller saw it.
        async def do(note: Note) -> Done:
            labels = self._labels(asked, row)
            detail = {**note.detail, "category": labels.category, "sensitivity": str(labels.sensitivity)}
            owner = AgencyId(row["owner"])
            told = replace(note, detail=detail, fragment=asked.fragment, owner=owner)
            told = replace(told, tells={"category": labels.category})
            told = await self.show(told, self._shown(asked, row, labels))
            return await self.acts.relabel(told, asked.fragment, labels, if_match)

        return await self.registrar(errand, do)

    def _shown(self, asked: Relabelling, row: Mapping[str, Any], labels: NewLabels) -> Shown:
        """It concerns the fragment as it was and as it becomes: what is hidden from either side stays so."""
        after = Cell(AgencyId(row["owner"]), labels.category, asked.fragment, labels.youth_alone)
        return Shown(asked.caller, EntryKind.RELABELLED, (asked.fragment,), cells=(after,))

    def _labels(self, asked: Relabelling, row: Mapping[str, Any]) -> NewLabels:
        labels = NewLabels(
            category=asked.category or row["category"],
            sensitivity=asked.sensitivity or Sensitivity(row["sensitivity"]),
            youth_alone=bool(row["youth_alone"]) if asked.youth_alone is None else asked.youth_alone,
            sections=asked.sections,
        )
        check_labels(labels, categories=self.categories)
        return labels


def _only_raises(asked: Relabelling, row: Mapping[str, Any]) -> bool:
    """Whether the fragment as a whole becomes more delicate, or the youth's alone, and nothing else."""
    if asked.category is not None or asked.sections or asked.youth_alone is False:
        return False
    return asked.sensitivity is None or asked.sensitivity >= Sensitivity(row["sensitivity"])
