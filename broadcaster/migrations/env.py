"""Alembic's environment: migrations run on the connection that `broadcaster.database` gives."""

from alembic import context
from sqlmodel import SQLModel

import schedules.plan
import schedules.timetable  # noqa: F401 - the imports fill SQLModel.metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
