"""What a radio item consists of and the words that the station adds: greeting and goodbye."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeAlias

from channels.base import Outgoing
from channels.radio.sentences import is_speakable

AGAIN = "Xin nhắc lại."
"""Between a bulletin and its second reading."""
_WEEKDAYS = ("thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy", "chủ nhật")
_DAY_PARTS = ((11, "sáng"), (13, "trưa"), (18, "chiều"), (24, "tối"))
"""Up to this hour it is called so."""


class Spoken(Protocol):
    """Written text as it will be said, and what could not be turned into words."""

    @property
    def spoken(self) -> str: ...

    @property
    def residue(self) -> Sequence[str]: ...


SpeakFunction: TypeAlias = Callable[[str], Spoken]


@dataclass(frozen=True, slots=True)
class Tune:
    """The signature tune (nhạc hiệu)."""


@dataclass(frozen=True, slots=True)
class Separator:
    """The short sound that parts a bulletin from the one before it."""


@dataclass(frozen=True, slots=True)
class Words:
    """Paragraphs for the voice."""

    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The officer's own recording; `instead` is spoken where it cannot be played."""

    path: Path
    instead: str


Part: TypeAlias = Tune | Separator | Words | Reading


@dataclass(frozen=True, slots=True)
class Script:
    """One item, in the order of the air."""

    parts: tuple[Part, ...]
    residue: tuple[str, ...] = ()
    has_content: bool = True
    """Whether there is more than the station's own words and a title."""

    def text(self) -> str:
        """All words, for a person."""
        return "\n".join(filter(None, map(_as_text, self.parts)))

    def words(self) -> str:
        """What a voice may have to say."""
        return "\n".join(part.text for part in self.parts if isinstance(part, Words))


def script_of(outgoing: Outgoing, station: str, speak: SpeakFunction, repeat: int = 1) -> Script:
    """Tune and greeting at the opening, else the separator; the bulletin; goodbye at the end.

    The bulletin is its title and body, or the recording; `repeat` = 2 says it twice, unless its
    author has already written that it is said again.
    """
    title, body = speak(outgoing.title), speak(outgoing.body)
    content = "\n".join(filter(None, (_sentence(title.spoken), body.spoken.strip())))
    parts: list[Part] = [Separator()]
    if outgoing.opening:
        parts = [Tune(), Words(speak(greeting(station, outgoing.at)).spoken)]
    bulletin: list[Part] = []
    if outgoing.recording is not None:
        bulletin.append(Reading(outgoing.recording, content))
    elif is_speakable(content):
        bulletin.append(Words(content))
    parts += bulletin
    if repeat > 1 and bulletin and not _repeats_itself(content):
        parts += [Words(AGAIN), *bulletin]
    if outgoing.closing:
        parts.append(Words(speak(goodbye(station)).spoken))
    has_content = outgoing.recording is not None or is_speakable(body.spoken)
    return Script(tuple(parts), (*title.residue, *body.residue), has_content)


def greeting(station: str, at: datetime | None) -> str:
    """Written form of the greeting; `at` in the station's zone gives date and time of day."""
    if at is None:
        return f"Kính chào bà con. Sau đây là chương trình phát thanh của {station}."
    weekday = _WEEKDAYS[at.weekday()]
    return (
        f"Kính chào bà con. Hôm nay là {weekday}, ngày {at.day} tháng {at.month} năm {at.year}. "
        f"Sau đây là chương trình phát thanh buổi {day_part(at.hour)} của {station}."
    )


def goodbye(station: str) -> str:
    """Written form of the last words."""
    return f"Chương trình phát thanh của {station} đến đây là hết. Xin cảm ơn và kính chào bà con."


def day_part(hour: int) -> str:
    """Sáng, trưa, chiều or tối."""
    return next(name for end, name in _DAY_PARTS if hour < end)


def _sentence(title: str) -> str:
    """A title has no full stop; the voice needs one to lower its tone."""
    title = title.strip()
    return f"{title}." if title and title[-1] not in ".!?…:" else title


def _repeats_itself(content: str) -> bool:
    return AGAIN.rstrip(".").casefold() in content.casefold()


def _as_text(part: Part) -> str:
    if isinstance(part, Words):
        return part.text
    if isinstance(part, Reading):
        return f"(Phát bản ghi âm {part.path.name})\n{part.instead}".strip()
    return ""
