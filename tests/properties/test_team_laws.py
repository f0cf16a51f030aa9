"""Through a team a worker is assigned exactly when one assignment in the shared period would do it."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, StaticPool, and_, bindparam, create_engine, insert

from gateway.adapters.sql.relations import assigned_now, periods
from gateway.adapters.sql.tables import assignments, metadata, team_assignments, team_duties, team_gaps

WORKER, OTHER, PERSON = "w:one", "w:two", "p:zoe"
Span = tuple[int, int | None]
instants = st.integers(min_value=0, max_value=12)
spans = st.tuples(instants, st.one_of(st.none(), instants))

NOW = assigned_now(lambda worker, person: and_(worker == bindparam("w"), person == bindparam("p")), "worker")
ALL = periods(lambda worker, person: and_(worker == bindparam("w"), person == bindparam("p")))


def shared(one: Span, other: Span) -> Span:
    """The period that two periods have in common, by hand."""
    ends = [end for end in (one[1], other[1]) if end is not None]
    return max(one[0], other[0]), min(ends) if ends else None


def covers(span: Span, at: int) -> bool:
    return span[0] <= at and (span[1] is None or at < span[1])


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine, tables=[assignments, team_duties, team_assignments, team_gaps])
    yield engine
    engine.dispose()


@settings(max_examples=200, deadline=None)
@given(duty=spans, assigned=spans, at=instants, left_out=st.booleans())
def test_a_duty_and_a_teams_assignment_are_one_assignment_in_the_period_they_share(
    engine: Engine, duty: Span, assigned: Span, at: int, *, left_out: bool
) -> None:
    single = shared(duty, assigned)
    with engine.connect() as tx:  # Never committed: the next example finds nothing of this one.
        named = {"id": "d", "team": "t", "worker": WORKER, "duty": "member"}
        tx.execute(insert(team_duties).values(**named, from_at=duty[0], until_at=duty[1]))
        to = {"id": "a", "team": "t", "person": PERSON, "from_at": assigned[0], "until_at": assigned[1]}
        tx.execute(insert(team_assignments).values(**to))
        if left_out:
            tx.execute(insert(team_gaps).values(duty="d", person=PERSON))
        alone = {"id": "s", "worker": OTHER, "person": PERSON, "from_at": single[0], "until_at": single[1]}
        tx.execute(insert(assignments).values(**alone))
        when = {"p": PERSON, "started_by": at, "until_after": at}
        through = tx.execute(NOW, {"w": WORKER, **when}).first() is not None
        by_herself = tx.execute(NOW, {"w": OTHER, **when}).first() is not None
        rows = tx.execute(ALL, {"w": WORKER, "p": PERSON}).all()
    assert through == (by_herself and not left_out) == (covers(single, at) and not left_out)
    assert [(row.from_at, row.until_at) for row in rows] == ([] if left_out else [single])
