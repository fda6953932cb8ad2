"""Of a retourbericht what it answers, its retourcodes and who signed it; and what it was answered with.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables to this revision."""
    with op.batch_alter_table("retour", schema=None) as batch_op:
        batch_op.add_column(sa.Column("run_id", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("retourcode", sa.String(length=4), nullable=True))
        batch_op.add_column(sa.Column("ondertekenaar", sa.String(length=64), nullable=True))
    op.create_table(
        "retour_signaal",
        sa.Column("retour_id", sa.String(length=64), nullable=False),
        sa.Column("signaal_id", sa.String(length=36), nullable=False),
        sa.Column("signaal_code", sa.String(length=20), nullable=False),
        sa.Column("retourcode", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(["retour_id"], ["retour.retour_id"]),
        sa.PrimaryKeyConstraint("retour_id", "signaal_id"),
    )
    op.create_table(
        "antwoord",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("retour_id", sa.String(length=64), nullable=False),
        sa.Column("ontvanger", sa.String(length=20), nullable=True),
        sa.Column("formaat", sa.String(length=4), nullable=False),
        sa.Column("inhoud", sa.Text(), nullable=False),
        sa.Column("gemaakt_op", sa.DateTime(timezone=True), nullable=False),
        sa.Column("geleverd_op", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.String(length=30), nullable=True),
        sa.PrimaryKeyConstraint("sha256"),
    )
    with op.batch_alter_table("antwoord", schema=None) as batch_op:
        batch_op.create_index("antwoord_open", ["geleverd_op", "ontvanger"], unique=False)


def downgrade() -> None:
    """Takes this revision back."""
    op.drop_table("antwoord")
    op.drop_table("retour_signaal")
    with op.batch_alter_table("retour", schema=None) as batch_op:
        for column in ("ondertekenaar", "retourcode", "run_id"):
            batch_op.drop_column(column)
