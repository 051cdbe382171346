"""The settings: the file, the environment over it, and every mistake named at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadcaster.settings import default_home, load_settings
from content.errors import UserError


def write(home: Path, text: str) -> Path:
    home.mkdir(exist_ok=True)
    (home / "broadcaster.toml").write_text(text, encoding="utf-8")
    return home


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert settings.broadcast.quiet_hours == ["21:00-05:00"]
    assert settings.facebook.mode == "sandbox"
    assert settings.approval.two_person is True


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, '[station]\nname = "UBND xã Tệp"\n[broadcast]\ngrace = 60\n')
    monkeypatch.setenv("BROADCASTER_STATION__NAME", "UBND xã Biến")
    monkeypatch.setenv("BROADCASTER_BROADCAST__RETRY", "[1, 2]")
    monkeypatch.setenv("BROADCASTER_RADIO__ZONES__THON1__OUTPUTS", '["file:thon1"]')
    settings = load_settings(tmp_path)
    assert settings.station.name == "UBND xã Biến"
    assert settings.broadcast.grace == 60
    assert settings.broadcast.retry == [1, 2]
    assert settings.radio.zones["thon1"].outputs == ["file:thon1"]


def test_broken_toml_names_the_file_and_the_line(tmp_path: Path) -> None:
    write(tmp_path, '[station]\nname = "UBND\n')
    with pytest.raises(UserError) as caught:
        load_settings(tmp_path)
    (problem,) = caught.value.problems
    assert problem.file == str(tmp_path / "broadcaster.toml")
    assert problem.line == 2


def test_every_mistake_is_named_at_once_with_its_line(tmp_path: Path) -> None:
    write(
        tmp_path,
        '[station]\nname = 3\nnam = "x"\n[broadcast]\ngrace = -1\nquiet_hours = ["chín giờ"]\n'
        '[facebook]\nmode = "thật"\n[radio.zones."Thôn 1"]\noutput = []\n',
    )
    with pytest.raises(UserError) as caught:
        load_settings(tmp_path)
    assert sorted(problem.line or 0 for problem in caught.value.problems) == [2, 3, 5, 6, 8, 10]


@pytest.mark.parametrize("key", ["page_token", "app_secret"])
def test_a_secret_in_the_file_is_refused_without_repeating_it(tmp_path: Path, key: str) -> None:
    write(tmp_path, f'[facebook]\n{key} = "MARKER-123"\n')
    with pytest.raises(UserError) as caught:
        load_settings(tmp_path)
    assert "MARKER" not in str(caught.value)
    assert f"BROADCASTER_FACEBOOK__{key.upper()}" in str(caught.value)


def test_secrets_from_the_environment_are_hidden_in_the_settings_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADCASTER_FACEBOOK__PAGE_TOKEN", "MARKER-123")
    settings = load_settings(tmp_path)
    assert "MARKER" not in repr(settings)
    assert settings.secrets() == ["MARKER-123"]


def test_a_bad_value_in_the_environment_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADCASTER_BROADCAST__GRACE", "nhiều")
    with pytest.raises(UserError, match="BROADCASTER_BROADCAST__GRACE"):
        load_settings(tmp_path)


def test_an_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    write(tmp_path, '[station]\ntimezone = "Asia/Hanoi_City"\n')
    with pytest.raises(UserError, match="múi giờ"):
        load_settings(tmp_path)


def test_the_home_comes_from_the_environment_or_the_platform(tmp_path: Path) -> None:
    assert default_home({"BROADCASTER_HOME": str(tmp_path)}) == tmp_path
    assert default_home({"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "broadcaster"
