"""The channel seam: what every way out promises, and the words it answers in.

A channel knows no database and no clock of its own. It reads the vendor's errors itself and
answers in three ways: a `Receipt` (it went out), `ChannelError` (it surely did not), or
`OutcomeUnknown` (perhaps it did). Retrying belongs to `broadcaster.dispatch`.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from content.files import sha256_of_file

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"


class Clock(Protocol):
    """The only way to learn the time or to wait; `broadcaster.clock` has the real one."""

    def now(self) -> datetime:
        """Aware UTC wall-clock time."""

    def monotonic(self) -> float:
        """Seconds that never step; only differences mean something."""

    def sleep(self, seconds: float) -> None:
        """Wait (not at all for a value <= 0)."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A thing worth keeping as evidence: audio as aired, payload as posted, answer received."""

    name: str
    media_type: str
    data: bytes | Path

    def read(self) -> bytes:
        return self.data if isinstance(self.data, bytes) else self.data.read_bytes()

    def sha256(self) -> str:
        if isinstance(self.data, bytes):
            return hashlib.sha256(self.data).hexdigest()
        return sha256_of_file(self.data)


@dataclass(frozen=True, slots=True)
class Target:
    """Where one delivery goes (nơi nhận): a loudspeaker zone, the page, the followers, a group."""

    channel: str
    name: str
    label: str = ""
    """For people; the name where empty."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One approved bulletin revision on its way out; all that a channel may use."""

    bulletin: int
    revision: int
    title: str
    body: str
    """Markdown, NFC."""
    station: str
    """"Ủy ban nhân dân xã An Bình"."""
    reference: str
    """Short code of this delivery, unique in the station: lets a read-back recognise it."""
    link: str | None = None
    images: tuple[Path | str, ...] = ()
    """Local files, or public URLs as `str`."""
    at: datetime | None = None
    """The planned moment in the station's zone (the greeting says date and time of day)."""
    opening: bool = False
    """The first item of its broadcast: the radio plays signature tune and greeting before it."""
    closing: bool = False
    """The last item of its broadcast: the radio says goodbye after it."""
    urgent: bool = False
    """An emergency: nothing that waits for the Internet may be used to prepare it."""
    recording: Path | None = None
    """The officer's own reading, used instead of a synthetic voice."""
    relay: str | None = None
    """URL of another station's stream that the loudspeakers relay; the text is its stand-in."""
    until: datetime | None = None
    """When its broadcast ends: the hard end of a relay."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rendered and checked, nothing sent yet. What the preview shows is what goes out."""

    channel: str
    text: str
    """For a person: the spoken text, the post, the message, as it will go out."""
    payload: Artefact
    """The very thing that goes out; its hash is written down before it leaves."""
    attachments: tuple[Artefact, ...] = ()
    duration: timedelta = timedelta(0)
    """Air time; zero on the networks."""
    problems: tuple[str, ...] = ()
    """In Vietnamese: limits that this content breaks. Not empty = would be refused."""
    elastic: bool = False
    """It ends with its broadcast however late it begins (a relay); `duration` is the most."""
    details: Mapping[str, Json] = field(default_factory=dict)
    """What only this channel's `deliver` needs to read back (plain JSON)."""


class Progress(Protocol):
    """Steps of a delivery that has several effects, kept through a crash.

    `record` returns after the value is safe on disk.
    """

    def get(self, key: str) -> str | None: ...

    def record(self, key: str, value: str) -> None: ...

    def steps(self, prefix: str) -> Iterator[tuple[str, str]]:
        """All steps whose keys begin so, in the order of their keys, never all in memory."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One attempt to deliver: where, when at the earliest and the latest, and who may stop it."""

    target: Target
    reference: str
    at: datetime
    """The effect must not begin before this moment (UTC)."""
    deadline: datetime
    """The effect must not begin after this moment (UTC)."""
    since: datetime
    """When the first attempt was written down; a read-back need not look further back."""
    progress: Progress
    permit: Callable[[datetime], str | None] = lambda _: None
    """The last gate: a Vietnamese reason why the effect must not begin (or go on) at a moment."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when the daemon is asked to end: leave cleanly, soon."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the outside world gave back."""

    external_id: str | None = None
    permalink: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    simulated: bool = False
    artefacts: tuple[Artefact, ...] = ()
    details: Mapping[str, Json] = field(default_factory=dict)


