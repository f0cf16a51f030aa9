"""Which accounts one human has: those that one token subject stands behind."""

from sqlalchemy import bindparam, or_, select
from sqlalchemy.sql.elements import ColumnElement

from gateway.adapters.sql.tables import accounts


def of_one_human(name: str) -> ColumnElement[bool]:
    """The condition that an account is the one bound to `name`, or of the same identity.

    An account without an identity is nobody else's: null equals nothing.
    """
    one = accounts.alias("one")
    identity = select(one.c.identity).where(one.c.id == bindparam(name)).scalar_subquery()
    return or_(accounts.c.id == bindparam(name), accounts.c.identity == identity)
