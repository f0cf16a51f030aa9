"""Who is assigned to whom, and when: by an assignment of her own, or through a team.

Through a team she is while three things hold at once: the team is assigned to the person, she is one of its
members or on call for it, and the person is none whom her duty leaves out. So a duty and the team's
assignment together are one assignment, in the period that they have in common.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, bindparam, case, or_, select, union_all

from gateway.adapters.sql.tables import assignments, team_assignments, team_duties, team_gaps

Narrow = Callable[[ColumnElement[str], ColumnElement[str]], ColumnElement[bool]]
"""Which workers and persons are meant, given both columns: put into every branch, for its index."""

_FROM = case(
    (team_duties.c.from_at >= team_assignments.c.from_at, team_duties.c.from_at),
    else_=team_assignments.c.from_at,
)
_UNTIL = case(
    (team_duties.c.until_at.is_(None), team_assignments.c.until_at),
    (team_assignments.c.until_at.is_(None), team_duties.c.until_at),
    (team_duties.c.until_at <= team_assignments.c.until_at, team_duties.c.until_at),
    else_=team_assignments.c.until_at,
)
_LEFT_OUT = (
    select(team_gaps.c.duty)
    .where(team_gaps.c.duty == team_duties.c.id, team_gaps.c.person == team_assignments.c.person)
    .correlate(team_duties, team_assignments)
    .exists()
)


def periods(narrow: Narrow) -> CompoundSelect[Any]:
    """Select `worker`, `person`, `from_at`, `until_at` of each; a period may end as it starts, or before."""
    return union_all(_of_their_own(narrow), _through_teams(narrow).where(~_LEFT_OUT))


def ever(narrow: Narrow) -> CompoundSelect[Any]:
    """The same, of whoever is or was assigned, a duty's left-out persons among them."""
    return union_all(_of_their_own(narrow), _through_teams(narrow))


def assigned_now(narrow: Narrow, column: str) -> Select[Any]:
    """Select one column, `worker` or `person`, of what covers an instant: `started_by` and `until_after`."""
    period = periods(narrow).subquery("period")
    return select(period.c[column]).where(
        and_(
            period.c.from_at <= bindparam("started_by"),
            or_(period.c.until_at.is_(None), period.c.until_at > bindparam("until_after")),
        )
    )


def _of_their_own(narrow: Narrow) -> Select[Any]:
    return select(
        assignments.c.worker, assignments.c.person, assignments.c.from_at, assignments.c.until_at
    ).where(narrow(assignments.c.worker, assignments.c.person))


def _through_teams(narrow: Narrow) -> Select[Any]:
    return (
        select(
            team_duties.c.worker,
            team_assignments.c.person,
            _FROM.label("from_at"),
            _UNTIL.label("until_at"),
        )
        .join_from(team_duties, team_assignments, team_assignments.c.team == team_duties.c.team)
        .where(narrow(team_duties.c.worker, team_assignments.c.person))
    )
