"""The loudspeaker channel: a bulletin becomes sound and is played to a zone at its moment."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from channels.base import (
    Artefact,
    ChannelError,
    Clock,
    ErrorKind,
    Finding,
    Health,
    Json,
    OutcomeUnknown,
    Outgoing,
    Prepared,
    Receipt,
    Sending,
    Target,
)
from channels.radio import ffmpeg, segments
from channels.radio.airing import Airing
from channels.radio.asrun import moment
from channels.radio.journal import Journal
from channels.radio.keeper import Keeper
from channels.radio.mixing import is_of_lost_reading
from channels.radio.narrator import NoVoiceError, OnProgress
from channels.radio.outputs import FileOutput, OutputUrl, ascii_name, parse_output
from channels.radio.relay_source import Relay, RelaySource
from channels.radio.script import (
    Reading,
    Script,
    Separator,
    SpeakFunction,
    Spoken,
    Words,
    script_of,
)
from channels.radio.sentences import count_words, is_speakable
from channels.radio.settings import RadioFolders, RadioSettings
from channels.radio.sounds import Relayed, Rendered, Sound, SpokenLive
from channels.radio.store import remove_unused
from channels.radio.stream_client import StreamError, named
from channels.radio.studio import Programme, Studio
from channels.radio.voices.registry import without_internet
from channels.radio.watch import Watch
from content.errors import UserError
from content.files import write_atomically

_log = logging.getLogger(__name__)

STATION_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_SYLLABLES_A_WORD = 1.4
"""espeak's 120 words a minute are about 168 Vietnamese syllables."""
_BETWEEN_STAND_INS = segments.silence(20_000)
"""The stand-in of a relay is repeated, but not without a pause."""
_HOPELESS = 1.5
"""A text estimated at this many times the permitted length is refused without rendering it."""


def spoken_vietnamese(text: str) -> Spoken:
    """The station's reading rules; loaded when first needed."""
    from content.spoken import speak

    return speak(text)


