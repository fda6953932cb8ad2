"""Of the outcome rows, which were not told of yet: a process may be killed between entering one and telling it.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables to this revision."""
    op.create_table(
        "onverzonden",
        sa.Column("stap_nr", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["stap_nr"], ["stap.stap_nr"]),
        sa.PrimaryKeyConstraint("stap_nr"),
    )


def downgrade() -> None:
    """Takes this revision back."""
    op.drop_table("onverzonden")
