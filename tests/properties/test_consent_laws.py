"""Laws of consents, as a family would state them."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.sql.directives import from_row, to_row
from gateway.domain.consent import ConsentStatus, Directive, ReachKind, Recipient, StopReach, caller_keys
from gateway.domain.ids import AgencyId, ConsentId, FragmentId, PersonId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.stopping import refusal_within, stopped_by, withdrawn
from gateway.domain.vocabulary import Sensitivity

AGENCIES = ("a", "a/x", "a/x/y", "b", "b/x", "ab")
ROLES = ("caseworker", "pivot")
ACCOUNTS = ("w:1", "w:2")
COMMITTEES = ("com_1", "com_2")
CATEGORIES = ("education", "mental_health")

agencies = st.sampled_from(AGENCIES).map(AgencyId)
instants = st.integers(0, 100).map(Instant)
recipients = st.one_of(
    st.builds(Recipient, agency=agencies, include_units=st.booleans()),
    st.builds(Recipient, agency=agencies, role=st.sampled_from(ROLES)),
    st.builds(Recipient, agency=agencies, role=st.sampled_from(ROLES), include_units=st.just(value=True)),
    st.builds(Recipient, person=st.sampled_from(ACCOUNTS)),
    st.builds(Recipient, person=st.sampled_from(ACCOUNTS), agency=agencies),
    st.builds(Recipient, committee=st.sampled_from(COMMITTEES)),
)
reaches = st.one_of(
    st.just(StopReach(ReachKind.ALL)),
    st.builds(StopReach, st.just(ReachKind.AGENCY), agency=agencies, include_units=st.booleans()),
    st.builds(StopReach, st.just(ReachKind.CATEGORY), category=st.sampled_from(CATEGORIES)),
    st.builds(StopReach, st.just(ReachKind.DOCUMENT), fragment=st.sampled_from(["f1", "f2"]).map(FragmentId)),
)


def _some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


directives = st.builds(
    Directive,
    id=st.sampled_from(["cns_1", "cns_2"]).map(ConsentId),
    version=st.integers(1, 3),
    subject=st.just(PersonId("per_child")),
    giver=st.sampled_from(["per_mother", "per_father"]).map(PersonId),
    given_as=st.sampled_from(["self", "guardian"]),
    decision=st.sampled_from(["permit", "deny"]),
    recipients=st.one_of(st.just("any"), st.lists(recipients, min_size=1, max_size=3).map(tuple)),
    owners=st.one_of(st.just("any"), _some(AGENCIES)),
    purposes=st.one_of(st.just("any"), _some(("assessment", "legal"))),
    categories=st.one_of(st.just("any"), _some(CATEGORIES)),
    from_at=instants,
    until_at=st.one_of(st.none(), instants),
    max_sensitivity=st.one_of(st.none(), st.sampled_from(Sensitivity)),
    data_period=st.one_of(st.none(), st.tuples(st.one_of(st.none(), instants), instants)),
    fragments=st.one_of(st.none(), _some(("f1", "f2"))),
    one_time=st.booleans(),
    notify_family=st.booleans(),
    exceptions=st.sampled_from([(), ({"decision": "deny", "categories": ["education"]},)]),
    status=st.sampled_from([ConsentStatus.ACTIVE, ConsentStatus.SUPERSEDED, ConsentStatus.WITHDRAWN]),
    withdrawn_at=st.one_of(st.none(), instants),
    used=st.booleans(),
    reach=st.one_of(st.none(), reaches),
)


def _names(recipient: Recipient, caller: tuple[str, AgencyId, str, str]) -> bool:
    """Matching as the policy does it, written once more from the rule: all that is named must agree."""
    account, agency, role, committee = caller
    units = parents_of(agency) if recipient.include_units else (agency,)
    return (
        recipient.person in {None, account}
        and recipient.role in {None, role}
        and (recipient.agency is None or recipient.agency in units)
        and recipient.committee in {None, committee}
    )


def _lets_in(line: Directive, caller: tuple[str, AgencyId, str, str]) -> bool:
    return line.recipients == "any" or any(_names(one, caller) for one in line.recipients)


@given(directives, st.sampled_from(ACCOUNTS), agencies, st.sampled_from(ROLES), st.sampled_from(COMMITTEES))
def test_whoever_a_line_names_finds_it_by_the_index(
    line: Directive, account: str, agency: AgencyId, role: str, committee: str
) -> None:
    named = _lets_in(line, (account, agency, role, committee))
    found = not line.index_keys.isdisjoint(caller_keys(account, agency, role, [committee]))
    assert found or not named


@given(directives, instants, instants)
def test_withdrawing_never_opens_a_door(line: Directive, when: Instant, at: Instant) -> None:
    assert line.is_over(at) <= withdrawn(line, when).is_over(at)


@given(directives, instants, instants)
def test_what_is_withdrawn_stays_over(line: Directive, when: Instant, later: Instant) -> None:
    assert withdrawn(line, when).is_over(Instant(max(when, later)))


@given(reaches, st.lists(directives, max_size=5), instants)
def test_what_a_stop_withdraws_is_hers_and_lies_inside_its_reach(
    reach: StopReach, lines: list[Directive], at: Instant
) -> None:
    giver = PersonId("per_mother")
    for one in stopped_by(reach, giver, lines, at):
        assert (one.giver, one.decision) == (giver, "permit")
        assert not one.is_over(at)
        if reach.kind is ReachKind.CATEGORY:
            assert set(one.categories) == {reach.category}
        if reach.kind is ReachKind.DOCUMENT:
            assert set(one.fragments or ()) == {reach.fragment}


@given(reaches, directives, agencies, st.sampled_from(ROLES))
def test_whoever_a_withdrawn_permit_let_in_is_refused_by_the_stop(
    reach: StopReach, line: Directive, agency: AgencyId, role: str
) -> None:
    """The refusal covers every caller that the permits it withdrew did, so that no other lets them in."""
    refusal = refusal_within(reach, (ConsentId("cns_stop"), line.subject), line.giver)
    caller = ("w:none", agency, role, "com_none")
    permitted = line.recipients != "any" and _lets_in(line, caller)
    refused = _lets_in(refusal, caller)
    assert refused or not (permitted and reach.holds(line))


@given(reaches, st.lists(agencies, unique=True))
def test_a_stopped_agency_is_never_locked_out_of_its_own_file(
    reach: StopReach, owners: list[AgencyId]
) -> None:
    bound = reach.owners(owners)
    if reach.kind is ReachKind.AGENCY:
        assert all(reach.agency not in parents_of(owner) for owner in bound)
    else:
        assert bound == owners


@given(directives)
def test_a_line_is_read_back_from_its_row_as_it_was(line: Directive) -> None:
    assert from_row(to_row(line)) == line
