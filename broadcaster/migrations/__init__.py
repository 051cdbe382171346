"""Alembic migrations; `HEAD` is the newest revision (a test holds it to the files)."""

HEAD = "0009"


def known_revisions() -> frozenset[str]:
    """Every revision that this program can start from."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "broadcaster:migrations")
    return frozenset(one.revision for one in ScriptDirectory.from_config(config).walk_revisions())
