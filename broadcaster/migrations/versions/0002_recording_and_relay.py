"""The officer's own recording, and streams that are relayed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("revision", sa.Column("recording", sa.String(), nullable=True))
    op.add_column("revision", sa.Column("relay", sa.String(), nullable=True))
    # Not op.add_column: SQLite takes a foreign key only inside the column's own definition.
    op.execute("ALTER TABLE slot ADD COLUMN bulletin_id INTEGER REFERENCES bulletin (id)")


def downgrade() -> None:
    raise RuntimeError("Restore the backup that was made before the upgrade.")
