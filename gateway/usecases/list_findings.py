"""List what was found about a person: her capacity, or the harm that a reading would do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.determining import Determine
from gateway.domain.access import Refused
from gateway.domain.acts import NO_LINK, Act
from gateway.domain.caller import Caller
from gateway.domain.findings import Finding, FindingKind
from gateway.domain.instants import to_text
from gateway.domain.registry import PAGE, Page

_ACTS = {FindingKind.CAPACITY: Act.RECORD_CAPACITY, FindingKind.HARM: Act.DETERMINE_HARM}
_TOLD = {
    FindingKind.CAPACITY: ("category", "capable", "assessed_by"),
    FindingKind.HARM: ("to", "categories", "fragment"),
}


@dataclass(frozen=True, slots=True)
class ListFindings:
    """Capacity: to who may know of her dossier. Harm: to who determined it.

    Grounds are shown to nobody here.
    """

    determine: Determine

    async def __call__(
        self, caller: Caller, kind: FindingKind, handle: str, *, after: str = ""
    ) -> Page | Refused:
        """Give `{id, from, until, ...}` of the person behind a handle, ended ones included, by id."""
        registry = self.determine.registry
        person = await registry.person_of_handle(caller.agency, handle)
        objection = await self.determine.knowing.objection(caller, person)
        if kind is FindingKind.HARM and caller.agency is None:
            objection = NO_LINK  # That there is a determination is what must not be known.
        detail = {"act": "list_findings", "of": str(kind)}
        refused = await self.determine.read(caller, _ACTS[kind], detail, person, objection)
        if refused is not None or person is None:
            return refused or Page((), None)
        found = [
            one
            for one in await registry.findings(person)
            if one.kind is kind
            and one.id > after
            and one.document.get("owner", caller.agency) == caller.agency
        ]
        return Page.of([_row(one) for one in found[: PAGE + 1]], PAGE)


def _row(one: Finding) -> Mapping[str, Any]:
    period = {"from": one.from_at, "until": one.until_at}
    told = {name: None if bound is None else to_text(bound) for name, bound in period.items()}
    return {"id": one.id, **{name: one.document[name] for name in _TOLD[one.kind]}, **told}
