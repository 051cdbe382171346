"""Loudspeaker profiles: the filters that shape a programme for horns, halls, or not at all."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

DEFAULT_PROFILE = "horn"


def profile_names() -> list[str]:
    """As they may stand in the settings."""
    return list(_table())


@cache
def chain_of(profile: str) -> str:
    """ffmpeg's filters of a profile, "anull" where there are none. Raises KeyError."""
    row = _table()[profile]
    filters = [f"{name}=f={row[name]}" for name in ("highpass", "lowpass") if name in row]
    if "compressor" in row:
        filters.append(_compressor(row["compressor"]))
    return ",".join(filters) or "anull"


def _compressor(row: Mapping[str, float]) -> str:
    return (
        f"acompressor=threshold={row['threshold']}dB:ratio={row['ratio']}"
        f":attack={row['attack']}:release={row['release']}:makeup={row['makeup']}"
    )


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("channels.radio").joinpath("profiles.toml").read_text("utf-8"))
