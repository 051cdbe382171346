"""A Zalo OA server: OAuth with single-use refresh tokens, articles, broadcasts, messages."""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.servers.faulty import Call, Fault, FaultyServer, Reply, serve

APP_ID = "4400112233"
APP_SECRET = "appSecretMARKER98765"
OA_ID = "8800990011"
REFRESH = "refreshMARKER-seed"

__all__ = ["APP_ID", "APP_SECRET", "OA_ID", "REFRESH", "Fault", "ZaloServer"]

_NAMES = {
    "/v4/oa/access_token": "token",
    "/v2.0/article/create": "create",
    "/v2.0/article/verify": "verify",
    "/v2.0/article/getslice": "getslice",
    "/v2.0/article/getdetail": "getdetail",
    "/v2.0/oa/message": "broadcast",
    "/v3.0/oa/group/message": "group",
    "/v3.0/oa/message/cs": "cs",
    "/v2.0/oa/getoa": "getoa",
    "/v2.0/oa/upload/image": "upload",
    "/v3.0/oa/quota/message": "quota",
    "/v3.0/oa/user/getlist": "users",
}


@dataclass
class Article:
    """One article on the account."""

    id: str
    token: str
    content: dict[str, Any]
    processing: int = 0
    """So many looks by article/verify are answered by -214."""
    hidden_reads: int = 0
    views: Any = 57
    shares: Any = 4

    @property
    def link(self) -> str:
        return f"https://officialaccount.me/d?id={self.id}"


@dataclass
class _Knobs:
    processing: int = 0
    lag: int = 0
    expires_in: str = "90000"
    require_proof: bool = False
    quota: Any = field(default_factory=lambda: {"remain": 480, "total": 500})
    account: dict[str, Any] = field(
        default_factory=lambda: {
            "oa_id": OA_ID,
            "name": "UBND xã An Bình",
            "num_follower": 1234,
            "package_name": "Tăng trưởng",
            "package_valid_through_date": "31/12/2026",
            "avatar": "https://s120.avatar.zdn.vn/oa.png",
        }
    )


