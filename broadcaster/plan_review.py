"""A person's decisions about a plan: asked, kept with who and when, and given to the planner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from broadcaster import evidence
from broadcaster.app import App
from broadcaster.plan_correction import get_plan
from broadcaster.plan_record import record_plan
from content.people import Role, require_role
from schedules.plan import Plan, PlanDecision, Task
from schedules.plan_review import Answer, Part, Question, is_silent, questions

_SHOWN_IN_TASKS = (f"{Part.TASK}:", f"{Part.PLAN}:frequency:")


@dataclass(frozen=True, slots=True)
class Review:
    """A plan with what is still open, and what was decided before."""

    plan: Plan
    tasks: tuple[Task, ...]
    questions: tuple[Question, ...]
    decisions: tuple[PlanDecision, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.plan.id,
            "questions": [question.to_json() for question in self.questions],
            "decisions": [
                {
                    "key": row.key,
                    "answer": row.answer,
                    "person": row.person,
                    "at": evidence.iso(row.at),
                }
                for row in self.decisions
            ],
            "tasks": [
                {
                    "no": task.no,
                    "source": task.source,
                    "confirmed_by": task.confirmed_by,
                    "channels": task.channels,
                    "timeframe": task.reading(),
                }
                for task in self.tasks
            ],
        }


def open_review(app: App, plan_id: int) -> Review:
    """What needs a decision now. Raises UserError."""
    with app.database.reading() as session:
        return _review(session, get_plan(app, session, plan_id))


def decide(app: App, plan_id: int, answers: Sequence[Answer]) -> Review:
    """Keep the answers, each as a row and all in one record of evidence; raises UserError."""
    now = app.clock.now()
    with app.database.writing() as session:
        require_role(session, app.station_id, app.person, Role.EDITOR)
        plan = get_plan(app, session, plan_id)
        tasks = {task.no: task for task in _tasks(session, plan)}
        # The frequency of the whole plan first: one task's own answer goes over it.
        for answer in sorted(answers, key=lambda a: a.question.part != Part.PLAN):
            before = _carry_out(app, plan, tasks, answer, now)
            session.add(_row(app, plan, answer, before, now))
        session.add(plan)
        session.add_all(tasks.values())
        if answers:
            _record(app, session, plan, answers, now)
        session.flush()
        return _review(session, plan)


def _review(session: Session, plan: Plan) -> Review:
    query = select(PlanDecision).where(PlanDecision.plan_id == plan.id)
    decisions = tuple(session.exec(query.order_by(col(PlanDecision.id))).all())
    tasks = _tasks(session, plan)
    # What was decided about tasks shows in their rows, until a correction undoes it.
    seen = [row.key for row in decisions if not row.key.startswith(_SHOWN_IN_TASKS)]
    return Review(plan, tasks, tuple(questions(plan.document, tasks, seen)), decisions)


def _tasks(session: Session, plan: Plan) -> tuple[Task, ...]:
    query = select(Task).where(Task.plan_id == plan.id, col(Task.gone_at).is_(None))
    return tuple(session.exec(query.order_by(col(Task.id))).all())


def _carry_out(
    app: App, plan: Plan, tasks: dict[str, Task], answer: Answer, now: datetime
) -> dict[str, Any]:
    """Change the rows; what stood there before is returned."""
    if answer.question.part is Part.PLAN:
        return _about_plan(plan, list(tasks.values()), answer)
    if answer.question.part is Part.TASK:
        return _about_task(tasks[answer.question.name], answer, app.person, now)
    return {}


def _about_plan(plan: Plan, tasks: Sequence[Task], answer: Answer) -> dict[str, Any]:
    if answer.field == "frequency":
        silent = [task for task in tasks if is_silent(task)]
        for task in silent:
            task.decided = {**task.decided, **answer.value}
        return {"tasks": [task.no for task in silent]}
    before = plan.document[answer.field]
    if answer.value is not None:
        plan.document = {**plan.document, answer.field: answer.value}
    return {answer.field: before}


def _about_task(task: Task, answer: Answer, person: str, now: datetime) -> dict[str, Any]:
    before: dict[str, Any] = {"decided": task.decided, "channels": task.channels}
    if answer.field == "keep" and answer.value:
        task.confirmed_at, task.confirmed_by = now, person
    elif answer.field == "keep":
        task.gone_at, task.gone_reason = now, f"{person} bỏ khi duyệt kế hoạch"
    elif answer.field == "channels":
        task.channels = answer.value
        task.decided = {**task.decided, "channels": answer.value}
    else:
        task.decided = {**task.decided, **answer.value}
    return before


def _row(
    app: App, plan: Plan, answer: Answer, before: dict[str, Any], now: datetime
) -> PlanDecision:
    return PlanDecision(
        station_id=app.station_id,
        plan_id=plan.id or 0,
        key=f"{answer.question.key}:{answer.field}",
        answer={"text": answer.text, "value": answer.value},
        before=before,
        at=now,
        person=app.person,
    )


def _record(
    app: App, session: Session, plan: Plan, answers: Sequence[Answer], now: datetime
) -> None:
    texts = {f"{a.question.key}:{a.field}": a.text for a in answers}
    record_plan(app, session, plan, now, action="review", answers=texts)
