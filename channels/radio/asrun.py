"""The facts of one playing: taken from the tap, kept in the journal, told in the receipt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from channels.base import Artefact, ChannelError, ErrorKind, Json, Receipt
from channels.radio import pcm
from channels.radio.player import Bank, Cut, Played
from channels.radio.sounds import Ending, Sound

_CUT_MESSAGES = {
    Cut.STOP: "Trình phát được yêu cầu dừng",
    Cut.PERMIT: "Không được phép phát lúc này",
    Cut.DEADLINE: "Đã quá giờ muộn nhất được bắt đầu phát",
    Cut.OUTPUTS: "Mọi đầu ra của cụm loa đều hỏng",
    Cut.SOURCE: "Không phát được trọn vẹn",
}


def facts_of(played: Played, bank: Bank, sound: Sound, ending: Ending) -> dict[str, Json]:
    """Plain JSON of what really happened.

    `as_approved` is None for a sound that was made on the air: its words were approved, and
    nobody can know its samples beforehand.
    """
    tap = played.tap
    total = tap.samples if sound.samples is None else sound.samples
    lost = played.whole and not bank.live
    cut = Cut.OUTPUTS if lost else played.cut
    if cut is None and ending.failure is not None:
        cut = Cut.SOURCE
    return {
        "onset": played.onset.isoformat() if played.onset else None,
        "ended": played.ended.isoformat(),
        "late_ms": round(played.late / timedelta(milliseconds=1), 3),
        "samples": tap.samples,
        "total": total,
        "whole": cut is None and tap.samples == total,
        "seconds": round(tap.samples / pcm.RATE, 3),
        "share": round(tap.samples / total, 4) if total else 0.0,
        "peak_dbfs": round(pcm.decibels(tap.peak), 1),
        "rms_dbfs": round(pcm.decibels(tap.rms()), 1),
        "longest_silence": round(tap.longest_silence, 1),
        "played_sha256": tap.sha256(),
        "as_approved": None if sound.sha256 is None else tap.sha256() == sound.sha256,
        "outputs_ok": [output.url for output in bank.live],
        "outputs_late": dict(bank.late),
        "outputs_failed": dict(bank.failed),
        "outputs_samples": dict(bank.left),
        "cut": cut,
        "why": ending.failure or played.why if cut is Cut.SOURCE else played.why,
        "again": cut is not Cut.SOURCE or ending.again,
        "as_aired": str(ending.as_aired) if ending.as_aired else None,
        **(ending.facts or {}),
    }


def facts_of_recording(onset: Json, total: int) -> dict[str, Json]:
    """The same for a playing known only by its complete recording."""
    started = moment(onset)
    ended = started + timedelta(seconds=total / pcm.RATE) if started else None
    return {
        "onset": started.isoformat() if started else None,
        "ended": ended.isoformat() if ended else None,
        "samples": total,
        "total": total,
        "whole": True,
        "seconds": round(total / pcm.RATE, 3),
        "share": 1.0,
        "proof": "recording",
    }


def receipt_of(
    run: str, facts: Mapping[str, Json], simulated: bool, artefacts: tuple[Artefact, ...]
) -> Receipt:
    """The proof of one playing to the end."""
    return Receipt(
        external_id=run,
        started_at=moment(facts.get("onset")),
        ended_at=moment(facts.get("ended")),
        simulated=simulated,
        artefacts=artefacts,
        details=_for_ever(facts),
    )


def cut_error(facts: Mapping[str, Json], heard: tuple[Artefact, ...] = ()) -> ChannelError:
    """Not aired, or cut: surely not to its end, so it may be played again from its start."""
    cut = Cut(str(facts["cut"]))
    message = _CUT_MESSAGES[cut]
    if facts["why"]:
        message += f": {str(facts['why']).rstrip('.')}"
    if facts["samples"]:
        message += f" (đã phát {facts['seconds']} giây"
        message += ", sẽ phát lại từ đầu nếu còn giờ)" if facts.get("again", True) else ")"
    kind = ErrorKind.RETRY if facts.get("again", True) else ErrorKind.STOP
    return ChannelError(kind, f"{message}.", code=cut, details=_for_ever(facts), artefacts=heard)


def _for_ever(facts: Mapping[str, Json]) -> dict[str, Json]:
    """Without what is of this machine only: where a copy lies is the journal's business."""
    return {name: value for name, value in facts.items() if name != "as_aired"}


def moment(value: Json) -> datetime | None:
    """An aware UTC moment out of the journal."""
    return datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) else None