class ZaloServer(FaultyServer):
    """`url` serves the API and OAuth; the names of the calls are the values of `_NAMES`."""

    def __init__(
        self, port: int = 0, store: Path | None = None, *, refresh_token: str = REFRESH
    ) -> None:
        super().__init__(port, store)
        self.articles: list[Article] = []
        self.broadcasts: list[str] = []
        """Article ids broadcast to the followers."""
        self.group_messages: list[tuple[str, str]] = []
        self.user_messages: list[tuple[str, str]] = []
        self.users: list[str] = []
        self.pictures: list[tuple[str, bytes]] = []
        self.refusing_users: dict[str, int] = {}
        self.refresh_token = refresh_token
        self.used_refresh_tokens: list[str] = []
        self.access_token: str | None = None
        self.codes: dict[str, str] = {}
        """Codes given out and not yet used, with their challenges."""
        self.rotations = 0
        self.knobs = _Knobs()

    @property
    def published(self) -> int:
        return len(self.broadcasts) + len(self.group_messages) + len(self.user_messages)

    def name_of(self, method: str, path: str) -> str:
        return _NAMES.get(path, "unknown")

    def refusal(self, call: Call, fault: Fault) -> Reply:
        if fault is Fault.SERVER_ERROR:
            return Reply({"error": -1, "message": "Internal error, retry later"}, 500)
        if fault is Fault.REFRESH_ERROR_200:
            said = {"error_name": "Invalid refresh token", "error_reason": "used"}
            return Reply({**said, "error": -14020, "error_description": self.refresh_token})
        codes = {
            Fault.EXPIRED_TOKEN: -216,
            Fault.RATE_LIMIT: -32,
            Fault.NIGHT: -234,
            Fault.PROCESSING: -214,
        }
        token = call.headers.get("access_token", "")
        return _error(codes.get(fault, -201), f"refused access_token={token}")

    def answer(self, call: Call) -> Reply:
        if call.name == "token":
            return self._rotate(call)
        if call.headers.get("access_token") != self.access_token or self.access_token is None:
            return _error(-216, "Access token is invalid")
        if self.knobs.require_proof and not self._proved(call):
            return _error(-242, "appsecret_proof is invalid")
        method = getattr(self, f"_on_{call.name}", None)
        return method(call) if method else _error(-209, "API not supported")

    def state(self) -> Any:
        return {
            "articles": [article.content for article in self.articles],
            "broadcasts": self.broadcasts,
            "group_messages": self.group_messages,
            "user_messages": self.user_messages,
            "rotations": self.rotations,
        }

    def expire_access_token(self) -> None:
        """The next call with the current token is answered by -216."""
        self.access_token = "another"

    def consent(self, link: str) -> str:
        """A person opens the link and says yes: the address that the browser is sent to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
        assert query["app_id"] == APP_ID
        code = f"codeMARKER-{len(self.codes) + 1}"
        self.codes[code] = query["code_challenge"]
        answer = urlencode({"code": code, "oa_id": OA_ID, "state": query["state"]})
        return f"{query['redirect_uri']}?{answer}"

    def _rotate(self, call: Call) -> Reply:
        if call.headers.get("secret_key") != APP_SECRET or call.form.get("app_id") != APP_ID:
            return Reply({"error": -14004, "error_name": "Invalid secret key"})
        if call.form.get("grant_type") == "authorization_code":
            return self._redeem(call)
        given = call.form.get("refresh_token", "")
        if given != self.refresh_token:
            return Reply({"error": -14020, "error_description": f"refresh token {given} used"})
        self.used_refresh_tokens.append(given)
        return self._new_pair()

    def _redeem(self, call: Call) -> Reply:
        """A code works once, and only with the verifier that its challenge was made of."""
        challenge = self.codes.pop(call.form.get("code", ""), None)
        digest = hashlib.sha256(call.form.get("code_verifier", "").encode()).digest()
        if challenge != base64.urlsafe_b64encode(digest).rstrip(b"=").decode():
            return Reply({"error": -14019, "error_name": "Invalid code", "error_reason": "used"})
        return self._new_pair()

    def _new_pair(self) -> Reply:
        self.rotations += 1
        self.refresh_token = f"refreshMARKER-{self.rotations}"
        self.access_token = f"accessMARKER-{self.rotations}"
        pair = {"access_token": self.access_token, "refresh_token": self.refresh_token}
        return Reply({**pair, "expires_in": self.knobs.expires_in})

    def _proved(self, call: Call) -> bool:
        token = call.headers["access_token"].encode()
        proof = hmac.new(APP_SECRET.encode(), token, hashlib.sha256).hexdigest()
        return call.headers.get("appsecret_proof") == proof

    def _on_create(self, call: Call) -> Reply:
        content = call.json()
        limits = {"title": 150, "description": 300, "author": 50}
        if any(not 0 < len(content.get(name, "")) <= most for name, most in limits.items()):
            return _error(-201, "a field is missing or too long")
        if (content.get("cover") or {}).get("status") != "show":
            return _error(-201, "cover.status is mandatory")
        number = len(self.articles) + 1
        article = Article(
            f"article{number}", f"token{number}", content, self.knobs.processing, self.knobs.lag
        )
        self.articles.append(article)
        return _ok({"token": article.token})

    def _on_verify(self, call: Call) -> Reply:
        for article in self.articles:
            if article.token == call.json().get("token"):
                if article.processing > 0:
                    article.processing -= 1
                    return _error(-214, "Article is processing")
                return _ok({"id": article.id})
        return _error(-201, "token is invalid")

    def _on_getslice(self, call: Call) -> Reply:
        if "data" in call.query:
            return _error(-201, "use flat parameters")
        start, size = int(call.query["offset"]), min(int(call.query["limit"]), 10)
        medias = []
        for article in reversed(self.articles):
            if article.hidden_reads > 0:
                article.hidden_reads -= 1
            elif article.processing == 0:
                title = article.content["title"]
                told = {"total_view": article.views, "total_share": article.shares}
                shown = {"id": article.id, "title": title, "link_view": article.link}
                medias.append({**shown, **{k: v for k, v in told.items() if v is not None}})
        return _ok({"medias": medias[start : start + size], "total": len(medias)})

    def _on_getdetail(self, call: Call) -> Reply:
        for article in self.articles:
            if article.id == call.query.get("id"):
                return _ok({"id": article.id, **article.content})
        return _error(-201, "id is invalid")

    def _on_broadcast(self, call: Call) -> Reply:
        payload = call.json()["message"]["attachment"]["payload"]
        article = payload["elements"][0]["attachment_id"]
        if article not in {known.id for known in self.articles if known.processing == 0}:
            return _error(-201, "attachment_id is invalid")
        self.broadcasts.append(article)
        return _ok({"message_id": f"broadcast{len(self.broadcasts)}"})

    def _on_group(self, call: Call) -> Reply:
        content = call.json()
        if len(content["message"]["text"]) > 2000:
            return _error(-210, "text is too long")
        self.group_messages.append((content["recipient"]["group_id"], content["message"]["text"]))
        return _ok({"message_id": f"group{len(self.group_messages)}"})

    def _on_cs(self, call: Call) -> Reply:
        content = call.json()
        user = content["recipient"]["user_id"]
        if user in self.refusing_users:
            return _error(self.refusing_users[user], "refused")
        attached = content["message"].get("attachment")
        if attached:
            wanted = attached["payload"]["elements"][0]["attachment_id"]
            if wanted not in {f"picture{n + 1}" for n in range(len(self.pictures))}:
                return _error(-100, "attachment expired")
        self.user_messages.append((user, content["message"]["text"]))
        return _ok({"message_id": f"cs{len(self.user_messages)}"})

    def _on_upload(self, call: Call) -> Reply:
        name, data = call.files.get("file", ("", b""))
        if not name.endswith((".jpg", ".png")) or not 0 < len(data) <= 1_000_000:
            return _error(-201, "jpg or png up to 1 MB")
        self.pictures.append((name, data))
        return _ok({"attachment_id": f"picture{len(self.pictures)}"})

    def _on_quota(self, call: Call) -> Reply:
        assert call.json()["product_type"] == "cs"
        return _ok(self.knobs.quota)

    def _on_users(self, call: Call) -> Reply:
        query = json.loads(call.query["data"])
        start, count = query["offset"], min(query["count"], 50)
        users = [{"user_id": user} for user in self.users[start : start + count]]
        return _ok({"total": len(self.users), "offset": start, "users": users})

    def _on_getoa(self, call: Call) -> Reply:
        return _ok(self.knobs.account)


def _ok(data: dict[str, Any]) -> Reply:
    return Reply({"error": 0, "message": "Success", "data": data})


def _error(code: int, message: str) -> Reply:
    """Errors come with HTTP 200."""
    return Reply({"error": code, "message": message})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--refresh-token", default=REFRESH)
    options = parser.parse_args()
    serve(ZaloServer(options.port, options.store, refresh_token=options.refresh_token))