class RadioChannel:
    """Sent means: at least one output of the zone has taken the sound to its last sample."""

    name = "radio"
    can_find = True
    absence_is_proof = True
    lead = timedelta(seconds=10)

    def __init__(
        self,
        settings: RadioSettings,
        station: str,
        folders: RadioFolders,
        clock: Clock,
        *,
        speak: SpeakFunction = spoken_vietnamese,
        timezone: tzinfo = STATION_ZONE,
        studio: Studio | None = None,
    ) -> None:
        """Raises UserError for an output URL that cannot be used."""
        self.simulated = settings.mode == "sandbox"
        self._settings = settings
        self._station = station
        self._folders = folders
        self._clock = clock
        self._speak = speak
        self._studio = studio or Studio(settings, folders, clock)
        self._urgent_studio = studio or Studio(without_internet(settings), folders, clock)
        self._zones = {zone: _outputs(urls, settings) for zone, urls in settings.zones.items()}
        self._watch = Watch(
            settings.listen, clock, folders.cache / "received", settings.silence_alarm
        )
        self._airing = Airing(
            self._zones,
            Journal(folders.state / "asrun"),
            folders.outputs,
            clock,
            timezone,
            simulated=self.simulated,
            watch=self._watch,
        )

    def targets(self) -> Sequence[Target]:
        return [Target(self.name, zone, f"Cụm loa {zone}") for zone in self._zones]

    def prepare(self, outgoing: Outgoing, on_progress: OnProgress | None = None) -> Prepared:
        """`on_progress` counts sentences where something has to be spoken first."""
        station = outgoing.station or self._station
        script = script_of(outgoing, station, self._speak, self._settings.repeat)
        if problem := self._hopeless(script):
            return _unfit(script, problem)
        if outgoing.urgent:
            kept = self._urgent_studio.kept(script, title=outgoing.title, artist=station)
            if kept is None:
                return self._for_the_air_now(outgoing, script, station)
            return self._as_programme(kept, script)
        programme = self._rendered(outgoing, script, station, on_progress)
        prepared = self._as_programme(programme, script)
        return prepared if outgoing.relay is None else _as_relay(outgoing, prepared)

    def deliver(self, prepared: Prepared, sending: Sending) -> Receipt:
        if prepared.problems:
            raise ChannelError(ErrorKind.FIX_CONTENT, " ".join(prepared.problems))
        zone = sending.target.name
        if zone not in self._zones:
            raise ChannelError(ErrorKind.SKIP_TARGET, f"Không còn cụm loa “{zone}” trong cài đặt.")
        try:
            sound = self._sound(prepared, sending)
            receipt = self._airing.play(sound, prepared.payload, sending)
            return _with_form(receipt, prepared)
        except OSError as error:
            _log.warning("radio could not play: %s", error)
            reason = error.strerror or "lỗi đọc ghi"
            raise ChannelError(
                ErrorKind.RETRY, f"Không đọc hoặc ghi được tệp của kênh phát thanh ({reason})."
            ) from None

    def find(self, prepared: Prepared, sending: Sending) -> Receipt | None:
        """By the journal; where that has no end, by the content of the recording."""
        try:
            receipt = self._airing.proof(prepared.payload, sending)
            return _with_form(receipt, prepared) if receipt is not None else None
        except OSError as error:
            raise OutcomeUnknown(f"Không đọc được nhật ký phát ({error.strerror}).") from None

    def preview(self, prepared: Prepared) -> Artefact:
        return prepared.payload

    def watch(self, found: Callable[[Finding], None], stop: threading.Event) -> None:
        """Listen to the zones' own streams, and tell what is noticed while playing."""
        self._watch.run(found, stop)

    def check(self) -> Sequence[Health]:
        return [self._voices_health(), _ffmpeg_health(), *self._output_health()]

    def speech_to_file(
        self, text: str, out: Path, on_progress: OnProgress | None = None
    ) -> Programme:
        """The air-ready mp3 of any text; `on_progress` counts sentences. Raises UserError."""
        script = Script((Words(self._speak(text).spoken),))
        if not is_speakable(script.text()):
            raise UserError("Văn bản không có lời nào để đọc.", "Hãy nhập nội dung có chữ.")
        try:
            programme = self._studio.render(
                script, title="", artist=self._station, on_progress=on_progress
            )
            write_atomically(out, programme.mp3.read_bytes())
        except (NoVoiceError, ffmpeg.AudioError) as error:
            raise UserError(
                f"Không tạo được âm thanh: {error}.", "Hãy chạy: broadcaster channel check radio."
            ) from None
        except OSError as error:
            raise UserError(
                f"Không ghi được tệp “{out}” ({error.strerror}).", "Hãy chọn tệp hoặc thư mục khác."
            ) from None
        return programme

    def tidy(self, before: datetime) -> int:
        """Remove renders and recordings last used before a moment; bytes freed.

        What was aired stays in the evidence; a render that is needed again is made again.
        """
        recordings = {output.folder for zone in self._zones for output in self._files_of(zone)}
        return remove_unused([self._folders.cache, *recordings], before)

    def _files_of(self, zone: str) -> list[FileOutput]:
        outputs = self._airing.outputs(zone, "tidy", self._clock.now())
        return [output for output in outputs if isinstance(output, FileOutput)]

    def _hopeless(self, script: Script) -> str | None:
        if not script.has_content:
            return "Bản tin không có nội dung để đọc. Hãy viết thêm nội dung hoặc gắn bản ghi âm."
        words_a_minute = self._settings.rate_wpm * _SYLLABLES_A_WORD
        minutes = count_words(script.words()) / words_a_minute
        if minutes > _HOPELESS * self._settings.minutes_per_session:
            return self._length_problem(f"khoảng {minutes:.0f} phút")
        return None

    def _too_long(self, duration: timedelta) -> tuple[str, ...]:
        if duration <= timedelta(minutes=self._settings.minutes_per_session):
            return ()
        minutes, seconds = divmod(round(duration.total_seconds()), 60)
        return (self._length_problem(f"{minutes} phút {seconds} giây"),)

    def _length_problem(self, length: str) -> str:
        limit = self._settings.minutes_per_session
        return f"Bản tin đọc mất {length}, quá {limit} phút của một buổi phát. Hãy rút ngắn."

    def _rendered(
        self, outgoing: Outgoing, script: Script, station: str, on_progress: OnProgress | None
    ) -> Programme:
        with _told(recorded=any(isinstance(part, Reading) for part in script.parts)):
            return self._studio.render(
                script, title=outgoing.title, artist=station, on_progress=on_progress
            )

    def _as_programme(self, programme: Programme, script: Script) -> Prepared:
        details: dict[str, Json] = {
            "key": programme.key,
            "samples": programme.samples,
            "pcm_sha256": programme.pcm_sha256,
            "engine": programme.engine,
            "notes": list(programme.notes),
            "residue": list(script.residue),
            "recorded": any(isinstance(part, Reading) for part in script.parts)
            and not any(map(is_of_lost_reading, programme.notes)),
        }
        return Prepared(
            channel=self.name,
            text=script.text(),
            payload=Artefact(f"radio-{programme.key[:12]}.mp3", "audio/mpeg", programme.mp3),
            duration=programme.duration,
            problems=self._too_long(programme.duration),
            details=details,
        )

    def _for_the_air_now(self, outgoing: Outgoing, script: Script, station: str) -> Prepared:
        """An emergency that nobody has rendered: what goes out are its words, made on the air."""
        text = script.text()
        minutes = count_words(script.words()) / (self._settings.rate_wpm * _SYLLABLES_A_WORD)
        return Prepared(
            channel=self.name,
            text=text,
            payload=Artefact("radio.txt", "text/plain; charset=utf-8", text.encode()),
            duration=timedelta(minutes=minutes),
            details={
                "live": [part.text for part in script.parts if isinstance(part, Words)],
                "title": outgoing.title,
                "station": station,
                "residue": list(script.residue),
            },
        )

    def _sound(self, prepared: Prepared, sending: Sending) -> Sound:
        """What `prepare` promised. Raises ChannelError, OSError."""
        details = prepared.details
        live, relay = details.get("live"), details.get("relay")
        if isinstance(live, list):
            return self._spoken_now([str(words) for words in live], details, sending)
        if isinstance(relay, str):
            return self._relayed(relay, details, sending)
        return self._rendered_sound(details)

    def _rendered_sound(self, details: Mapping[str, Json]) -> Rendered:
        samples = details.get("samples")
        wav = self._studio.wav_path(str(details.get("key")))
        return Rendered(
            wav, samples if isinstance(samples, int) else 0, str(details.get("pcm_sha256"))
        )

    def _spoken_now(
        self, words: Sequence[str], details: Mapping[str, Json], sending: Sending
    ) -> Sound:
        """Sentence by sentence, unless an output of the zone needs a finished file."""
        if any(url.needs_file for url in self._zones[sending.target.name]):
            return self._whole_at_once(words, details)
        studio = self._urgent_studio
        keeper = Keeper(self._copy_of(sending))
        return SpokenLive(studio.chime(), studio.live("\n".join(words)), keeper)

    def _whole_at_once(self, words: Sequence[str], details: Mapping[str, Json]) -> Rendered:
        script = Script((Separator(), *(Words(text) for text in words)))
        title, station = str(details.get("title")), str(details.get("station"))
        with _told():
            made = self._urgent_studio.render(script, title=title, artist=station)
        return Rendered(made.wav, made.samples, made.pcm_sha256)

    def _relayed(self, url: str, details: Mapping[str, Json], sending: Sending) -> Sound:
        until = moment(details.get("until")) or sending.deadline
        stand_in = b"".join(self._rendered_sound(details).blocks())
        relay = Relay(url, seconds=(until - sending.at).total_seconds())
        permitted = named(self._settings.private_hosts)
        try:
            source = RelaySource(relay, stand_in + _BETWEEN_STAND_INS, permitted=permitted)
        except StreamError as error:
            raise ChannelError(ErrorKind.FIX_CONTENT, f"Không tiếp sóng được: {error}.") from None
        return Relayed(source, until, self._clock, Keeper(self._copy_of(sending)))

    def _copy_of(self, sending: Sending) -> Path:
        """Where a sound that is made on the air is kept until the evidence has it."""
        started = self._clock.now().strftime("%Y%m%dT%H%M%S")
        return self._folders.cache / "aired" / f"{ascii_name(sending.reference)}-{started}.mp3"

    def _voices_health(self) -> Health:
        narrator = self._studio.narrator
        problems = {voice.name: voice.problem() for voice in narrator.voices} | narrator.absent
        lines = [
            f"{name}: {problems[name] or 'sẵn sàng'}"
            for name in self._settings.engines
            if name in problems
        ]
        return Health(
            "giọng đọc", any(value is None for value in problems.values()), "; ".join(lines)
        )

    def _output_health(self) -> Iterator[Health]:
        for zone in self._zones:
            for output in self._airing.outputs(zone, "check", self._clock.now()):
                problem = output.problem()
                name = f"cụm loa {zone}, {output.url}"
                yield Health(name, problem is None, problem or "sẵn sàng")


