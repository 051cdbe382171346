"""One prepared sound on the air in one zone: armed, played, journalled; and whether it was."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path

from channels.base import Artefact, ChannelError, Clock, ErrorKind, Json, Receipt, Sending
from channels.radio import pcm
from channels.radio.asrun import cut_error, facts_of, facts_of_recording, receipt_of
from channels.radio.journal import ARMED, END, ONSET, PROGRESS, Entry, Journal, RunWriter, last
from channels.radio.outputs import Output, OutputUrl, Take
from channels.radio.player import Bank, Played, Player
from channels.radio.realtime import first_in_line
from channels.radio.sounds import Ending, Sound, sha256_of_samples
from channels.radio.watch import Watch

_log = logging.getLogger(__name__)

_LATE_OPENING = 0.4
"""Seconds that outputs may take to open when the moment has already come."""
_BEFORE_AIR = 0.5
_PROGRESS_EVERY = 50
"""Blocks between two lines of progress: one second."""


class Airing:
    """The zones with their outputs, the player and the journal. One sound at a time per zone."""

    def __init__(
        self,
        zones: Mapping[str, tuple[OutputUrl, ...]],
        journal: Journal,
        recordings: Path,
        clock: Clock,
        timezone: tzinfo,
        *,
        simulated: bool,
        watch: Watch | None = None,
    ) -> None:
        """`recordings`: the folder under which `file:` outputs write."""
        self._zones = zones
        self._journal = journal
        self._recordings = recordings
        self._clock = clock
        self._timezone = timezone
        self._simulated = simulated
        self._watch = watch or Watch({}, clock)
        self._player = Player(clock)
        self._busy = {zone: threading.Lock() for zone in zones}

    def play(self, sound: Sound, payload: Artefact, sending: Sending) -> Receipt:
        """Play to the end, unless the journal shows that it was. Raises ChannelError, OSError."""
        with self._alone(sending):
            return self.proof(payload, sending) or self._on_air(sound, payload, sending)

    def proof(self, payload: Artefact, sending: Sending) -> Receipt | None:
        """The receipt of a playing to the end, from the journal or from the recording itself.

        Raises OSError.
        """
        for run in self._journal.runs(sending.reference):
            facts = last(run, END) or _shown_by_recording(run)
            if facts is not None and facts.get("whole"):
                known = {name: facts[name] for name in facts if name not in ("event", "run")}
                kept = (*_as_aired(payload, run), *_made_on_air(facts))
                return receipt_of(str(run[0]["run"]), known, self._simulated, kept)
        return None

    def outputs(self, zone: str, run: str, at: datetime, sound: Path | None = None) -> list[Output]:
        """New outputs of a zone, not open; `sound` is the file that they are opened for."""
        take = Take(zone, run, at.astimezone(self._timezone), self._recordings, sound)
        return [url.make(take) for url in self._zones[zone]]

    @contextmanager
    def _alone(self, sending: Sending) -> Iterator[None]:
        """Two sounds never play over each other in one zone: the later one waits its turn."""
        zone = sending.target.name
        while not self._busy[zone].acquire(blocking=False):
            if sending.stop.is_set() or self._clock.now() > sending.deadline:
                raise ChannelError(
                    ErrorKind.RETRY, f"Cụm loa “{zone}” còn đang phát bản tin khác.", code="busy"
                )
            self._clock.sleep(pcm.BLOCK_SECONDS)
        try:
            yield
        finally:
            self._busy[zone].release()

    def _on_air(self, sound: Sound, payload: Artefact, sending: Sending) -> Receipt:
        if not sound.is_whole():
            raise ChannelError(
                ErrorKind.RETRY, "Âm thanh đã dựng bị mất hoặc hỏng, cần dựng lại.", code="sound"
            )
        run = f"{sending.reference}-{len(self._journal.runs(sending.reference)) + 1}"
        outputs = self.outputs(sending.target.name, run, sending.at, sound.file)
        writer = self._journal.writer(sending.reference, run)
        try:
            writer.write(ARMED, safe=True, **_intent(sound, payload, sending, outputs))
            played, bank, ending = self._played(sound, outputs, sending, writer)
            facts = facts_of(played, bank, sound, ending)
            _write_if_possible(writer, END, safe=True, **facts)
        finally:
            writer.close()
        recording = next((output.recording for output in outputs if output.recording), None)
        self._watch.off_air(sending, facts, sound.file or ending.as_aired, recording)
        if not facts["whole"]:
            raise cut_error(facts, _made_on_air(facts))
        return receipt_of(run, facts, self._simulated, (payload, *_made_on_air(facts)))

    def _played(
        self, sound: Sound, outputs: Sequence[Output], sending: Sending, writer: RunWriter
    ) -> tuple[Played, Bank, Ending]:
        bank = Bank(outputs)
        try:
            sound.begin()
            self._watch.on_air(sending)
            ahead = (sending.at - self._clock.now()).total_seconds()
            bank.open(max(_LATE_OPENING, ahead - _BEFORE_AIR))
            with first_in_line():
                played = self._player.play(
                    sound.blocks(),
                    bank,
                    sending,
                    lambda onset, tap: self._heard(writer, sending, onset, tap),
                )
        finally:
            bank.close()
            ending = sound.end()
        return played, bank, ending

    def _heard(self, writer: RunWriter, sending: Sending, onset: datetime, tap: pcm.Tap) -> None:
        _note(writer, onset, tap)
        self._watch.listen(sending, tap)


def _intent(
    sound: Sound, payload: Artefact, sending: Sending, outputs: Sequence[Output]
) -> dict[str, Json]:
    return {
        "reference": sending.reference,
        "zone": sending.target.name,
        "planned": sending.at.isoformat(),
        "payload_sha256": payload.sha256(),
        "pcm_sha256": sound.sha256,
        "total": sound.samples,
        "outputs": [output.url for output in outputs],
        "recordings": [str(output.recording) for output in outputs if output.recording],
    }


def _note(writer: RunWriter, onset: datetime, tap: pcm.Tap) -> None:
    """The onset at once, progress each second; neither waits for the disk."""
    if tap.samples <= pcm.BLOCK:
        _write_if_possible(writer, ONSET, onset=onset.isoformat())
    elif tap.samples % (pcm.BLOCK * _PROGRESS_EVERY) == 0:
        _write_if_possible(writer, PROGRESS, samples=tap.samples)


def _write_if_possible(writer: RunWriter, event: str, *, safe: bool = False, **facts: Json) -> None:
    """What is on the air goes on, and what was aired was aired, though the disk be full."""
    try:
        writer.write(event, safe=safe, **facts)
    except OSError as error:
        _log.error("as-run journal: %s of %s not written: %s", event, writer.run, error)


def _shown_by_recording(run: Sequence[Entry]) -> Mapping[str, Json] | None:
    """The facts of a playing whose end was not written down, when its recording is complete."""
    armed = last(run, ARMED) or {}
    names, total = armed.get("recordings"), armed.get("total")
    if not isinstance(names, list) or not isinstance(total, int):
        return None
    for name in names:
        path = Path(str(name))
        if path.is_file() and sha256_of_samples(path) == armed.get("pcm_sha256"):
            return facts_of_recording((last(run, ONSET) or {}).get("onset"), total)
    return None


def _as_aired(payload: Artefact, run: Sequence[Entry]) -> tuple[Artefact, ...]:
    """The payload, if it is still the one that this playing was armed with."""
    armed = last(run, ARMED) or {}
    try:
        return (payload,) if payload.sha256() == armed.get("payload_sha256") else ()
    except OSError:
        return ()


def _made_on_air(facts: Mapping[str, Json]) -> tuple[Artefact, ...]:
    """The copy of a sound that was made while it was aired, where one was kept."""
    name = facts.get("as_aired")
    path = Path(name) if isinstance(name, str) else None
    if path is None or not path.is_file():
        return ()
    return (Artefact("as-aired.mp3", "audio/mpeg", path),)
