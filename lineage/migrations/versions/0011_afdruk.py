"""Of the files that count, what they hold: the digest under which each was entered.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables to this revision."""
    op.create_table(
        "afdruk",
        sa.Column("plaats", sa.String(length=240), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("plaats", "sha256"),
    )


def downgrade() -> None:
    """Takes this revision back."""
    op.drop_table("afdruk")
