"""The keeper of Zalo's token pair: rotated once, saved before use, never overwritten by errors."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from channels.base import ChannelError, ErrorKind
from channels.zalo_tokens import REFRESH_AHEAD, TokenKeeper, TokenPair
from content.files import write_atomically
from tests.channels.rigs import MARKER, MemoryStore, zalo_settings
from tests.channels.support import NOON, HandClock, everything_said, outgoing, sending
from tests.servers.zalo import Fault, ZaloServer


class FileStore:
    """A token store that several processes share."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> TokenPair | None:
        if not self._path.exists():
            return None
        access, refresh, expires = json.loads(self._path.read_text())
        return TokenPair(access, refresh, NOON + timedelta(seconds=expires))

    def save(self, pair: TokenPair) -> None:
        seconds = (pair.expires_at - NOON).total_seconds()
        content = json.dumps([pair.access_token, pair.refresh_token, seconds])
        write_atomically(self._path, content.encode())


@pytest.fixture
def server() -> Iterator[ZaloServer]:
    with ZaloServer() as running:
        yield running


def keeper(
    server: ZaloServer, folder: Path, store: MemoryStore, clock: HandClock | None = None
) -> TokenKeeper:
    settings = zalo_settings(server.url)
    return TokenKeeper(settings, store, folder / "zalo.lock", clock or HandClock())


def test_the_first_pair_comes_from_the_refresh_token_of_the_settings_and_is_saved(
    server: ZaloServer, tmp_path: Path
) -> None:
    store = MemoryStore()
    assert keeper(server, tmp_path, store).access_token() == "accessMARKER-1"
    assert store.saved[-1].refresh_token == "refreshMARKER-1"
    assert store.saved[-1].expires_at == NOON + timedelta(hours=25)


def test_a_lasting_pair_is_used_without_a_call(server: ZaloServer, tmp_path: Path) -> None:
    pair = TokenPair("a-lasting", "r-lasting", NOON + REFRESH_AHEAD + timedelta(minutes=1))
    assert keeper(server, tmp_path, MemoryStore(pair)).access_token() == "a-lasting"
    assert server.calls == []


def test_a_pair_is_refreshed_ahead_of_its_end(server: ZaloServer, tmp_path: Path) -> None:
    server.refresh_token = "r-stored"
    store = MemoryStore(TokenPair("a-old", "r-stored", NOON + timedelta(minutes=30)))
    assert keeper(server, tmp_path, store).access_token() == "accessMARKER-1"
    assert server.used_refresh_tokens == ["r-stored"]


def test_the_pair_is_on_disk_before_anything_is_called_with_it(
    server: ZaloServer, tmp_path: Path
) -> None:
    class Failing(MemoryStore):
        full = True

        def save(self, pair: TokenPair) -> None:
            if self.full:
                raise OSError("disk full")
            super().save(pair)

    store = Failing()
    one = keeper(server, tmp_path, store)
    with pytest.raises(ChannelError) as caught:
        one.access_token()
    assert caught.value.kind is ErrorKind.RETRY
    store.full = False
    assert one.access_token() == "accessMARKER-1", "the pair of the failed save is not lost"
    assert server.rotations == 1
    assert store.saved[-1].refresh_token == "refreshMARKER-1"


@pytest.mark.parametrize(
    "fault", [Fault.REFRESH_ERROR_200, Fault.HTML_ERROR, Fault.SERVER_ERROR, Fault.REDIRECT]
)
def test_a_failing_refresh_leaves_the_good_pair_as_it_was(
    server: ZaloServer, tmp_path: Path, fault: Fault
) -> None:
    server.refresh_token = "r-stored"
    good = TokenPair("a-good", "r-stored", NOON + timedelta(minutes=30))
    store = MemoryStore(good)
    server.fault("token", fault, times=2)
    with pytest.raises(ChannelError) as caught:
        keeper(server, tmp_path, store).access_token()
    assert store.saved == [good]
    assert MARKER not in everything_said(caught.value)
    server._faults.clear()
    assert keeper(server, tmp_path, store).access_token() == "accessMARKER-1"


