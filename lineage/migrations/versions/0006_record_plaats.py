"""record_plaats: where the records of a levering stand."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"


def upgrade() -> None:
    """Brings the tables to this revision."""
    op.create_table(
        "record_plaats",
        sa.Column("levering_nr", sa.Integer(), sa.ForeignKey("levering.levering_nr"), nullable=False),
        sa.Column("tabel", sa.String(length=80), nullable=False),
        sa.Column("na_record", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bestand_nr", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("levering_nr", "tabel", "na_record"),
    )


def downgrade() -> None:
    """Brings the tables back to the revision before."""
    op.drop_table("record_plaats")
