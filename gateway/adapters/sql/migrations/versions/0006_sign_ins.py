"""Sign-ins, and the built-in client that they act through"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("strong", sa.Boolean(), nullable=False),
        sa.Column("enrolment", sa.Text(), nullable=True),
        sa.Column("flow", sa.LargeBinary(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("authenticated_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("value"),
        sa.UniqueConstraint("flow"),
    )
    op.create_index("sign_ins_account", "sign_ins", ["account", "opened_at"], unique=False)
    clients = sa.table("clients", sa.column("id"), sa.column("agency"), sa.column("status"))
    op.bulk_insert(clients, [{"id": "gateway:pages", "agency": None, "status": "active"}])


def downgrade() -> None:
    op.execute("DELETE FROM clients WHERE id = 'gateway:pages'")
    op.drop_table("sign_ins")
