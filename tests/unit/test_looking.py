"""Looking: lists that hide, and decisions without content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from gateway.domain.access import Query, Recorded, Refused, Stated
from gateway.domain.caller import Caller
from gateway.domain.facts import Attempt, Epochs, Facts, FragmentRef, Stretch, Turned
from gateway.domain.ids import ConsentId, DossierId, FragmentId
from gateway.domain.instants import FAR_FUTURE, Instant
from gateway.domain.keys import KeyPath
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import Role
from gateway.judging import Foretold, Inquiry, Judge
from gateway.ports import ListStore, ReleaseStore
from gateway.usecases.decide_dry_run import DecideDryRun
from gateway.usecases.list_consents import ConsentPage, ConsentsAsked, ListConsents
from gateway.usecases.list_dossier import ListDossier, Listing, Page
from gateway.usecases.read_consent import ConsentAsked, ConsentRead, ReadConsent
from tests.support.consents import CHILD, FATHER, MOTHER, SCHOOL, a_permit
from tests.support.made_up_policy import MadeUpPolicy
from tests.support.made_up_stores import People
from tests.support.registry import AT, a_caller
from tests.support.world import World

WORKER = a_caller(Role.CASEWORKER)
BY_MOTHER = a_caller(Role.GUARDIAN, account=MOTHER)
PATH = KeyPath(SCHOOL, 1, b"", CHILD, 1, b"")


def facts_of(name: str, purpose: str = "assessment") -> Facts:
    document = {"fragment": {"id": name}, "purpose": purpose, "context": {"consent_model": "express"}}
    ref = FragmentRef(FragmentId(name), 1, DossierId("dos_1"), CHILD, SCHOOL, "education", PATH, b"")
    epochs = ((f"person:{CHILD}", 7),)
    return Facts(Query.of(document), epochs, AT, FAR_FUTURE, ref, (), frozenset(), "0" * 64)


@dataclass
class Shelf:
    """The fragments of one dossier, in the order of their ids; any other id is a decoy's."""

    names: Sequence[str] = ()
    turned: list[Turned] = field(default_factory=list)
    recorded: list[Attempt] = field(default_factory=list)
    digests: Mapping[str, str] = field(default_factory=dict)
    epochs: Epochs = ()
    pages: list[Stretch] = field(default_factory=list)

    def _facts(self, name: str, purpose: str, *, n: int = 0, every: bool = False) -> Facts:
        found = facts_of(name, purpose)
        epochs = (*found.epochs, *self.epochs[n : n + 1])
        query = Query.of({**found.query.document, "consents": ["ended"] if every else []})
        digest = self.digests.get(name, "0" * 64)
        return replace(found, query=query, epochs=epochs, policy_digest=digest)

    async def dossier(self, caller: Caller, dossier: DossierId, now: Instant) -> Mapping[str, Any] | None:
        del caller, now
        return {"person": CHILD} if dossier == "dos_1" else None

    async def dossier_facts(
        self, caller: Caller, page: Stretch, purpose: str, now: Instant
    ) -> Sequence[Facts]:
        del caller, now
        self.pages.append(page)
        names = [name for name in self.names if name > page.after][: page.limit]
        every = page.every_directive
        return [
            self._facts(name, purpose, n=self.pages[0].after != page.after, every=every) for name in names
        ]

    async def facts(
        self,
        caller: Caller,
        fragment: FragmentId,
        purpose: str,
        now: Instant,
        *,
        every_directive: bool,
        stated: Stated,
    ) -> Facts:
        del caller, now, every_directive, stated
        return self._facts(fragment if fragment in self.names else "decoy", purpose)

    async def record(self, attempt: Attempt) -> Recorded | Turned:
        if attempt.fenced and self.turned:
            return self.turned.pop()
        self.recorded.append(attempt)
        return Recorded(attempt.decision_id, 1, len(self.recorded), AT, bytes(32))


def lists(shelf: Shelf) -> ListStore:
    return cast("ListStore", shelf)


def releases(shelf: Shelf) -> ReleaseStore:
    return cast("ReleaseStore", shelf)


def judge(world: World, shelf: Shelf) -> Judge:
    return Judge(releases(shelf), world.policy, world.clock, None)


def listing(world: World, shelf: Shelf) -> ListDossier:
    found = judge(world, shelf)
    knowing = replace(world.knowing, lists=lists(shelf))
    rest = (world.policy, world.clock, world.ids)
    return ListDossier(found, lists(shelf), world.acts, world.refuse, *rest, knowing)


