"""Consultation messages to the followers who wrote in the last 7 days, each exactly once.

Whom a message reached is personal data: rows and evidence hold keyed pseudonyms only.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from channels.base import (
    Artefact,
    ChannelError,
    Clock,
    ErrorKind,
    Json,
    OutcomeUnknown,
    Prepared,
    Receipt,
    Sending,
)
from channels.zalo_api import ZaloApi
from channels.zalo_steps import Gate, settle_by_person

_AT_ONCE = 16
"""Messages under way together: the network's delay is not paid one after another. How many a
minute is `calls_per_minute`'s business."""
_PAGE = 50
_PICTURE_LIFE = timedelta(days=6)
"""Zalo keeps an uploaded picture for 7 days."""
_LAST_OFFSET = 9_951
"""The furthest that user/getlist goes."""


class RecentContacts:
    """One delivery of many messages; progress holds each pseudonym, so that nobody gets two."""

    def __init__(
        self, api: ZaloApi, clock: Clock, gate: Gate, pseudonym_key: Callable[[], str]
    ) -> None:
        self._pseudonym_key = pseudonym_key
        self._api = api
        self._clock = clock
        self._gate = gate

    def deliver(self, prepared: Prepared, sending: Sending) -> Receipt:
        """Send to everyone not yet reached; after a ChannelError the next attempt goes on there."""
        started = self._gate(sending)
        outcomes: Counter[str] = Counter()
        reached: dict[str, str] = {}
        try:
            self._send_all(self._message(prepared, sending), sending, outcomes, reached)
        except ChannelError as error:
            raise ChannelError(
                error.kind,
                error.message,
                until=error.until,
                code=error.code,
                details={**error.details, **outcomes},
            ) from None
        counts = json.dumps(dict(outcomes), sort_keys=True)
        sending.progress.record("recent_done", counts)
        if not outcomes["sent"] and not outcomes["unknown"]:
            raise ChannelError(
                ErrorKind.SKIP_TARGET, "Không có ai nhắn tin với Zalo OA trong 7 ngày qua."
            )
        if not outcomes["sent"]:
            raise settle_by_person("tin nhắn cá nhân", prepared)
        return Receipt(
            external_id=f"recent-{sending.reference}",
            started_at=started,
            ended_at=self._clock.now(),
            artefacts=(_recipients(reached),),
            details=dict(outcomes),
        )

    def _send_all(
        self,
        message: Mapping[str, Json],
        sending: Sending,
        outcomes: Counter[str],
        reached: dict[str, str],
    ) -> None:
        """To everyone, a few at once; after a refusal nobody more, but what has left is counted."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="zalo") as pool:
            under_way: dict[Future[str], str] = {}
            try:
                key = self._pseudonym_key().encode()
                for user in self._users():
                    name = pseudonym(key, user)
                    # A shifting list may name somebody twice while the first message is leaving.
                    while len(under_way) == _AT_ONCE or name in under_way.values():
                        _count_some(under_way, outcomes, reached)
                    self._may_go_on(sending, outcomes)
                    under_way[pool.submit(self._reach, user, name, message, sending)] = name
            finally:
                while under_way:
                    _count_some(under_way, outcomes, reached)

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

    def find(self, prepared: Prepared, sending: Sending) -> Receipt | None:
        """None: go on with those not yet reached; a finished round is known from progress."""
        done = sending.progress.get("recent_done")
        if done is None:
            return None
        counts = json.loads(done)
        if counts.get("sent"):
            return Receipt(external_id=f"recent-{sending.reference}", details=counts)
        if counts.get("unknown"):
            raise settle_by_person("tin nhắn cá nhân", prepared)
        return None

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

    def _may_go_on(self, sending: Sending, outcomes: Counter[str]) -> None:
        reason = sending.permit(self._clock.now())
        if sending.stop.is_set():
            reason = "Chương trình đang dừng; sẽ gửi tiếp khi chạy lại."
        if reason:
            raise ChannelError(ErrorKind.RETRY, reason, details=dict(outcomes))

    def _reach(self, user: str, name: str, message: Mapping[str, Json], sending: Sending) -> str:
        """One person: "sent", "skipped", or "unknown" (never tried again)."""
        key = f"user.{name}"
        # Deliveries begun by an earlier version have the plain id: nobody may get two for that.
        if known := sending.progress.get(key) or sending.progress.get(f"user.{user}"):
            return "unknown" if known == "begun" else known
        sending.progress.record(key, "begun")
        body: dict[str, Json] = {"recipient": {"user_id": user}, "message": message}
        try:
            self._api.send("/v3.0/oa/message/cs", body)
        except OutcomeUnknown:
            return "unknown"
        except ChannelError as error:
            if error.kind is ErrorKind.SKIP_TARGET:
                sending.progress.record(key, "skipped")
                return "skipped"
            sending.progress.record(key, "")
            raise
        sending.progress.record(key, "sent")
        return "sent"


def pseudonym(key: bytes, user: str) -> str:
    """The same person is the same name in this station, and in no other."""
    return hmac.new(key, user.encode(), hashlib.sha256).hexdigest()[:20]


def _recipients(reached: Mapping[str, str]) -> Artefact:
    """The outcome for each person, by pseudonym."""
    text = json.dumps(reached, sort_keys=True, indent=0)
    return Artefact("zalo-recipients.json", "application/json", text.encode())


def _count_some(
    under_way: dict[Future[str], str], outcomes: Counter[str], reached: dict[str, str]
) -> None:
    """Wait for at least one and take out what is finished. Raises what one of them raised, once
    all the finished ones are counted."""
    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
    fault: BaseException | None = None
    for future in done:
        name = under_way.pop(future)
        if (error := future.exception()) is not None:
            fault = fault or error
        else:
            reached[name] = future.result()
            outcomes[reached[name]] += 1
    if fault is not None:
        raise fault
