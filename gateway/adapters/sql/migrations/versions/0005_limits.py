"""What is counted within a time"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "counted",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("whose", sa.Text(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what"),
    )
    op.create_index("counted_until", "counted", ["until_at"], unique=False)
    op.create_index("counted_whose", "counted", ["whose", "until_at"], unique=False)
    op.create_table(
        "rates",
        sa.Column("whose", sa.Text(), nullable=False),
        sa.Column("arrival_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("whose"),
    )
    op.create_index("rates_arrival", "rates", ["arrival_at"], unique=False)


def downgrade() -> None:
    op.drop_table("rates")
    op.drop_table("counted")
