"""Logging in to Zalo: only the answer to this very attempt counts, and no secret is shown."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.base import ChannelError
from channels.zalo_login import begin, listen
from channels.zalo_tokens import TokenKeeper
from content.errors import UserError
from tests.channels.rigs import MARKER, MemoryStore, zalo_settings
from tests.channels.support import HandClock, everything_said
from tests.servers.zalo import OA_ID, Fault, ZaloServer

REDIRECT = "https://anbinh.example.vn/zalo"


@pytest.fixture
def server() -> Iterator[ZaloServer]:
    with ZaloServer() as running:
        yield running
        assert not [line for line in running.addresses if MARKER in line]


def keeper(server: ZaloServer, store: MemoryStore, folder: Path) -> TokenKeeper:
    return TokenKeeper(zalo_settings(server.url), store, folder / "lock", HandClock())


def test_the_code_of_this_attempt_becomes_a_saved_pair(server: ZaloServer, tmp_path: Path) -> None:
    store = MemoryStore()
    login = begin(zalo_settings(server.url), REDIRECT)
    code = login.code_of(server.consent(login.link))
    pair = keeper(server, store, tmp_path).log_in(code, login.verifier)
    assert store.saved == [pair]
    assert pair.access_token == server.access_token
    assert login.verifier not in login.link
    assert login.verifier not in repr(login)


def test_a_code_works_once_and_a_refusal_keeps_the_good_pair(
    server: ZaloServer, tmp_path: Path
) -> None:
    store = MemoryStore()
    login = begin(zalo_settings(server.url), REDIRECT)
    code = login.code_of(server.consent(login.link))
    tokens = keeper(server, store, tmp_path)
    first = tokens.log_in(code, login.verifier)
    with pytest.raises(ChannelError) as caught:
        tokens.log_in(code, login.verifier)
    assert MARKER not in everything_said(caught.value)
    assert store.load() == first


def test_a_stolen_code_is_worth_nothing_without_the_verifier(
    server: ZaloServer, tmp_path: Path
) -> None:
    login = begin(zalo_settings(server.url), REDIRECT)
    other = begin(zalo_settings(server.url), REDIRECT)
    code = login.code_of(server.consent(login.link))
    with pytest.raises(ChannelError):
        keeper(server, MemoryStore(), tmp_path).log_in(code, other.verifier)


def test_another_attempts_answer_is_refused(server: ZaloServer) -> None:
    login = begin(zalo_settings(server.url), REDIRECT)
    other = begin(zalo_settings(server.url), REDIRECT)
    with pytest.raises(UserError, match="lần đăng nhập khác"):
        login.code_of(server.consent(other.link))


def test_another_account_is_refused(server: ZaloServer) -> None:
    login = begin(zalo_settings(server.url, oa_id="123"), REDIRECT)
    with pytest.raises(UserError, match=OA_ID):
        login.code_of(server.consent(login.link))


@pytest.mark.parametrize("answer", ["", "   ", "hai từ", "https://a.vn/?x=1"])
def test_what_holds_no_code_is_refused(server: ZaloServer, answer: str) -> None:
    with pytest.raises(UserError):
        begin(zalo_settings(server.url), REDIRECT).code_of(answer)


@pytest.mark.parametrize("fault", [Fault.TIMEOUT, Fault.DROP, Fault.HTML_ERROR, Fault.REDIRECT])
def test_a_failing_exchange_saves_nothing(server: ZaloServer, tmp_path: Path, fault: Fault) -> None:
    store = MemoryStore()
    login = begin(zalo_settings(server.url), REDIRECT)
    code = login.code_of(server.consent(login.link))
    server.fault("token", fault)
    with pytest.raises(ChannelError) as caught:
        keeper(server, store, tmp_path).log_in(code, login.verifier)
    assert store.saved == []
    assert MARKER not in everything_said(caught.value)


def test_the_listener_takes_only_the_browser_of_this_attempt(server: ZaloServer) -> None:
    redirect = f"http://localhost:{_free_port()}/zalo"
    login = begin(zalo_settings(server.url), redirect)
    assert login.listens()
    address = server.consent(login.link).replace("localhost", "127.0.0.1")
    seen: list[int] = []

    def browse() -> None:
        strange = f"{redirect.replace('localhost', '127.0.0.1')}?code=evil&state=guess"
        for one in (strange, address):
            try:
                with urllib.request.urlopen(one, timeout=5) as answer:
                    seen.append(answer.status)
            except urllib.error.HTTPError as error:
                seen.append(error.code)
                error.close()

    clock = HandClock()
    browser = threading.Timer(0.2, browse)
    browser.start()
    code = listen(login, clock, seconds=10)
    browser.join(5)
    assert code == "codeMARKER-1"
    assert seen == [404, 200]


def test_a_browser_that_never_comes_is_not_waited_for_for_ever(server: ZaloServer) -> None:
    login = begin(zalo_settings(server.url), f"http://localhost:{_free_port()}/zalo")
    with pytest.raises(UserError, match="10 phút"):
        listen(login, HandClock(), seconds=0.1)


def test_without_the_apps_secret_it_says_what_to_set(server: ZaloServer) -> None:
    with pytest.raises(UserError, match="app_secret"):
        begin(zalo_settings(server.url, app_secret=""), REDIRECT)


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
