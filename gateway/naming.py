"""Whether what a line names exists: a mistyped name in a refusal would stop nothing, and say that it had."""

from dataclasses import dataclass

from gateway.domain.acting import Stand
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive, Names
from gateway.domain.errors import MalformedError
from gateway.domain.findings import FindingKind
from gateway.domain.ids import FragmentId
from gateway.domain.vocabulary import Role
from gateway.knowing import Knowing
from gateway.ports import RegistryStore


@dataclass(frozen=True, slots=True)
class Naming:
    """Looks up agencies, roles, purposes, categories; then, apart, people and the documents of a dossier."""

    registry: RegistryStore
    knowing: Knowing
    purposes: frozenset[str]
    categories: frozenset[str]

    async def require_known(self, directive: Directive) -> None:
        """Look up what is the same for every caller and every person.

        Raises:
            MalformedError: A name that nobody and nothing has; the field says where, never which.
        """
        await self.require_known_names(Names.of(directive))

    async def require_known_names(self, names: Names) -> None:
        """Look up what does not depend on who is asked about: not people, not documents.

        Raises:
            MalformedError: As for a directive.
        """
        if not self.categories.issuperset(names.categories):
            raise MalformedError("a category is not in the vocabulary", field="categories")
        if not self.purposes.issuperset(names.purposes):
            raise MalformedError("a purpose is not in the vocabulary", field="purposes")
        if not frozenset(map(str, Role)).issuperset(names.roles):
            raise MalformedError("a role is not in the vocabulary", field="recipients")
        for field, agencies in (("recipients", names.agencies), ("owners", names.owners)):
            for agency in sorted(agencies):
                if await self.registry.row("agencies", agency) is None:
                    raise MalformedError("there is no such agency", field=field)

    async def require_known_here(
        self, directive: Directive, stand: Stand, caller: Caller, purpose: str
    ) -> None:
        """Look up people and documents; only for a caller who may decide about this person.

        A person is a worker, of the agency beside her if one is named, or somebody of the family. A committee
        is a session about this person: its agencies were frozen when it was recorded (domain rule C13). A
        document that is hidden from the caller is as if there were none.

        Raises:
            MalformedError: A worker who is none, or a session or document that is not of this person.
            PolicyUnavailableError: What she may know of cannot be asked now.
        """
        names = Names.of(directive)
        family = {viewer.person for viewer in stand.viewers}
        for person, agency in sorted(names.people, key=str):
            if person in family and agency is None:
                continue
            row = await self.registry.row("workers", person)
            if row is None or agency not in {None, row["agency"]}:
                raise MalformedError("there is no such person", field="recipients")
        sessions = {one.id for one in stand.findings if one.kind is FindingKind.SESSION}
        if not sessions.issuperset(names.committees):
            raise MalformedError("there is no such session about this person", field="recipients")
        for fragment in sorted(names.fragments):
            asked = FragmentId(fragment)
            if not await self.knowing.may_name(
                caller, stand.person, asked, purpose=purpose, giver=directive.giver
            ):
                raise MalformedError("there is no such document in this dossier", field="fragments")
