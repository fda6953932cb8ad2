"""By when a product was due and whether that was met; what waits for a person, and whom was told of it.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables to this revision."""
    op.create_table(
        "deadline",
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("periode", sa.String(length=7), nullable=False),
        sa.Column("uiterlijk", sa.Date(), nullable=False),
        sa.Column("gesteld_op", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gehaald_op", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gemist_op", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("product", "periode"),
    )
    op.create_table(
        "attendering",
        sa.Column("attendering_nr", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("soort", sa.String(length=20), nullable=False),
        sa.Column("onderwerp", sa.String(length=160), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("wijzer", sa.Text(), nullable=True),
        sa.Column("gevonden_op", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opgelost_op", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("attendering_nr"),
    )
    with op.batch_alter_table("attendering", schema=None) as batch_op:
        batch_op.create_index("attendering_open", ["opgelost_op", "soort"], unique=False)
    op.create_table(
        "attendering_bezorging",
        sa.Column("attendering_nr", sa.Integer(), nullable=False),
        sa.Column("kanaal", sa.String(length=10), nullable=False),
        sa.Column("pogingen", sa.Integer(), nullable=False),
        sa.Column("reden", sa.String(length=80), nullable=True),
        sa.Column("verteld_op", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["attendering_nr"], ["attendering.attendering_nr"]),
        sa.PrimaryKeyConstraint("attendering_nr", "kanaal"),
    )


def downgrade() -> None:
    """Takes this revision back."""
    op.drop_table("attendering_bezorging")
    op.drop_table("attendering")
    op.drop_table("deadline")
