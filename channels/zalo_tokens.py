"""The keeper of Zalo's token pair: refreshed ahead, under a lock, saved before it is used.

A refresh token works once. Two processes that refresh together, or a crash between the answer
and the save, would lock the commune out of its own account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from channels import wire
from channels.base import NOT_REACHED, ChannelError, Clock, ErrorKind
from channels.error_table import load_table
from channels.redaction import redact, register_secret
from channels.zalo_settings import ZaloSettings

REFRESH_AHEAD = timedelta(hours=1)
"""A pair lives 25 h; refreshed this long before its end."""

_LOCK_MARGIN = 10.0
_LONGEST_LIFE = 10 * 365 * 86_400


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What Zalo hands out together; the refresh token is good for one use within 3 months."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    """Aware UTC: when the access token ends."""

    def __post_init__(self) -> None:
        register_secret(self.access_token)
        register_secret(self.refresh_token)


class TokenStore(Protocol):
    """Where the pair is kept, shared by every process of the station."""

    def load(self) -> TokenPair | None:
        """The newest pair; None before the first one."""

    def save(self, pair: TokenPair) -> None:
        """Return after the pair is safe on disk."""


class TokenKeeper:
    """Hands out a working access token. Every failure is a ChannelError: nothing was published."""

    def __init__(
        self, settings: ZaloSettings, store: TokenStore, lock_file: Path, clock: Clock
    ) -> None:
        self._settings = settings
        self._store = store
        self._lock_file = lock_file
        self._clock = clock
        self._unsaved: TokenPair | None = None

    def access_token(self) -> str:
        """The stored token, refreshed first when its end is near."""
        pair = self._newest()
        if pair is not None and self._lasts(pair):
            return pair.access_token
        return self._refresh(stale=pair.access_token if pair else "").access_token

    def replace(self, refused: str) -> str:
        """A token other than the one that Zalo refused (-216, -220)."""
        return self._refresh(stale=refused).access_token

    def log_in(self, code: str, verifier: str) -> TokenPair:
        """The first pair, for the code that Zalo gave to a person (10 minutes, one use); saved."""
        register_secret(code)
        register_secret(verifier)

        def ask() -> TokenPair:
            pair = self._ask(
                {"code": code, "code_verifier": verifier, "grant_type": "authorization_code"}
            )
            self._save(pair)
            return pair

        return self._locked(ask)

    def _refresh(self, stale: str) -> TokenPair:
        """Rotate under the lock, unless another process has done so meanwhile."""

        def rotate() -> TokenPair:
            newest = self._newest()
            if newest is not None and newest.access_token != stale and self._lasts(newest):
                return newest
            return self._rotate(newest)

        return self._locked(rotate)

    def _locked(self, act: Callable[[], TokenPair]) -> TokenPair:
        """One process at a time; the lock outlasts the longest answer."""
        from filelock import FileLock, Timeout

        wait = wire.answer_limit(self._settings.timeout) + _LOCK_MARGIN
        self._lock_file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._lock_file, timeout=wait):
                return act()
        except Timeout:
            pass
        raise ChannelError(
            ErrorKind.RETRY, "Một tiến trình khác đang làm mới mã Zalo quá lâu; sẽ thử lại."
        )

    def _newest(self) -> TokenPair | None:
        """The stored pair; a pair that could not be saved before is saved first."""
        if self._unsaved is not None:
            self._save(self._unsaved)
        return self._store.load()

    def _rotate(self, newest: TokenPair | None) -> TokenPair:
        """Try the stored refresh token, then one that a person has put into the settings."""
        candidates = [newest.refresh_token] if newest else []
        given = self._settings.refresh_token
        if given and given not in candidates:
            candidates.append(given)
        if not candidates:
            raise ChannelError(
                ErrorKind.REAUTHORISE,
                "Chưa có mã làm mới của Zalo OA; hãy cấp quyền cho ứng dụng và lưu mã.",
                code="no_token",
            )
        for number, candidate in enumerate(candidates, 1):
            try:
                pair = self._ask({"refresh_token": candidate, "grant_type": "refresh_token"})
            except ChannelError as error:
                if error.kind is not ErrorKind.REAUTHORISE or number == len(candidates):
                    raise
            else:
                self._save(pair)
                return pair
        raise AssertionError("the last candidate returns or raises")

    def _save(self, pair: TokenPair) -> None:
        """Keep a pair that cannot be written for the next attempt: the old one is used up."""
        self._unsaved = pair
        try:
            self._store.save(pair)
        except OSError:
            raise ChannelError(
                ErrorKind.RETRY,
                "Không lưu được mã Zalo mới; hãy xem lại dung lượng đĩa và quyền ghi.",
                code="token_not_saved",
            ) from None
        self._unsaved = None

    def _lasts(self, pair: TokenPair) -> bool:
        return bool(pair.access_token) and pair.expires_at - self._clock.now() > REFRESH_AHEAD

    def _ask(self, grant: Mapping[str, str]) -> TokenPair:
        register_secret(grant.get("refresh_token"))
        asked_at = self._clock.now()
        try:
            with wire.new_session(self._settings.timeout) as session:
                answer = wire.call(
                    session,
                    self._clock,
                    self._settings.timeout,
                    "POST",
                    f"{self._settings.oauth_url.rstrip('/')}/v4/oa/access_token",
                    headers={"secret_key": self._settings.app_secret},
                    data={**grant, "app_id": self._settings.app_id},
                )
        except (wire.NotSent, wire.Unanswered) as error:
            fault = ChannelError(
                ErrorKind.RETRY,
                f"Chưa làm mới được mã Zalo: {error}.",
                code=NOT_REACHED if isinstance(error, wire.NotSent) else "refresh",
            )
        else:
            return self._read(answer, asked_at)
        raise fault

    def _read(self, answer: wire.Answer, asked_at: datetime) -> TokenPair:
        """A pair, or why there is none; a failure may come with HTTP 200 and must not be kept."""
        body = answer.json_object()
        pair = _pair(body, asked_at) if body is not None else None
        if pair is not None:
            return pair
        code = error_code(body or {}) or 0
        meaning = load_table("zalo_oauth_errors").meaning(code)
        said = redact(str((body or {}).get("error_description") or (body or {}).get("message")))
        raise meaning.error(
            str(code), self._clock.now(), {"http_status": answer.status, "message": said}
        )


def _pair(body: Mapping[str, Any], asked_at: datetime) -> TokenPair | None:
    """`expires_in` is a string of seconds ("90000")."""
    access, refresh = body.get("access_token"), body.get("refresh_token")
    if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh):
        return None
    try:
        seconds = int(str(body.get("expires_in")))
    except ValueError:
        return None
    if not 0 < seconds <= _LONGEST_LIFE:
        return None
    return TokenPair(access, refresh, asked_at + timedelta(seconds=seconds))


def error_code(body: Mapping[str, Any]) -> int | None:
    """Zalo's `error` as a number, sent as 0, "0" or -216; None where there is none."""
    try:
        return int(str(body.get("error")))
    except ValueError:
        return None
