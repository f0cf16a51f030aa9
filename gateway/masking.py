"""Which of the agencies that an answer names this family member may not be told of (domain rule 3.10, A7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from gateway.asking import Ask, Named
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.protecting import is_protected, named_by
from gateway.domain.vocabulary import Action
from gateway.ports import Clock, RegistryStore
from gateway.showing import bodies_of, protected_in

READING_FOR = "family_access"


@dataclass(frozen=True, slots=True)
class Mask:
    """A protected agency is told to the subject with standing, and to who named it in her own directive.

    Standing is the policy's word: she may read the log of a kind of document that this is about. A policy
    that does not answer gives none.
    """

    registry: RegistryStore
    ask: Ask
    clock: Clock

    async def __call__(
        self,
        caller: Caller,
        person: PersonId,
        agencies: Iterable[AgencyId],
        categories: Literal["any"] | tuple[str, ...] = "any",
    ) -> frozenset[AgencyId]:
        """Name those of these agencies that the caller may not be told of; none to the profession."""
        if not caller.is_family:
            return frozenset()
        named = frozenset(agencies)
        protected = protected_in(await bodies_of(self.registry, named))
        hidden = frozenset(one for one in named if is_protected(one, protected))
        if hidden:
            hidden -= named_by(await self.registry.directives(person), caller.person)
        if hidden and caller.person == person and await self._decides(caller, person, categories):
            return frozenset()
        return hidden

    async def _decides(
        self, caller: Caller, person: PersonId, categories: Literal["any"] | tuple[str, ...]
    ) -> bool:
        stand = await self.registry.stand(caller, person, self.clock.now())
        if stand is None:
            return False
        about = Named("agencies", "any", categories)
        return (await self.ask(stand, Action.READ_AUDIT, READING_FOR, about)).decision.permitted