@pytest.mark.parametrize("expires_in", ["", "0", "-5", "soon", "9" * 30])
def test_a_pair_without_a_usable_end_is_not_kept(
    server: ZaloServer, tmp_path: Path, expires_in: str
) -> None:
    server.knobs.expires_in = expires_in
    store = MemoryStore()
    with pytest.raises(ChannelError):
        keeper(server, tmp_path, store).access_token()
    assert store.saved == []


def test_a_used_up_refresh_token_calls_for_a_person(server: ZaloServer, tmp_path: Path) -> None:
    server.refresh_token = "another"
    with pytest.raises(ChannelError) as caught:
        keeper(server, tmp_path, MemoryStore()).access_token()
    assert caught.value.kind is ErrorKind.REAUTHORISE
    assert caught.value.code == "-14020"


def test_a_new_refresh_token_in_the_settings_helps_when_the_stored_one_is_dead(
    server: ZaloServer, tmp_path: Path
) -> None:
    store = MemoryStore(TokenPair("a-dead", "r-dead", NOON))
    assert keeper(server, tmp_path, store).access_token() == "accessMARKER-1"


def test_without_any_token_a_person_is_called(server: ZaloServer, tmp_path: Path) -> None:
    settings = zalo_settings(server.url, refresh_token="")
    lonely = TokenKeeper(settings, MemoryStore(), tmp_path / "lock", HandClock())
    with pytest.raises(ChannelError) as caught:
        lonely.access_token()
    assert caught.value.kind is ErrorKind.REAUTHORISE
    assert server.calls == []


def test_a_refused_token_is_refreshed_once_and_the_call_made_once_more(
    server: ZaloServer, tmp_path: Path
) -> None:
    from channels.zalo import ZaloChannel

    settings = zalo_settings(server.url)
    channel = ZaloChannel(settings, MemoryStore(), tmp_path / "zalo.lock", HandClock())
    channel.deliver(channel.prepare(outgoing()), sending(channel))
    server.expire_access_token()
    channel.deliver(channel.prepare(outgoing("B")), sending(channel, "B"))
    assert server.rotations == 2
    assert len(server.broadcasts) == 2


def test_a_token_that_stays_refused_ends_in_one_refresh_and_a_call_for_a_person(
    server: ZaloServer, tmp_path: Path
) -> None:
    from channels.zalo import ZaloChannel

    settings = zalo_settings(server.url)
    channel = ZaloChannel(settings, MemoryStore(), tmp_path / "zalo.lock", HandClock())
    server.fault("create", Fault.EXPIRED_TOKEN, times=9)
    with pytest.raises(ChannelError) as caught:
        channel.deliver(channel.prepare(outgoing()), sending(channel))
    assert caught.value.kind is ErrorKind.REAUTHORISE
    assert server.count("create") == 2
    assert server.rotations == 2  # the first pair, and the one refresh


def test_threads_that_meet_rotate_only_once(server: ZaloServer, tmp_path: Path) -> None:
    store = MemoryStore()
    tokens: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: tokens.append(keeper(server, tmp_path, store).access_token())
        )
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(tokens) == {"accessMARKER-1"}
    assert server.rotations == 1


def test_processes_that_meet_rotate_only_once(server: ZaloServer, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    tokens: multiprocessing.Queue[str] = context.Queue()
    workers = [context.Process(target=_ask, args=(server.url, tmp_path, tokens)) for _ in range(4)]
    for worker in workers:
        worker.start()
    got = {tokens.get(timeout=30) for _ in workers}
    for worker in workers:
        worker.join(10)
    assert got == {"accessMARKER-1"}
    assert server.rotations == 1


def _ask(url: str, folder: Path, tokens: multiprocessing.Queue[str]) -> None:
    store = FileStore(folder / "pair.json")
    settings = zalo_settings(url, timeout=(2, 2))
    tokens.put(TokenKeeper(settings, store, folder / "zalo.lock", HandClock()).access_token())
