"""Plays one sound to several outputs in 20 ms blocks, on the moment, and only while permitted."""

from __future__ import annotations

import logging
import threading
import time
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


OPEN_SECONDS = 3.0
"""How long outputs may take to open before those that are ready begin without the others."""


class Cut(StrEnum):
    """Why a sound was not played, or not to its end."""

    STOP = "stop"
    PERMIT = "permit"
    DEADLINE = "deadline"
    OUTPUTS = "outputs"
    SOURCE = "source"


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
        self._opening = [_Opening(output) for output in outputs]
        self._live: list[Output] = []
        self._blocks = 0
        self.late: dict[str, float] = {}
        """Seconds of the sound that were over when a slow output had opened."""
        self.failed: dict[str, str] = {}
        self.left: dict[str, int] = {}
        """Samples that really left each closed output."""

    def open(self, patience: float = OPEN_SECONDS) -> bool:
        """Whether any is ready. All open side by side; one that is slow does not hold the others.

        After `patience` seconds what is still opening joins when it is ready, unless it is all
        that there is.
        """
        for opening in self._opening:
            opening.start()
        deadline = time.monotonic() + patience
        for opening in tuple(self._opening):
            opening.join(max(0.0, deadline - time.monotonic()))
        self._welcome()
        while not self._live and self._opening:
            self._opening[0].join()
            self._welcome()
        return bool(self._live)

    def write(self, block: bytes) -> bool:
        """Whether any has taken it."""
        if self._opening:
            self._welcome()
        taken = self._each(lambda output: output.write(block))
        self._blocks += 1
        return taken

    def close(self) -> None:
        """What an output could not get rid of by now makes it a failed one."""
        for opening in self._opening:
            opening.abandon()
            self.failed[opening.output.url] = "không mở kịp"
        self._opening.clear()
        self._each(self._close)

    @property
    def live(self) -> list[Output]:
        """Those that have taken everything so far."""
        return [output for output in self._live if output.url not in self.late]

    @property
    def waiting(self) -> list[str]:
        """Those that are still opening."""
        return [opening.output.url for opening in self._opening if not opening.is_done()]

    def _welcome(self) -> None:
        """Those that have opened join, those that cannot are named."""
        for opening in [one for one in self._opening if one.is_done()]:
            self._opening.remove(opening)
            if opening.failure is not None:
                self._drop(opening.output, opening.failure)
                continue
            self._live.append(opening.output)
            if self._blocks:
                self.late[opening.output.url] = round(self._blocks * BLOCK_SECONDS, 2)

    def _each(self, act: Callable[[Output], None]) -> bool:
        for output in tuple(self._live):
            try:
                act(output)
            except OSError as error:
                self._live.remove(output)
                self._drop(output, error)
        return bool(self._live)

    def _close(self, output: Output) -> None:
        self.left[output.url] = output.close()

    def _drop(self, output: Output, error: OSError) -> None:
        _log.warning("output %s failed: %s", output.url, error)
        self.failed[output.url] = error.strerror or str(error)
        try:
            self._close(output)
        except OSError as second:
            _log.warning("output %s did not close either: %s", output.url, second)
            self.left[output.url] = output.close()


class _Opening:
    """One output being opened in a thread of its own."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.failure: OSError | None = None
        self._lock = threading.Lock()
        self._done = False
        self._abandoned = False
        self._thread = threading.Thread(target=self._open, name=f"open {output.url}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, seconds: float | None = None) -> None:
        self._thread.join(seconds)

    def is_done(self) -> bool:
        with self._lock:
            return self._done

    def abandon(self) -> None:
        """Nobody waits any more: what opens after this is closed again."""
        with self._lock:
            self._abandoned = True
            opened = self._done and self.failure is None
        if opened:
            self._let_go()

    def _open(self) -> None:
        try:
            self.output.open(RATE)
        except OSError as error:
            self.failure = error
        with self._lock:
            self._done = True
            unwanted = self._abandoned and self.failure is None
        if unwanted:
            self._let_go()

    def _let_go(self) -> None:
        try:
            self.output.close()
        except OSError as error:
            _log.warning("output %s, opened too late, did not close: %s", self.output.url, error)


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
