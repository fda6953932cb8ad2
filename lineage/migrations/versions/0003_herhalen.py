"""herhalen."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Brings the tables to this revision."""
    op.create_table(
        "run_bestand",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("soort", sa.String(length=10), nullable=False),
        sa.Column("naam", sa.String(length=160), nullable=False),
        sa.Column("rijen", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("inhoud", sa.String(length=64), nullable=True),
        sa.Column("sleutelversie", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["productrun.run_id"]),
        sa.PrimaryKeyConstraint("run_id", "soort", "naam"),
    )
    with op.batch_alter_table("productrun", schema=None) as batch_op:
        batch_op.add_column(sa.Column("volledig", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("vastgelegd", sa.Text(), nullable=True))
    with op.batch_alter_table("uitlevering", schema=None) as batch_op:
        batch_op.add_column(sa.Column("vergeleken_met", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("vastgelegd", sa.Text(), nullable=True))


def downgrade() -> None:
    """Takes this revision back."""
    with op.batch_alter_table("uitlevering", schema=None) as batch_op:
        batch_op.drop_column("vastgelegd")
        batch_op.drop_column("vergeleken_met")
    with op.batch_alter_table("productrun", schema=None) as batch_op:
        batch_op.drop_column("vastgelegd")
        batch_op.drop_column("volledig")
    op.drop_table("run_bestand")