class ErrorKind(StrEnum):
    """What to do about a delivery that surely did not go out."""

    RETRY = "retry"
    DEFER = "defer"
    REAUTHORISE = "reauthorise"
    FIX_CONTENT = "fix_content"
    SKIP_TARGET = "skip_target"
    STOP = "stop"


NOT_REACHED = "not_sent"
"""The `code` of a RETRY whose vendor was never reached: no Internet, or it is down altogether."""

SAID_NOT_SENT = "said_not_sent"
"""The step that counts how often a person said of a delivery that it had not gone out."""


class ChannelError(Exception):
    """It surely did not go out. `message` is Vietnamese and free of secrets."""

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        until: datetime | None = None,
        code: str | None = None,
        details: Mapping[str, Json] | None = None,
        artefacts: tuple[Artefact, ...] = (),
    ) -> None:
        self.kind = kind
        self.message = message
        self.until = until
        """With DEFER: not before this moment."""
        self.code = code
        """The vendor's code, "190/463", for the log and the evidence."""
        self.details = details or {}
        self.artefacts = artefacts
        """What was done all the same: sound that was heard, though not to its end."""
        super().__init__(message)


class OutcomeUnknown(Exception):  # noqa: N818 - an outcome, not a fault
    """Perhaps it went out: time-out after the request left, connection lost, 5xx on a write.

    `message` is Vietnamese and free of secrets.
    """

    def __init__(self, message: str, *, details: Mapping[str, Json] | None = None) -> None:
        self.message = message
        self.details = details or {}
        super().__init__(message)


class NeedsPerson(OutcomeUnknown):
    """The platform tells no program whether it went out: a person looks, and says so."""


class FindingKind(StrEnum):
    """What a channel found by watching its own output."""

    ALARM = "alarm"
    """Something is wrong now: silence in a broadcast, sound outside one, an output that failed."""
    CHECK = "check"
    """A proof about something that went out: what listeners really got."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a channel saw by itself, to be written down and, when it is an alarm, told."""

    kind: FindingKind
    target: str
    at: datetime
    message: str
    """In Vietnamese."""
    reference: str | None = None
    """The delivery that it is about."""
    details: Mapping[str, Json] = field(default_factory=dict)


@runtime_checkable
class Watching(Protocol):
    """A channel that can watch its own output while the daemon runs; not every channel can."""

    def watch(self, found: Callable[[Finding], None], stop: threading.Event) -> None:
        """Until `stop`, in a thread of its own."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How many messages an account may still send, and how many one delivery to a target takes."""

    target: str
    left: int
    each: int


@dataclass(frozen=True, slots=True)
class Health:
    """One line of `channel check`: what was looked at, whether it is well, and the mend."""

    name: str
    ok: bool
    message: str
    until: date | None = None
    """The last day on which it is well, where the platform names one."""
    quota: Quota | None = None
    reached: bool = True
    """False: the platform did not answer, so that nothing was learnt about the account."""


def not_known(name: str, error: ChannelError) -> Health:
    """A look that failed: a refusal tells something about the account, silence does not."""
    reached = error.kind not in (ErrorKind.RETRY, ErrorKind.DEFER)
    return Health(name, ok=False, message=error.message, reached=reached)


