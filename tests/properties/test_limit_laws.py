"""Limits hold whatever is asked in whatever order: more than they allow never passes."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.sql.budgets import Purse
from gateway.domain.counts import Budget, Count, Over, Use
from gateway.domain.instants import Instant
from gateway.domain.limits import Limit, take

BEGIN = 1_800_000_000_000_000
SECOND = 1_000_000

limits = st.builds(
    Limit, st.integers(1, 700), st.integers(1, 4000), st.just("client"), st.just("tries"), st.just("refused")
)
asks = st.lists(
    st.tuples(st.integers(0, 900 * SECOND) | st.integers(0, 20), st.integers(1, 25)), min_size=1, max_size=60
)


def passed(limit: Limit, asked: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """When how many passed, each asked for so long after the one before."""
    now, arrival, found = BEGIN, 0, []
    for later, wanted in asked:
        now += later
        taken = take(limit, arrival, Instant(now), wanted)
        arrival = taken.arrival
        found.append((now, taken.given))
    return found


@given(limits, asks)
def test_in_no_time_pass_more_than_the_burst_and_what_the_rate_made_free(
    limit: Limit, asked: Sequence[tuple[int, int]]
) -> None:
    found = passed(limit, asked)
    for first, (begun, _) in enumerate(found):
        for last in range(first, len(found)):
            spent = found[last][0] - begun
            total = sum(given for _, given in found[first : last + 1])
            assert total <= limit.allowed + limit.allowed * spent / (limit.within_s * SECOND)


@given(limits, asks)
def test_whoever_waits_as_long_as_she_is_told_passes(limit: Limit, asked: Sequence[tuple[int, int]]) -> None:
    now, arrival = BEGIN, 0
    for later, wanted in asked:
        now += later
        taken = take(limit, arrival, Instant(now), wanted)
        arrival = taken.arrival
        if not taken.given:
            assert taken.wait_us > 0
            assert take(limit, arrival, Instant(now + taken.wait_us)).given == 1


@given(limits, st.integers(0, 10**6))
def test_who_asked_nothing_for_long_has_the_whole_burst_and_no_more(limit: Limit, long_ago: int) -> None:
    assert take(limit, BEGIN - long_ago, Instant(BEGIN), limit.allowed + 1).given == limit.allowed


subjects = st.sampled_from([f"p{number}" for number in range(6)])
counts = st.builds(
    lambda account, subject, urgent: Count(
        (Use(Budget.PERSONS_OF_ACCOUNT, account, subject), Use(Budget.PERSONS_OF_AGENCY, "a:one", subject)),
        urgent,
    ),
    st.sampled_from(("w:one", "w:two")),
    subjects,
    st.sampled_from((False, False, False, True)),
)
BUDGETS = {
    Budget.PERSONS_OF_ACCOUNT: Limit(2, 3600, "account", "", ""),
    Budget.PERSONS_OF_AGENCY: Limit(3, 3600, "agency", "", ""),
}


@given(st.lists(counts, max_size=40))
def test_a_group_lets_through_what_a_model_that_counts_sets_lets_through(group: Sequence[Count]) -> None:
    purse = Purse(Instant(BEGIN), BUDGETS, {})
    seen: dict[tuple[Budget, str], set[str]] = {}
    for count in group:
        own = [(seen.setdefault(use[:2], set()), use) for use in count.uses]
        fits = all(use.what in had or len(had) < BUDGETS[use.budget].allowed for had, use in own)
        answer = purse.judge(count)
        assert (answer is None) == (fits or count.urgent)
        if answer is None:
            for had, use in own:
                had.add(use.what)
        else:
            assert isinstance(answer, Over)
            assert 0 < answer.wait_s <= 3600
