"""Alembic's environment: migrations run on the connection that `broadcaster.database` gives."""

from alembic import context
from sqlmodel import SQLModel

from broadcaster.database import ROW_MODULES

assert ROW_MODULES  # noqa: S101 - importing them fills SQLModel.metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
