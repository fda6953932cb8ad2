"""Attempts to deliver, each with how it ended.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables to this revision."""
    op.create_table(
        "poging",
        sa.Column("poging_nr", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("ontvanger", sa.String(length=20), nullable=False),
        sa.Column("kanaal", sa.String(length=40), nullable=False),
        sa.Column("uitkomst", sa.String(length=10), nullable=False),
        sa.Column("reden", sa.String(length=80), nullable=True),
        sa.Column("op", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("poging_nr"),
    )
    with op.batch_alter_table("poging", schema=None) as batch_op:
        batch_op.create_index("poging_uitlevering", ["run_id", "ontvanger"], unique=False)


def downgrade() -> None:
    """Takes this revision back."""
    op.drop_table("poging")
