"""The step that people see: its begin is written down before the call, its end after it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from channels.base import Artefact, ChannelError, NeedsPerson, Prepared, Sending
from channels.redaction import redact

_PERSONAL = ("user_id", "user_id_by_app", "recipient", "phone")
Gate: TypeAlias = Callable[[Sending], datetime]


def send_once(sending: Sending, step: str, send: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Call `send` between "<step>_begun" and "<step>_sent" in the delivery's progress.

    After a crash, begun without sent means: perhaps. A sure refusal takes "begun" back.
    """
    sending.progress.record(f"{step}_begun", sending.reference)
    try:
        answer = send()
    except ChannelError:
        sending.progress.record(f"{step}_begun", "")
        raise
    sending.progress.record(f"{step}_sent", str(answer.get("message_id") or "sent"))
    return answer


def settle_by_person(what: str, prepared: Prepared) -> NeedsPerson:
    """Zalo cannot be asked: a person looks and says so."""
    reference = prepared.details.get("reference")
    return NeedsPerson(
        f"Zalo không cho tra lại {what}. Hãy mở Zalo xem tin có mã {reference} đã ra chưa, "
        "rồi chạy “broadcaster broadcast settle ID --sent URL” hoặc “--not-sent”."
    )


def answer_artefact(answer: Mapping[str, Any]) -> Artefact:
    """The answer as received, without secrets and without the ids of persons."""
    kept = {name: value for name, value in answer.items() if name not in _PERSONAL}
    text = redact(json.dumps(kept, ensure_ascii=False, sort_keys=True))
    return Artefact("zalo-answer.json", "application/json", text.encode())
