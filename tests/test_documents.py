"""An undocumented setting, command, channel or format is a failing test; the wheel is whole."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from pydantic import BaseModel

from broadcaster.cli import COMMANDS
from broadcaster.registry import CHANNELS
from broadcaster.settings import SECRET_KEYS, Settings
from schedules.export import FORMATS

ROOT = Path(__file__).resolve().parents[1]
READMES = [ROOT / "README.md", ROOT / "README.vi.md"]


def sections() -> list[tuple[str, list[str]]]:
    found = []
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        assert isinstance(kind, type)
        assert issubclass(kind, BaseModel)
        found.append((name, list(kind.model_fields)))
    return found


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_setting_stands_in_the_readme(readme: Path) -> None:
    text = readme.read_text(encoding="utf-8")
    for section, keys in sections():
        assert f"`[{section}]`" in text
        for key in keys:
            assert f"`{key}`" in text, f"[{section}] {key}"


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_command_channel_and_format_stands_in_the_readme(readme: Path) -> None:
    text = readme.read_text(encoding="utf-8")
    for name in (*COMMANDS, *CHANNELS):
        assert f"`{name}" in text, name
    for name in FORMATS:
        assert name in text, name


def test_every_secret_is_named_and_hidden() -> None:
    for section, keys in SECRET_KEYS.items():
        fields = Settings.model_fields[section].annotation.model_fields  # type: ignore[union-attr]
        secret = [name for name, field in fields.items() if "SecretStr" in str(field.annotation)]
        assert sorted(secret) == sorted(keys)


def test_the_wheel_is_whole_and_runs_outside_the_checkout(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    tracked = {
        path.relative_to(ROOT)
        for package in ("broadcaster", "channels", "content", "schedules")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not path.name.endswith(".pyc") and "/." not in str(path)
    }
    assert [path for path in sorted(tracked) if not (installed / path).exists()] == []
    home = tmp_path / "nhà"
    for words in (["init"], ["plan", "import", str(installed / _SAMPLE)], ["status"]):
        done = subprocess.run(
            [sys.executable, "-I", "-c", _RUN, str(installed), *words, "--home", str(home)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


_SAMPLE = "broadcaster/samples/ke-hoach-tuyen-truyen-cchc-2026.md"
_RUN = "import sys; sys.path.insert(0, sys.argv.pop(1)); from broadcaster.cli import main; main()"
