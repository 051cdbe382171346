"""The Zalo Official Account: followers, groups, recent contacts; and a sandbox of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from channels.base import (
    Artefact,
    ChannelError,
    Clock,
    ErrorKind,
    Health,
    Outgoing,
    Prepared,
    Reach,
    Receipt,
    Sending,
    Sent,
    Target,
)
from channels.gate import pass_last_gate
from channels.sandbox import SandboxChannel, zalo_page
from channels.zalo_message import prepare_message
from channels.zalo_settings import ZaloSettings

if TYPE_CHECKING:
    from channels.zalo_api import ZaloApi
    from channels.zalo_followers import FollowersBroadcast
    from channels.zalo_recent import RecentContacts
    from channels.zalo_tokens import TokenStore

__all__ = ["SandboxZalo", "ZaloChannel", "ZaloSettings"]

_GROUP = "group:"


class ZaloChannel:
    """One Official Account, live.

    `find` raises OutcomeUnknown where Zalo offers no look (broadcasts, group messages): a person
    settles those.
    """

    name = "zalo"
    simulated = False
    can_find = True
    absence_is_proof = False
    lead = timedelta(0)

    def __init__(
        self,
        settings: ZaloSettings,
        store: TokenStore,
        lock_file: Path,
        clock: Clock,
        pseudonym_key: Callable[[], str] = str,
    ) -> None:
        """`pseudonym_key` gives the secret under which persons are named in the evidence."""
        from channels.zalo_api import ZaloApi
        from channels.zalo_tokens import TokenKeeper

        self._settings = settings
        self._clock = clock
        self._pseudonym_key = pseudonym_key
        self._lists = lock_file.parent / "cache" / "zalo"
        self._api: ZaloApi = ZaloApi(
            settings, TokenKeeper(settings, store, lock_file, clock), clock
        )

    def targets(self) -> Sequence[Target]:
        """Followers, each group, recent contacts: as far as the settings name them."""
        return _targets(self._settings)

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """The article and the message."""
        return prepare_message(outgoing, self._settings)

    def deliver(self, prepared: Prepared, sending: Sending) -> Receipt:
        """Send to the one target of `sending`."""
        if prepared.problems:
            raise ChannelError(ErrorKind.FIX_CONTENT, " ".join(prepared.problems), code="limits")
        name = sending.target.name
        if name == "followers":
            return self._followers().deliver(prepared, sending)
        if name == "recent":
            return self._recent().deliver(prepared, sending)
        if name.startswith(_GROUP):
            return self._deliver_to_group(prepared, sending, name.removeprefix(_GROUP))
        raise ChannelError(
            ErrorKind.STOP, f"Không có nơi nhận Zalo “{name}”; hãy xem lại cấu hình.", code="target"
        )

    def find(self, prepared: Prepared, sending: Sending) -> Receipt | None:
        """What progress and the article list tell; OutcomeUnknown where a person must look."""
        if sending.target.name == "followers":
            return self._followers().find(prepared, sending)
        if sending.target.name == "recent":
            return self._recent().find(prepared, sending)
        if sent := sending.progress.get("message_sent"):
            return Receipt(external_id=sent)
        if sending.progress.get("message_begun"):
            from channels.zalo_steps import settle_by_person

            raise settle_by_person("tin nhắn nhóm", prepared)
        return None

    def preview(self, prepared: Prepared) -> Artefact:
        """The article and the message as an HTML page."""
        return zalo_page(prepared, simulated=False)

    def tidy(self, before: datetime) -> int:
        """Lists of whom a delivery reached; the evidence has its own copies."""
        old = [path for path in self._lists.glob("*.json") if _is_before(path, before)]
        freed = sum(path.stat().st_size for path in old)
        for path in old:
            path.unlink(missing_ok=True)
        return freed

    def check(self) -> Sequence[Health]:
        """Token, account, package; reads only (a due refresh of the token apart)."""
        from channels.zalo_check import check_account

        return check_account(self._api, self._settings)

    def closed_until(self, moment: datetime) -> datetime | None:
        """The end of the night hours that `moment` lies in."""
        return self._settings.night_ends(moment)

    def tells_reach(self, target: str) -> bool:
        """Of articles only; messages to recent contacts are counted when they are sent."""
        return target == "followers"

    def reach_of(self, sent: Sequence[Sent]) -> Iterator[Reach]:
        """Views and shares, from the account's list of articles."""
        from channels import zalo_articles

        return zalo_articles.reach_of(self._api, sent)

    def _deliver_to_group(self, prepared: Prepared, sending: Sending, group: str) -> Receipt:
        from channels.zalo_steps import answer_artefact, send_once

        text = str(prepared.details.get("message") or "")
        body = {"recipient": {"group_id": group}, "message": {"text": text}}
        started = self._gate(sending)
        answer = send_once(
            sending, "message", lambda: self._api.send("/v3.0/oa/group/message", body)
        )
        return Receipt(
            external_id=str(answer.get("message_id") or "") or None,
            started_at=started,
            ended_at=self._clock.now(),
            artefacts=(answer_artefact(answer),),
            details={"group_id": group, "oa_id": self._settings.oa_id},
        )

    def _gate(self, sending: Sending) -> datetime:
        """The last gate, and the night hours: nobody's telephone rings in them."""
        now = pass_last_gate(sending, self._clock)
        if morning := self._settings.night_ends(now):
            raise ChannelError(
                ErrorKind.DEFER,
                f"Đang trong giờ nghỉ đêm; Zalo sẽ gửi sau {morning:%H:%M}.",
                until=morning,
                code="night",
            )
        return now

    def _followers(self) -> FollowersBroadcast:
        from channels.zalo_followers import FollowersBroadcast

        return FollowersBroadcast(self._api, self._settings, self._clock, self._gate)

    def _recent(self) -> RecentContacts:
        from channels.zalo_recent import RecentContacts

        return RecentContacts(self._api, self._clock, self._gate, self._pseudonym_key, self._lists)


class SandboxZalo(SandboxChannel):
    """The same article and message with the same checks, written as HTML pages into a folder."""

    name = "zalo"

    def __init__(self, settings: ZaloSettings, folder: Path, clock: Clock) -> None:
        super().__init__(folder, clock)
        self._settings = settings

    def targets(self) -> Sequence[Target]:
        """As the live channel."""
        return _targets(self._settings)

    def prepare(self, outgoing: Outgoing) -> Prepared:
        """As the live channel."""
        return prepare_message(outgoing, self._settings)

    def closed_until(self, moment: datetime) -> datetime | None:
        """The end of the night hours that `moment` lies in."""
        return self._settings.night_ends(moment)

    def page(self, prepared: Prepared, *, target: str | None = None) -> Artefact:
        """The article or the message as an HTML page, marked as simulated."""
        return zalo_page(prepared, simulated=True, target=target)


def _is_before(path: Path, moment: datetime) -> bool:
    return path.stat().st_mtime < moment.timestamp()


def _targets(settings: ZaloSettings) -> tuple[Target, ...]:
    targets = []
    for audience in settings.audience:
        if audience == "followers":
            targets.append(Target("zalo", "followers", "Người quan tâm Zalo OA"))
        elif audience == "recent":
            targets.append(Target("zalo", "recent", "Người nhắn tin trong 7 ngày qua"))
        else:
            targets += [Target("zalo", _GROUP + g, f"Nhóm Zalo {g}") for g in settings.groups]
    return tuple(targets)
