"""Whether what a line names exists: a mistyped name in a refusal would stop nothing, and say that it had."""

from dataclasses import dataclass

from gateway.domain.consent import Directive, Names
from gateway.domain.errors import MalformedError
from gateway.domain.ids import FragmentId, PersonId
from gateway.domain.vocabulary import Role
from gateway.ports import ListStore, RegistryStore


@dataclass(frozen=True, slots=True)
class Naming:
    """Looks up agencies, workers, roles, purposes and categories; then, apart, the documents of a dossier."""

    registry: RegistryStore
    lists: ListStore
    purposes: frozenset[str]
    categories: frozenset[str]

    async def require_known(self, directive: Directive) -> None:
        """Look up what is the same for every caller and every person.

        Raises:
            MalformedError: A name that nobody and nothing has; the field says where, never which.
        """
        names = Names.of(directive)
        if not self.categories.issuperset(names.categories):
            raise MalformedError("a category is not in the vocabulary", field="categories")
        if not self.purposes.issuperset(names.purposes):
            raise MalformedError("a purpose is not in the vocabulary", field="purposes")
        if not frozenset(map(str, Role)).issuperset(names.roles):
            raise MalformedError("a role is not in the vocabulary", field="recipients")
        for agency in sorted(names.agencies):
            if await self.registry.row("agencies", agency) is None:
                raise MalformedError("there is no such agency", field="recipients")
        for worker in sorted(names.workers):
            row = await self.registry.row("workers", worker)
            if row is None:
                raise MalformedError("there is no such worker", field="recipients")

    async def require_in_dossier(self, directive: Directive, person: PersonId) -> None:
        """Look up the documents; only for a caller who may decide about this person.

        Raises:
            MalformedError: One is not of this person.
        """
        for fragment in sorted(Names.of(directive).fragments):
            row = await self.lists.fragment(FragmentId(fragment))
            if row is None or row["person"] != person:
                raise MalformedError("there is no such document in this dossier", field="fragments")
