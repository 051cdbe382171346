"""Alembic migrations; `HEAD` is the newest revision (a test holds it to the files)."""

HEAD = "0003_delivery_steps"
