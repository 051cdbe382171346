"""The channels of this program: one visible dict. A new channel is one more line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from broadcaster.vault import Vault
from channels.base import Artefact, Channel, Outgoing
from channels.bulletin_text import SoundOf, no_sound
from channels.facebook import FacebookChannel, SandboxFacebook
from channels.facebook_post import FacebookSettings
from channels.portal.channel import PortalChannel, PortalSettings, SandboxPortal
from channels.radio.channel import RadioChannel
from channels.radio.settings import RadioFolders, RadioSettings
from channels.zalo import SandboxZalo, ZaloChannel
from channels.zalo_settings import ZaloSettings
from channels.zalo_tokens import TokenKeeper, TokenPair

if TYPE_CHECKING:
    from pydantic import SecretStr

    from broadcaster.app import App


def radio_of(app: App) -> RadioChannel:
    """The loudspeakers, also for `speech audio`."""
    chosen = app.settings.radio
    settings = RadioSettings(
        engines=tuple(chosen.engines),
        voice=chosen.voice,
        rate_wpm=chosen.rate,
        loudness=chosen.loudness,
        true_peak=chosen.true_peak,
        piper_voice=chosen.piper_voice,
        pause_sentence=chosen.pause_sentence,
        pause_paragraph=chosen.pause_paragraph,
        repeat=chosen.repeat,
        profile=chosen.profile,
        separator=chosen.separator,
        signature_tune=chosen.signature_tune,
        zones={name: tuple(zone.outputs) for name, zone in chosen.zones.items()},
        listen={name: zone.listen for name, zone in chosen.zones.items() if zone.listen},
        silence_alarm=chosen.silence_alarm,
        private_hosts=tuple(chosen.private_hosts),
        mode=chosen.mode,
        minutes_per_session=app.settings.broadcast.minutes_per_session,
    )
    return RadioChannel(
        settings,
        app.settings.station.name,
        RadioFolders.in_home(app.home),
        app.clock,
        speak=app.speak,
        timezone=app.zone,
    )


def _facebook(app: App, sound: SoundOf | None = None) -> Channel:
    chosen = app.settings.facebook
    settings = FacebookSettings(
        mode=chosen.mode,
        page_id=chosen.page_id,
        graph_version=chosen.graph_version,
        api_url=chosen.api_url,
        page_token=_clear(chosen.page_token),
        app_secret=_clear(chosen.app_secret) or None,
        as_video=chosen.as_video,
        calls_per_hour=chosen.calls_per_hour,
        pace_file=app.home / "state" / "facebook-pace.json",
        reference_code=chosen.reference_code,
        image_cache=app.home / "cache" / "images",
        timeout=chosen.timeout,
    )
    if chosen.mode == "sandbox":
        return SandboxFacebook(settings, app.home / "sandbox", app.clock, sound or _sound_of(app))
    return FacebookChannel(settings, app.clock, sound or _sound_of(app))


def zalo_settings(app: App) -> ZaloSettings:
    """Section [zalo], as the channel reads it."""
    chosen = app.settings.zalo
    return ZaloSettings(
        mode=chosen.mode,
        oa_id=chosen.oa_id,
        app_id=chosen.app_id,
        api_url=chosen.api_url,
        oauth_url=chosen.oauth_url,
        audience=tuple(chosen.audience),
        groups=tuple(chosen.groups),
        night_hours=tuple(chosen.night_hours),
        timezone=app.settings.station.timezone,
        author=app.settings.station.name,
        cover_url=chosen.cover_url or None,
        calls_per_minute=chosen.calls_per_minute,
        pace_file=app.home / "state" / "zalo-pace.json",
        image_cache=app.home / "cache" / "images",
        app_secret=_clear(chosen.app_secret),
        oa_secret=_clear(chosen.oa_secret),
        refresh_token=_clear(chosen.refresh_token),
        timeout=chosen.timeout,
    )


def zalo_keeper(app: App) -> TokenKeeper:
    """The keeper of this station's Zalo token pair, also for `channel login zalo`."""
    return TokenKeeper(
        zalo_settings(app), _ZaloTokens(app.vault), app.home / "zalo.lock", app.clock
    )


def _zalo(app: App) -> Channel:
    settings = zalo_settings(app)
    if settings.mode == "sandbox":
        return SandboxZalo(settings, app.home / "sandbox", app.clock)
    return ZaloChannel(
        settings,
        _ZaloTokens(app.vault),
        app.home / "zalo.lock",
        app.clock,
        lambda: app.vault.random("zalo.pseudonyms"),
    )


def _portal(app: App, sound: SoundOf | None = None) -> Channel:
    chosen = app.settings.portal
    settings = PortalSettings(
        mode=chosen.mode,
        kind=chosen.kind,
        url=chosen.url,
        path=app.home / chosen.path if chosen.path else None,
        server=chosen.server,
        user=chosen.user,
        password=_clear(chosen.password),
        key_file=app.home / chosen.key_file if chosen.key_file else None,
        known_hosts=app.home / chosen.known_hosts,
        title=chosen.title,
        audio=chosen.audio,
        image_cache=app.home / "cache" / "images",
        timeout=chosen.timeout,
    )
    if chosen.mode == "sandbox":
        return SandboxPortal(settings, app.home / "sandbox", app.clock, sound or _sound_of(app))
    return PortalChannel(settings, app.clock, sound or _sound_of(app))


def _sound_of(app: App) -> SoundOf:
    """The loudspeakers' sound of a bulletin alone, for the channels that put it into the net."""

    def sound(outgoing: Outgoing) -> Artefact | None:
        radio = app.channels["radio"]
        prepared = radio.prepare(replace(outgoing, opening=False, closing=False))
        made = radio.preview(prepared)
        return made if not prepared.problems and made.media_type == "audio/mpeg" else None

    return sound


CHANNELS: Mapping[str, Callable[[App], Channel]] = {
    "radio": radio_of,
    "facebook": _facebook,
    "zalo": _zalo,
    "portal": _portal,
}


def without_sound(app: App) -> Mapping[str, Channel]:
    """The networks as they check a text, without the sound that takes seconds to make."""
    return {
        "facebook": _facebook(app, no_sound),
        "zalo": _zalo(app),
        "portal": _portal(app, no_sound),
    }


class _ZaloTokens:
    """Zalo's rotating token pair, in the vault."""

    _NAME = "zalo.tokens"

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def load(self) -> TokenPair | None:
        kept = self._vault.get(self._NAME)
        if kept is None:
            return None
        access, refresh, expires = kept.split("\n")
        return TokenPair(access, refresh, datetime.fromisoformat(expires))

    def save(self, pair: TokenPair) -> None:
        kept = "\n".join((pair.access_token, pair.refresh_token, pair.expires_at.isoformat()))
        try:
            self._vault.put(self._NAME, kept)
        except SQLAlchemyError as error:
            raise OSError(f"the token pair was not saved: {type(error).__name__}") from None


def _clear(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
