"""Consultation messages to the followers who wrote in the last 7 days, each exactly once.

Whom a message reached is personal data: rows and evidence hold keyed pseudonyms only.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from pathlib import Path

from channels.base import (
    SAID_NOT_SENT,
    Artefact,
    ChannelError,
    Clock,
    ErrorKind,
    Json,
    OutcomeUnknown,
    Prepared,
    Progress,
    Receipt,
    Sending,
)
from channels.zalo_api import ZaloApi
from channels.zalo_steps import Gate, settle_by_person

_AT_ONCE = 16
"""Messages under way together: the network's delay is not paid one after another. How many a
minute is `calls_per_minute`'s business."""
_PAGE = 50
_LOOK_SECONDS = 0.5
_PICTURE_LIFE = timedelta(days=6)
"""Zalo keeps an uploaded picture for 7 days."""
_LAST_OFFSET = 9_951
"""The furthest that user/getlist goes."""
_PICTURE_GONE = "-100"
_STEP = "user."
_DONE = "recent_done"
_BEGUN = "begun"
_PSEUDONYM = re.compile(r"[0-9a-f]{20}")


class RecentContacts:
    """One delivery of many messages; a step for each pseudonym, so that nobody gets two.

    Nothing is kept in memory that grows with the number of persons: the steps are the truth.
    """

    def __init__(
        self,
        api: ZaloApi,
        clock: Clock,
        gate: Gate,
        pseudonym_key: Callable[[], str],
        folder: Path,
    ) -> None:
        """`folder` keeps the list of whom a delivery reached until it is in the evidence."""
        self._pseudonym_key = pseudonym_key
        self._api = api
        self._clock = clock
        self._gate = gate
        self._folder = folder

    def deliver(self, prepared: Prepared, sending: Sending) -> Receipt:
        """Send to everyone not yet reached; after a ChannelError the next attempt goes on there."""
        started = self._gate(sending)
        progress = sending.progress
        progress.record(_DONE, "")
        try:
            self._send_all(self._message(prepared, sending), sending)
        except ChannelError as error:
            outcomes = _outcomes(progress)
            if error.code != "deadline" or not outcomes["sent"]:
                raise _with(outcomes, error) from None
            # The window closed on a message that most have got: it went out, to so many.
            outcomes["not_reached_in_time"] = 1
        else:
            outcomes = _outcomes(progress)
        progress.record(_DONE, json.dumps(outcomes, sort_keys=True))
        if not outcomes["sent"] and not outcomes["unknown"]:
            raise ChannelError(
                ErrorKind.SKIP_TARGET, "Không có ai nhắn tin với Zalo OA trong 7 ngày qua."
            )
        if not outcomes["sent"]:
            raise settle_by_person("tin nhắn cá nhân", prepared)
        return self._receipt(sending, outcomes, started)

    def find(self, prepared: Prepared, sending: Sending) -> Receipt | None:
        """None: go on with those not yet reached; a finished round is known from progress."""
        done = sending.progress.get(_DONE)
        if not done:
            return None
        counts = json.loads(done)
        if counts.get("sent"):
            return self._receipt(sending, counts, None)
        if counts.get("unknown"):
            raise settle_by_person("tin nhắn cá nhân", prepared)
        return None

    def _receipt(
        self, sending: Sending, outcomes: Mapping[str, int], started: datetime | None
    ) -> Receipt:
        return Receipt(
            external_id=f"recent-{sending.reference}",
            started_at=started,
            ended_at=self._clock.now() if started else None,
            artefacts=(self._recipients(sending),),
            details=dict(outcomes),
        )

    def _send_all(self, message: Mapping[str, Json], sending: Sending) -> None:
        """To everyone, a few at once; after a refusal nobody more, but what has left is awaited."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="zalo") as pool:
            under_way: dict[Future[None], str] = {}
            try:
                key = self._pseudonym_key().encode()
                for user in self._users():
                    name = pseudonym(key, user)
                    # A shifting list may name somebody twice while the first message is leaving.
                    while len(under_way) == _AT_ONCE or name in under_way.values():
                        _take_out_some(under_way)
                    self._wait_for_turn(sending)
                    under_way[pool.submit(self._reach, user, name, message, sending)] = name
            finally:
                while under_way:
                    _take_out_some(under_way)

    def _message(self, prepared: Prepared, sending: Sending) -> dict[str, Json]:
        """The text, with the picture where there is one; it is uploaded once for this delivery."""
        message: dict[str, Json] = {"text": str(prepared.details.get("message") or "")}
        if not prepared.attachments:
            return message
        attachment, _, moment = (sending.progress.get("picture") or "").partition(" ")
        now = self._clock.now()
        if not moment or now - datetime.fromisoformat(moment) > _PICTURE_LIFE:
            attachment = self._api.upload_image(prepared.attachments[0])
            sending.progress.record("picture", f"{attachment} {now.isoformat()}")
        element: dict[str, Json] = {"media_type": "image", "attachment_id": attachment}
        payload: dict[str, Json] = {"template_type": "media", "elements": [element]}
        return {**message, "attachment": {"type": "template", "payload": payload}}

    def _users(self) -> Iterator[str]:
        """Ids page by page, never all in memory; a shifting list may name one twice."""
        for offset in range(0, _LAST_OFFSET + 1, _PAGE):
            query = {
                "offset": offset,
                "count": _PAGE,
                "last_interaction_period": "L7D",
                "is_follower": "true",
            }
            users = self._api.read("/v3.0/oa/user/getlist", data=json.dumps(query)).get("users")
            users = users if isinstance(users, list) else []
            yield from (str(user["user_id"]) for user in users if user.get("user_id"))
            if len(users) < _PAGE:
                return

    def _wait_for_turn(self, sending: Sending) -> None:
        """The pace is kept here, before the begin is written down: who waits can still be spared
        when the daemon ends, the night or the end of the window comes, or it is withdrawn."""
        self._gate(sending)
        wait = self._api.reserve().total_seconds()
        while wait > 0:
            self._clock.sleep(min(wait, _LOOK_SECONDS))
            wait -= _LOOK_SECONDS
            self._gate(sending)

    def _reach(self, user: str, name: str, message: Mapping[str, Json], sending: Sending) -> None:
        """One person, once; a message that perhaps arrived is never sent again by itself."""
        progress = sending.progress
        key = f"{_STEP}{name}"
        begun = f"{_BEGUN}{progress.get(SAID_NOT_SENT) or ''}"
        # Deliveries begun by an earlier version have the plain id: nobody may get two for that.
        known = progress.get(key) or progress.get(f"{_STEP}{user}")
        if known in ("sent", "skipped", begun):
            return
        # A begin from before a person said that nothing had arrived counts no longer.
        progress.record(key, begun)
        body: dict[str, Json] = {"recipient": {"user_id": user}, "message": message}
        try:
            self._api.send("/v3.0/oa/message/cs", body, reserved=True)
        except OutcomeUnknown:
            return
        except ChannelError as error:
            if error.kind is ErrorKind.SKIP_TARGET:
                progress.record(key, "skipped")
                return
            progress.record(key, "")
            if error.code == _PICTURE_GONE:
                progress.record("picture", "")
            raise
        progress.record(key, "sent")

    def _recipients(self, sending: Sending) -> Artefact:
        """The outcome for each person, by pseudonym: a JSON object, in order."""
        reference = hashlib.sha256(sending.reference.encode()).hexdigest()[:16]
        path = self._folder / f"recipients-{reference}.json"
        key = self._pseudonym_key().encode()
        self._folder.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            separator = "{\n"
            for name, outcome in _people(sending.progress):
                shown = name if _PSEUDONYM.fullmatch(name) else pseudonym(key, name)
                file.write(f"{separator}{json.dumps(shown)}: {json.dumps(outcome)}")
                separator = ",\n"
            file.write("{}" if separator == "{\n" else "\n}")
        return Artefact("zalo-recipients.json", "application/json", path)


def pseudonym(key: bytes, user: str) -> str:
    """The same person is the same name in this station, and in no other."""
    return hmac.new(key, user.encode(), hashlib.sha256).hexdigest()[:20]


def _people(progress: Progress) -> Iterator[tuple[str, str]]:
    """Whom it has come to, by name: "sent", "skipped", or "unknown" (begun, no answer)."""
    for key, value in progress.steps(_STEP):
        if value:
            outcome = "unknown" if value.startswith(_BEGUN) else value
            yield key.removeprefix(_STEP), outcome


def _outcomes(progress: Progress) -> Counter[str]:
    return Counter(outcome for _, outcome in _people(progress))


def _with(outcomes: Mapping[str, int], error: ChannelError) -> ChannelError:
    return ChannelError(
        error.kind,
        error.message,
        until=error.until,
        code=error.code,
        details={**error.details, **outcomes},
    )


def _take_out_some(under_way: dict[Future[None], str]) -> None:
    """Wait for at least one and take out what is finished. Raises what one of them raised, once
    all the finished ones are out."""
    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
    fault: BaseException | None = None
    for future in done:
        del under_way[future]
        fault = fault or future.exception()
    if fault is not None:
        raise fault