def hides(*names: str) -> MadeUpPolicy:
    """Hides these fragments, and the decoy, from a caller without a link."""
    return MadeUpPolicy(
        lambda one: "NO_RELATIONSHIP" if one["fragment"]["id"] in {*names, "decoy"} else "NO_CONSENT"
    )


async def test_a_list_shows_what_may_be_known_and_leaves_no_trace_of_the_rest() -> None:
    world, shelf = World(policy=hides("f2")), Shelf(["f1", "f2", "f3"])
    page = await listing(world, shelf)(Listing(WORKER, DossierId("dos_1"), "assessment"))
    assert isinstance(page, Page)
    assert [one.facts.fragment.id for one in page.shown] == ["f1", "f3"]
    assert page.next_after is None
    _, note, _ = world.book.done[0]
    assert (note.kind, [one["fragment"] for one in note.detail["shown"]]) == (EntryKind.LISTED, ["f1", "f3"])


async def test_hidden_fragments_do_not_shorten_a_page() -> None:
    names = [f"f{n:03d}" for n in range(120)]
    hidden = [name for name in names if int(name[1:]) < 60]
    world, shelf = World(policy=hides(*hidden)), Shelf(names)
    page = await listing(world, shelf)(Listing(WORKER, DossierId("dos_1"), "assessment"))
    assert isinstance(page, Page)
    assert [one.facts.fragment.id for one in page.shown] == names[60:110]
    last = Listing(WORKER, DossierId("dos_1"), "assessment", after=page.next_after or "")
    rest = await listing(world, shelf)(last)
    assert isinstance(rest, Page)
    assert [one.facts.fragment.id for one in rest.shown] == names[110:]
    assert max(world.policy.sizes) <= 50


async def test_hidden_fragments_at_the_end_do_not_announce_another_page() -> None:
    names = [f"f{n}" for n in range(5)]
    world, shelf = World(policy=hides("f2", "f3", "f4")), Shelf(names)
    page = await listing(world, shelf)(Listing(WORKER, DossierId("dos_1"), "assessment", limit=2))
    assert isinstance(page, Page)
    assert page.next_after is None


@pytest.mark.parametrize("names", [[], ["f1"]])
async def test_what_depends_on_the_caller_alone_is_refused_alike_for_every_dossier(names: list[str]) -> None:
    world = World(policy=MadeUpPolicy(lambda _: "PURPOSE_NOT_ALLOWED"))
    for dossier in ("dos_1", "dos_unknown"):
        answer = await listing(world, Shelf(names))(Listing(WORKER, DossierId(dossier), "audit"))
        assert isinstance(answer, Refused)
        assert answer.decision.reasons == ("PURPOSE_NOT_ALLOWED",)


async def test_an_unknown_dossier_is_refused_like_a_hidden_one() -> None:
    world = World(policy=hides())
    answer = await listing(world, Shelf())(Listing(WORKER, DossierId("dos_9"), "assessment"))
    assert isinstance(answer, Refused)
    assert not answer.decision.disclose_existence


async def test_a_list_without_policy_shows_nothing() -> None:
    world = World(policy=MadeUpPolicy(silent=True))
    answer = await listing(world, Shelf(["f1"]))(Listing(WORKER, DossierId("dos_1"), "assessment"))
    assert isinstance(answer, Refused)
    assert answer.unavailable


async def test_a_list_of_another_active_bundle_than_this_workers_shows_nothing() -> None:
    world = World(policy=MadeUpPolicy(digest="1" * 64))
    shelf = Shelf(["f1"], digests={"f1": "0" * 64, "decoy": "1" * 64})
    answer = await listing(world, shelf)(Listing(WORKER, DossierId("dos_1"), "assessment"))
    assert isinstance(answer, Refused)
    assert (answer.unavailable, answer.decision.reasons) == (True, ("POLICY_UNAVAILABLE",))


async def test_a_list_says_what_a_release_would_where_an_obligation_is_not_fulfilled() -> None:
    policy = MadeUpPolicy(owed=frozenset({"fly"}))
    world, shelf = World(policy=policy), Shelf(["f1"])
    page = await listing(world, shelf)(Listing(WORKER, DossierId("dos_1"), "assessment"))
    assert isinstance(page, Page)
    assert [(one.decision.permitted, one.decision.reasons) for one in page.shown] == [
        (False, ("OBLIGATION_UNMET",))
    ]
    assert world.book.done[0][1].detail["shown"][0]["reason"] == "OBLIGATION_UNMET"


