"""Alembic migrations; `HEAD` is the newest revision (a test holds it to the files)."""

HEAD = "0002_feed_entries"
