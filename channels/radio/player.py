"""Plays one sound to several outputs in 20 ms blocks, on the moment, and only while permitted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from channels.base import Clock, Sending
from channels.radio.outputs import Output
from channels.radio.pcm import BLOCK_SECONDS, RATE, Tap

_log = logging.getLogger(__name__)

GATE_EVERY = 5
"""Blocks between two questions to the gate while playing: 100 ms."""


class Cut(StrEnum):
    """Why a sound was not played, or not to its end."""

    STOP = "stop"
    PERMIT = "permit"
    DEADLINE = "deadline"
    OUTPUTS = "outputs"


@dataclass(frozen=True, slots=True)
class Played:
    """What happened at the outputs, taken from the tap and not from the plan."""

    onset: datetime | None
    """The moment before the first sample was written; None when none was."""
    ended: datetime
    late: timedelta
    """Onset after the planned moment."""
    tap: Tap
    whole: bool
    """At least one output took every sample."""
    cut: Cut | None = None
    why: str = ""
    """The gate's own words, with Cut.PERMIT."""


class Bank:
    """The outputs of one zone: one that fails is dropped and named, the others go on."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._live = list(outputs)
        self.failed: dict[str, str] = {}
        self.left: dict[str, int] = {}
        """Samples that really left each closed output."""

    def open(self) -> bool:
        """Whether any is ready."""
        return self._each(lambda output: output.open(RATE))

    def write(self, block: bytes) -> bool:
        """Whether any has taken it."""
        return self._each(lambda output: output.write(block))

    def close(self) -> None:
        """What an output could not get rid of by now makes it a failed one."""
        self._each(self._close)

    @property
    def live(self) -> list[Output]:
        """Those that have taken everything so far."""
        return list(self._live)

    def _each(self, act: Callable[[Output], None]) -> bool:
        for output in self.live:
            try:
                act(output)
            except OSError as error:
                self._drop(output, error)
        return bool(self._live)

    def _close(self, output: Output) -> None:
        self.left[output.url] = output.close()

    def _drop(self, output: Output, error: OSError) -> None:
        _log.warning("output %s failed: %s", output.url, error)
        self._live.remove(output)
        self.failed[output.url] = error.strerror or str(error)
        try:
            self._close(output)
        except OSError as second:
            _log.warning("output %s did not close either: %s", output.url, second)
            self.left[output.url] = output.close()


class Player:
    """Has no thread of its own: `play` returns when the sound has ended or was cut."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def play(
        self,
        blocks: Iterable[bytes],
        bank: Bank,
        sending: Sending,
        heard: Callable[[datetime, Tap], None] = lambda _onset, _tap: None,
    ) -> Played:
        """Wait for `sending.at`, pass the gate, play; `heard` is told after every block.

        While waiting the wall clock is read again every 20 ms: a clock that is set moves the start
        with it. While playing, blocks are paced by the monotonic clock; `sending.stop` is seen
        before each one, the gate is asked every 100 ms.
        """
        tap = Tap()
        refusal = self._wait(sending)
        if refusal is not None:
            cut, why = refusal
            now = self._clock.now()
            return Played(None, now, now - sending.at, tap, whole=False, cut=cut, why=why)
        return self._on_air(blocks, bank, sending, heard, tap)

    def _wait(self, sending: Sending) -> tuple[Cut, str] | None:
        while True:
            now = self._clock.now()
            if sending.stop.is_set():
                return Cut.STOP, ""
            if now > sending.deadline:
                return Cut.DEADLINE, ""
            if now >= sending.at:
                why = sending.permit(now)
                return (Cut.PERMIT, why) if why is not None else None
            self._clock.sleep(min(BLOCK_SECONDS, (sending.at - now).total_seconds()))

    def _on_air(
        self,
        blocks: Iterable[bytes],
        bank: Bank,
        sending: Sending,
        heard: Callable[[datetime, Tap], None],
        tap: Tap,
    ) -> Played:
        onset, first = self._clock.now(), self._clock.monotonic()
        refusal: tuple[Cut, str] | None = None
        for number, block in enumerate(blocks):
            if number:
                self._sleep_until(first + tap.samples / RATE)
                refusal = self._refusal(sending, ask=number % GATE_EVERY == 0)
            if refusal is None and not bank.write(block):
                refusal = (Cut.OUTPUTS, "")
            if refusal is not None:
                break
            tap.hear(block)
            heard(onset, tap)
        else:
            self._sleep_until(first + tap.samples / RATE)
        cut, why = refusal or (None, "")
        return Played(
            onset if tap.samples else None,
            self._clock.now(),
            onset - sending.at,
            tap,
            whole=refusal is None,
            cut=cut,
            why=why,
        )

    def _refusal(self, sending: Sending, *, ask: bool) -> tuple[Cut, str] | None:
        if sending.stop.is_set():
            return Cut.STOP, ""
        why = sending.permit(self._clock.now()) if ask else None
        return (Cut.PERMIT, why) if why is not None else None

    def _sleep_until(self, moment: float) -> None:
        self._clock.sleep(moment - self._clock.monotonic())