class Channel(Protocol):
    """One way out. A new channel: its file, one line in the registry, one in the contract test."""

    name: str
    simulated: bool
    """Its outputs are marked as simulated in the evidence and never counted."""
    can_find: bool
    """Whether `find` can look outside; where not, a person settles an unknown outcome."""
    absence_is_proof: bool
    """One look that finds nothing proves that it is not there (the channel keeps its own record);
    otherwise dispatch looks several times, because the outside world's reads lag."""
    lead: timedelta
    """How long before `Sending.at` dispatch may call `deliver`, so that it can arm itself."""

    def targets(self) -> Sequence[Target]:
        """All targets of this station's settings, in their order."""

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """Render and check; no effect outside; the same answer for the same content.

        Raises ChannelError when it cannot be rendered at all.
        """

    def deliver(self, prepared: Prepared, sending: Sending) -> Receipt:
        """The effect. Raises ChannelError or OutcomeUnknown; never both may be true."""

    def find(self, prepared: Prepared, sending: Sending) -> Receipt | None:
        """Ask the outside world whether it is there; None when this look did not find it.

        Raises OutcomeUnknown when the look itself failed (try again later), NeedsPerson when no
        later look would tell more.
        """

    def preview(self, prepared: Prepared) -> Artefact:
        """What a person would see or hear: an audio file, or an HTML page."""

    def tidy(self, before: datetime) -> int:
        """Free what was kept only for convenience and not used since; bytes freed."""

    def check(self) -> Sequence[Health]:
        """Whether the channel could deliver now; no effect outside."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A bulletin taken back (gỡ) after it went out: what a channel needs to take it down."""

    bulletin: int
    title: str
    """Of the newest revision that may be outside; pages are named by it."""
    station: str
    references: tuple[str, ...]
    """Of every delivery on this target that may be outside."""
    at: datetime
    """When it was taken back, in the station's zone; the same at every try."""
    begin: Callable[[], None] = lambda: None
    """Called when nothing else is being published there, before the first change; raises where
    it must not be taken down now (a newer revision is going out)."""


@runtime_checkable
class TakesBack(Protocol):
    """A channel that can take down what it has put out; not every channel can."""

    def take_down(self, withdrawal: Withdrawal) -> Receipt | None:
        """Take it down; None when nothing of it stands there. Doing it again does no harm.

        Raises ChannelError or OutcomeUnknown: to be done again in both cases.
        """


@runtime_checkable
class HasHours(Protocol):
    """A channel that sends nothing at some hours (Zalo at night)."""

    def closed_until(self, moment: datetime) -> datetime | None:
        """When it opens again; None when it is open at `moment`."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Something that went out, as its receipt named it: enough to ask the platform about it."""

    delivery: int
    target: str
    external_id: str
    details: Mapping[str, Json]
    """Of its receipt."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a platform told of one output at one look (lượt tiếp cận); None: it did not say."""

    delivery: int
    call: str
    """By which call, without address and token."""
    people: int | None = None
    """Different persons who saw it."""
    views: int | None = None
    reactions: int | None = None
    comments: int | None = None
    shares: int | None = None
    remarks: tuple[str, ...] = ()
    """In Vietnamese: why something is not told."""
    lacking: str | None = None
    """In Vietnamese: the right that is missing, and who can give it."""
    artefacts: tuple[Artefact, ...] = ()

    def figures(self) -> dict[str, int]:
        """What was told, by name."""
        named = {name: getattr(self, name) for name in REACH_FIGURES}
        return {name: value for name, value in named.items() if value is not None}


REACH_FIGURES = ("people", "views", "reactions", "comments", "shares")


@runtime_checkable
class TellsReach(Protocol):
    """A channel whose platform tells how many its outputs reached; not every one does."""

    def tells_reach(self, target: str) -> bool:
        """Whether there is a call that tells something of outputs to this target."""

    def reach_of(self, sent: Sequence[Sent]) -> Iterator[Reach]:
        """One look at each, reads only, each given as soon as it is known.

        Raises ChannelError where nothing more can be learnt now: no Internet, a limit, the token.
        """


def whole_number(value: object) -> int | None:
    """A count as platforms write it: 12 or "12"; None for anything else, never a guess."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and 0 <= value < 10**15 else None
