"""The made-up policy and the in-memory stores, joined as wiring would."""

from dataclasses import dataclass, field
from typing import cast

from gateway.asking import Ask, Refuse
from gateway.auditing import FamilyLog
from gateway.judging import Judge
from gateway.knowing import Knowing
from gateway.masking import Mask
from gateway.naming import Naming
from gateway.ports import ActStore, LedgerStore, ListStore, RegistryStore, ReleaseStore
from gateway.recalling import Recall
from gateway.showing import Show
from tests.support.made_up_policy import MadeUpPolicy
from tests.support.made_up_stores import Book, Chain, People
from tests.support.registry import Clock, Ids

CATEGORIES = frozenset({"education", "mental_health"})


@dataclass
class World:
    """All of it joined, as wiring would."""

    policy: MadeUpPolicy = field(default_factory=MadeUpPolicy)
    book: Book = field(default_factory=Book)
    people: People = field(default_factory=People)
    chain: Chain = field(default_factory=Chain)
    clock: Clock = field(default_factory=Clock)
    ids: Ids = field(default_factory=Ids)

    @property
    def acts(self) -> ActStore:
        return cast("ActStore", self.book)

    @property
    def registry(self) -> RegistryStore:
        return cast("RegistryStore", self.people)

    @property
    def ledger(self) -> LedgerStore:
        return cast("LedgerStore", self.chain)

    @property
    def ask(self) -> Ask:
        return Ask(self.registry, self.policy, self.clock, CATEGORIES)

    @property
    def show(self) -> Show:
        return Show(self.registry, cast("ListStore", self.people), self.policy, self.clock)

    @property
    def mask(self) -> Mask:
        return Mask(self.registry, self.ask, self.clock)

    @property
    def recall(self) -> Recall:
        return Recall(self.registry, cast("ListStore", self.people), self.policy, self.clock, frozenset())

    @property
    def family(self) -> FamilyLog:
        return FamilyLog(self.registry, self.ask, self.recall, self.clock)

    @property
    def knowing(self) -> Knowing:
        judge = Judge(cast("ReleaseStore", self.people), self.policy, self.clock, None)
        lists = cast("ListStore", self.people)
        return Knowing(self.registry, lists, judge, self.policy, self.clock, CATEGORIES, "QC-PRIV")

    @property
    def naming(self) -> Naming:
        purposes = frozenset({"service_delivery", "coordination"})
        return Naming(self.registry, self.knowing, purposes, CATEGORIES)

    @property
    def refuse(self) -> Refuse:
        return Refuse(self.acts, self.ids)
