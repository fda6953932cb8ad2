"""logsegment: when a segment of the processing log was entered, and under which version of the keys of the log."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Segments that were there get the moment of this migration, so that they are kept no shorter than their term."""
    with op.batch_alter_table("verwerkingslog") as batch:
        batch.add_column(sa.Column("op", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False))
        batch.add_column(sa.Column("sleutelversie", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    """Brings the tables back to the revision before."""
    with op.batch_alter_table("verwerkingslog") as batch:
        batch.drop_column("sleutelversie")
        batch.drop_column("op")
