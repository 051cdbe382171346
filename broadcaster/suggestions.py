"""What a bulletin may be about and which task it may serve: suggested, never decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from broadcaster.app import App
from broadcaster.task_names import task_names
from content.bulletin import Priority, Revision
from content.draft import BulletinDraft
from content.errors import UserError
from content.library import Article, get_article
from content.topics import TopicMatch, all_topics, topic_matches
from schedules.plan import Plan, Task
from schedules.suggestions import Suggestion, TaskWords, suggest_tasks

_NO_BULLETIN = {"report", "hr", "emulation", "law_review"}
"""Channels of tasks that no bulletin serves."""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Where the bulletin itself says nothing; empty where the editor has decided."""

    topics: tuple[TopicMatch, ...] = ()
    tasks: tuple[Suggestion, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "topics": [
                {"code": m.topic.code, "name": m.topic.name, "words": list(m.words)}
                for m in self.topics
            ],
            "tasks": [{"no": s.no, "reason": s.reason} for s in self.tasks],
        }


def suggest(app: App, article: Article) -> Suggestions:
    """For the newest revision of a bulletin."""
    revision = article.revision
    text = f"{revision.title}. {revision.body}"
    today = app.clock.now().astimezone(app.zone).date()
    with app.database.reading() as session:
        names = task_names(session, app.station_id)
        words = [
            TaskWords(names.shortest(t.key, today), t.content, tuple(t.channels))
            for t in _tasks(app, session, today)
        ]
    return Suggestions(
        () if revision.topic else topic_matches(text)[:2],
        () if revision.task else suggest_tasks(text, revision.channels, words),
    )


def marked(app: App, bulletin_id: int, topic: str | None, task: str | None) -> BulletinDraft:
    """The bulletin as it stands, with the editor's topic and task. Raises UserError."""
    known = {one.code for one in all_topics()}
    if topic is not None and topic not in known:
        raise UserError(f"Không có chủ đề “{topic}”.", f"Các mã: {', '.join(sorted(known))}.")
    with app.database.reading() as session:
        revision = get_article(session, app.station_id, bulletin_id).revision
        if task is not None and not task_names(session, app.station_id).claims(task):
            raise UserError(
                f"Không có nhiệm vụ “{task}” trong kế hoạch nào.",
                "Hãy xem số của nhiệm vụ bằng: broadcaster plan status.",
            )
    return _draft(app, revision, topic or revision.topic, task or revision.task)


def _draft(app: App, revision: Revision, topic: str | None, task: str | None) -> BulletinDraft:
    image = revision.image
    local = image is not None and not image.startswith(("http://", "https://"))
    return BulletinDraft(
        title=revision.title,
        body=revision.body,
        topic=topic,
        task=task,
        channels=tuple(revision.channels),
        priority=Priority(revision.priority),
        valid_from=revision.valid_from,
        valid_until=revision.valid_until,
        image=app.media / image if image and local else image,
        link=revision.link,
        recording=app.media / revision.recording if revision.recording else None,
        relay=revision.relay,
        source_name=revision.source_name,
    )


def _tasks(app: App, session: Session, today: date) -> list[Task]:
    """Those of the plan in force today, else of the newest one."""
    query = select(Plan).where(Plan.station_id == app.station_id).order_by(col(Plan.id).desc())
    plans = list(session.exec(query).all())
    in_force = [
        plan
        for plan in plans
        if plan.period_start and plan.period_end and plan.period_start <= today <= plan.period_end
    ]
    chosen = (in_force or plans)[:1]
    rows = session.exec(
        select(Task)
        .where(col(Task.plan_id).in_([plan.id for plan in chosen]), col(Task.gone_at).is_(None))
        .order_by(col(Task.id))
    ).all()
    return [task for task in rows if not set(task.channels) <= _NO_BULLETIN]
