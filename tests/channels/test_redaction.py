"""No secret passes the redactor, in whichever form it comes."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.redaction import HIDDEN, redact, register_secret

SECRET = "MARKER-9f3a/b+c=d"

FORMS = [
    "https://graph.facebook.com/v26.0/me?access_token={}&fields=id",
    "access_token={}",
    "access_token%3D{}",
    "access_token: {}",
    '{{"access_token":"{}"}}',
    '{{"access_token": "{}", "error": 0}}',
    "{{'refresh_token': '{}'}}",
    '"{{\\"refresh_token\\":\\"{}\\"}}"',
    "secret_key: {}",
    "appsecret_proof={}",
    "ACCESS_TOKEN={}",
    "input_token={}",
    "Authorization: Bearer {}",
    "authorization: OAuth {}",
    "{{'Authorization': 'Bearer {}'}}",
    "sent Bearer {} to",
    "https://user:{}@proxy.example/",
    "client_secret={};next",
    "page_token = {}",
]


@pytest.mark.parametrize("form", FORMS)
def test_an_unregistered_secret_is_known_by_its_place(form: str) -> None:
    secret = "unregistered9Zx8Yw7Vu6"
    said = redact(form.format(secret))
    assert secret not in said
    assert HIDDEN in said


def test_a_registered_word_inside_a_name_hides_no_less() -> None:
    register_secret("ess_tok")
    said = redact("access_token=unregistered9Zx8Yw7Vu6;next")
    assert said == f"acc{HIDDEN}en={HIDDEN};next"


@pytest.mark.parametrize(
    "text",
    ["EAAGm0PX4ZCpsBAKZAx", "token EAABsbCS1iHgBO7, then", "1234567890|abcDEF_ghi-jklMNOpq"],
)
def test_tokens_of_facebook_are_known_by_their_shape(text: str) -> None:
    assert HIDDEN in redact(text)
    assert "EAA" not in redact(text)
    assert "|abc" not in redact(text)


@given(st.text(), st.text(), st.sampled_from(["plain", "quoted", "plus", "json", "repr"]))
def test_a_registered_secret_is_hidden_wherever_it_stands(
    before: str, after: str, form: str
) -> None:
    register_secret(SECRET)
    shown = {
        "plain": SECRET,
        "quoted": quote(SECRET, safe=""),
        "plus": quote_plus(SECRET),
        "json": json.dumps({"x": SECRET}),
        "repr": repr([SECRET]),
    }[form]
    assert "MARKER-9f3a" not in redact(f"{before}{shown}{after}")


def test_of_two_secrets_the_longer_one_is_hidden_whole() -> None:
    register_secret("marker-one")
    register_secret("marker-one-and-more")
    assert redact("x marker-one-and-more y") == f"x {HIDDEN} y"


@pytest.mark.parametrize("value", [None, "", "abc"])
def test_empty_and_tiny_values_are_not_secrets(value: str | None) -> None:
    register_secret(value)
    assert redact("abc và những chữ khác") == "abc và những chữ khác"


def test_ordinary_text_stays_as_it_is() -> None:
    text = "Mã truy cập Facebook đã hết hạn. Hãy lấy mã mới: xem mục [facebook], HTTP 400, 190/463."
    assert redact(text) == text


def test_hiding_twice_changes_nothing_more() -> None:
    once = redact("access_token=abcdef&x=1")
    assert redact(once) == once