async def test_a_list_gives_the_reason_that_all_directives_give() -> None:
    policy = MadeUpPolicy(
        lambda one: "CONSENT_WITHDRAWN" if one["consents"] and one["fragment"]["id"] == "f1" else "NO_CONSENT"
    )
    world, shelf = World(policy=policy), Shelf(["f1", "f2"])
    page = await listing(world, shelf)(Listing(WORKER, DossierId("dos_1"), "assessment"))
    assert isinstance(page, Page)
    assert [one.decision.reasons[0] for one in page.shown] == ["CONSENT_WITHDRAWN", "NO_CONSENT"]


async def test_a_list_rests_on_all_that_was_judged_for_it_shown_or_not() -> None:
    names = [f"f{n:02d}" for n in range(60)]
    world, shelf = World(policy=hides(*names)), Shelf(names, epochs=(("agency:t:a", 1), ("agency:t:b", 2)))
    page = await listing(world, shelf)(Listing(WORKER, DossierId("dos_1"), "assessment"))
    assert isinstance(page, Page)
    assert page.shown == ()
    wanted = {*WORKER.epochs, (f"person:{CHILD}", 7), ("agency:t:a", 1), ("agency:t:b", 2)}
    assert set(world.book.done[0][1].epochs) == wanted


def dry_run(world: World, shelf: Shelf) -> DecideDryRun:
    return DecideDryRun(releases(shelf), judge(world, shelf), world.ids)


async def test_a_dry_run_says_what_a_release_would_and_is_recorded_as_an_inquiry() -> None:
    shelf = Shelf(["f1"])
    answer = await dry_run(World(policy=hides()), shelf)(Inquiry(WORKER, FragmentId("f1"), "assessment"))
    assert isinstance(answer, Foretold)
    assert answer.decision.reasons == ("NO_CONSENT",)
    assert [one.kind for one in shelf.recorded] == [EntryKind.INQUIRED]
    assert shelf.recorded[0].uses == ()


async def test_a_dry_run_hides_what_a_release_would_hide() -> None:
    answer = await dry_run(World(policy=hides()), Shelf())(Inquiry(WORKER, FragmentId("f9"), "assessment"))
    assert isinstance(answer, Refused)
    assert not answer.decision.disclose_existence


async def test_a_dry_run_that_cannot_be_fenced_foretells_nothing() -> None:
    shelf = Shelf(["f1"], turned=[Turned.MOVED] * 3)
    answer = await dry_run(World(policy=hides()), shelf)(Inquiry(WORKER, FragmentId("f1"), "assessment"))
    assert isinstance(answer, Refused)
    assert (answer.unavailable, answer.decision.reasons) == (True, ("CONTENDED",))
    assert [one.fenced for one in shelf.recorded] == [False]


async def test_a_guardian_sees_her_own_words_and_of_anothers_the_state_only() -> None:
    world = World(people=People(lines=[a_permit("cns_a"), a_permit("cns_b", giver=FATHER)]))
    ask = ListConsents(
        world.registry, world.acts, world.ask, world.mask, world.refuse, world.policy, world.clock, world.ids
    )
    page = await ask(ConsentsAsked(BY_MOTHER, CHILD, "family_access"))
    assert isinstance(page, ConsentPage)
    own, other = (one.to_document() for one in page.shown)
    assert (own["own"], own["grantor"]["person"]) == (True, MOTHER)
    assert other.keys().isdisjoint({"grantor", "from", "withdrawn_at"})


async def test_when_the_policy_refuses_only_her_own_words_are_shown() -> None:
    people = People(lines=[a_permit("cns_a"), a_permit("cns_b", giver=FATHER)])
    world = World(policy=MadeUpPolicy(lambda _: "NO_AUTHORITY"), people=people)
    ask = ListConsents(
        world.registry, world.acts, world.ask, world.mask, world.refuse, world.policy, world.clock, world.ids
    )
    page = await ask(ConsentsAsked(BY_MOTHER, CHILD, "family_access"))
    assert isinstance(page, ConsentPage)
    assert [one.directive.id for one in page.shown] == ["cns_a"]
    read = ReadConsent(
        world.registry, world.acts, world.ask, world.mask, world.refuse, world.policy, world.clock, world.ids
    )
    assert isinstance(await read(ConsentAsked(BY_MOTHER, ConsentId("cns_a"), "family_access")), ConsentRead)
    assert isinstance(await read(ConsentAsked(BY_MOTHER, ConsentId("cns_b"), "family_access")), Refused)