def _outputs(urls: Sequence[str], settings: RadioSettings) -> tuple[OutputUrl, ...]:
    """In sandbox mode nothing but files is ever opened."""
    parsed = tuple(parse_output(url) for url in urls)
    if settings.mode == "sandbox":
        parsed = tuple(url for url in parsed if url.scheme == "file")
    return parsed or (parse_output("file:air"),)


def _with_form(receipt: Receipt, prepared: Prepared) -> Receipt:
    """How the sound was made: log books of stations have a column for it."""
    details = prepared.details
    form = "recording" if details.get("recorded") else "tts"
    form = next((name for name in ("relay", "live") if details.get(name)), form)
    known = {"form": form, "engine": details.get("engine")}
    return replace(receipt, details={**known, **receipt.details})


def _as_relay(outgoing: Outgoing, stand_in: Prepared) -> Prepared:
    """Another station's stream to the end of the broadcast; the text is heard where it fails."""
    at, until = outgoing.at, outgoing.until
    told = f"Tiếp sóng: {outgoing.relay}\n\nKhi luồng hỏng hoặc im lặng thì đọc:\n{stand_in.text}"
    if at is None or until is None:  # a preview: there is no broadcast yet
        return replace(stand_in, text=told)
    payload = Artefact("relay.txt", "text/plain; charset=utf-8", told.encode())
    details = {**stand_in.details, "relay": outgoing.relay, "until": until.isoformat()}
    return replace(
        stand_in,
        text=told,
        payload=payload,
        attachments=(stand_in.payload,),
        duration=until - at,
        problems=(),
        elastic=True,
        details=details,
    )


@contextmanager
def _told(*, recorded: bool = False) -> Iterator[None]:
    """What keeps a programme from being made, as the seam says it. Raises ChannelError."""
    try:
        yield
        return
    except NoVoiceError as error:
        reason, kind = f"không bộ đọc nào đọc được ({error})", ErrorKind.RETRY
    except ffmpeg.AudioError as error:
        kind = ErrorKind.FIX_CONTENT if recorded else ErrorKind.RETRY
        reason = str(error)
    except OSError as error:
        reason, kind = error.strerror or "lỗi ghi tệp", ErrorKind.RETRY
    raise ChannelError(kind, f"Không dựng được chương trình: {reason}.")


def _unfit(script: Script, problem: str) -> Prepared:
    text = script.text()
    payload = Artefact("radio.txt", "text/plain; charset=utf-8", text.encode())
    return Prepared(
        "radio", text, payload, problems=(problem,), details={"residue": script.residue}
    )


def _ffmpeg_health() -> Health:
    try:
        ffmpeg.executable()
    except ffmpeg.AudioError as error:
        return Health("ffmpeg", False, str(error))
    return Health("ffmpeg", True, "sẵn sàng")
