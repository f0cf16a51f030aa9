"""What is counted, so that every process counts alike: keyed handles and instants, nothing else."""

from sqlalchemy import Column, Index, Table, Text

from gateway.adapters.sql.tables.making import at_column, id_column, metadata

counted = Table(
    "counted",
    metadata,
    id_column("what"),  # Handle of the budget, whose it is and what was asked about, in hex.
    Column("whose", Text, nullable=False),  # Handle of the budget and whose it is, in hex.
    at_column("until_at", nullable=False),
    Index("counted_whose", "whose", "until_at"),
    Index("counted_until", "until_at"),
)

rates = Table(
    "rates",
    metadata,
    id_column("whose"),  # Handle of the rate and whose it is, in hex.
    at_column("arrival_at", nullable=False),  # The theoretical arrival time of the next one.
    Index("rates_arrival", "arrival_at"),
)
