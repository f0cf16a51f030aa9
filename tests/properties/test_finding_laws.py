"""Laws of findings that the journal narrows again: nothing comes back, whatever the order."""

from functools import reduce
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.domain.findings import Finding, FindingKind
from gateway.domain.ids import FindingId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.meetings import TransferState, sitting_in, transferred_to
from gateway.domain.narrowing import as_narrow_as

WORKERS = ("w:1", "w:2", "w:3")

SHUT = (TransferState.DECLINED, TransferState.REFUSED_BY_FAMILY)

ends = st.one_of(st.none(), st.integers(1, 100).map(Instant))
some = st.lists(st.sampled_from(WORKERS), unique=True).map(sorted)
instants = st.integers(0, 100).map(Instant)


def _revisions(kind: FindingKind, document: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Finding]]:
    one = st.builds(
        Finding,
        st.just(FindingId("fnd_1")),
        st.just(PersonId("per_1")),
        st.just(kind),
        document,
        until_at=st.none() if kind is FindingKind.TRANSFER else ends,
    )
    return st.lists(one, min_size=3, max_size=3)


sessions = st.fixed_dictionaries({"members": st.just(list(WORKERS)), "recused": some, "package": st.just([])})
transfers = st.fixed_dictionaries(
    {
        "state": st.sampled_from(TransferState).map(str),
        "signed": some,
        "to_person": st.just("w:1"),
        "package": st.just([]),
    }
)
revisions = st.one_of(
    _revisions(FindingKind.SESSION, sessions),
    _revisions(FindingKind.TRANSFER, transfers),
    _revisions(FindingKind.AGREEMENT, st.just({})),
    _revisions(FindingKind.HARM, st.just({})),
)


def _open_to(finding: Finding, at: Instant) -> set[str]:
    readers = {name for members, _ in sitting_in([finding], at) for name in members}
    return readers | {name for name, _ in transferred_to([finding])}


@given(revisions, instants)
def test_narrowing_a_finding_again_opens_it_to_nobody(three: list[Finding], at: Instant) -> None:
    standing, told, _ = three
    narrowed = as_narrow_as(standing, told)
    assert _open_to(narrowed, at) <= _open_to(standing, at)
    if standing.kind is FindingKind.HARM:
        assert narrowed.until_at == standing.until_at
    else:
        assert standing.holds_at(at) or not narrowed.holds_at(at)


@given(
    st.one_of(_revisions(FindingKind.SESSION, sessions), _revisions(FindingKind.TRANSFER, transfers)),
    instants,
)
def test_whom_another_revision_had_shut_out_is_shut_out(three: list[Finding], at: Instant) -> None:
    standing, told, _ = three
    assume(told.document.get("state", SHUT[0]) in SHUT)
    assert _open_to(as_narrow_as(standing, told), at) <= _open_to(told, at)


@given(revisions)
def test_in_any_order_and_again_it_comes_to_the_same(three: list[Finding]) -> None:
    standing, one, other = three
    ways = [reduce(as_narrow_as, told, standing) for told in ([one, other], [other, one], [one, other, one])]
    assert all((way.document, way.until_at) == (ways[0].document, ways[0].until_at) for way in ways)
    assert as_narrow_as(ways[0], one) is ways[0]
