"""What every table is made with."""

from sqlalchemy import BigInteger, Column, MetaData, Text

metadata = MetaData()


def id_column(name: str = "id") -> Column[str]:
    return Column(name, Text, primary_key=True)


def at_column(name: str, *, nullable: bool = True) -> Column[int]:
    """An instant: whole microseconds since 1970, UTC."""
    return Column(name, BigInteger, nullable=nullable)
