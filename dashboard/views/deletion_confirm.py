"""`/deletions/<id>/confirm/`: the reason, the number typed in, the delay; then the second admin, and the countdown."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from devops_sync import cleanups
from devops_sync.models import Cleanup, User

from .. import deletions, frame, live
from ..doors import readers_only
from ..methods import require_GET_or_POST, require_POST

State = Cleanup.State
# Seconds, and how they are called.
DELAYS = (("0", "None, at once"), ("300", "5 minutes"), ("1800", "30 minutes"), ("3600", "1 hour"), ("86400", "1 day"))
OTHER = "other"
_LONGEST_REASON = 2000


@dataclass
class Form:
    """What was given, as it was typed, and what is wrong with it: a sentence for each field."""

    reason: str = ""
    typed: str = ""
    delay: str = str(cleanups.DEFAULT_DELAY)
    minutes: str = ""
    problem: str = ""
    about: str = ""

    @classmethod
    def given(cls, posted: "dict[str, str]") -> "Form":
        """What a form posted. A number may have commas and spaces in it, as it is shown."""
        words = {name: posted.get(name, "").strip() for name in ("reason", "typed", "delay", "minutes")}
        words["reason"] = words["reason"].replace("\0", "")[:_LONGEST_REASON]
        words["minutes"] = words["minutes"][:20]
        words["typed"] = words["typed"][:20]
        return cls(**words)

    @property
    def number(self) -> int | None:
        text = self.typed.replace(",", "").replace(" ", "")
        return int(text) if text.isascii() and text.isdigit() else None

    @property
    def seconds(self) -> int:
        """The delay; less than none when it is no number, which is then said to be wrong."""
        if self.delay != OTHER:
            return int(self.delay) if self.delay in dict(DELAYS) else -1
        text = self.minutes.strip()
        return int(text) * 60 if text.isascii() and text.isdigit() and len(text) < 7 else -1


@require_GET_or_POST
@readers_only
def deletion_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return _page(request, deletions.find(request, pk), Form())
    found = deletions.find(request, pk, to_steer=True)
    form = Form.given(request.POST.dict())
    assert isinstance(request.user, User)
    if form.minutes and form.delay != OTHER:
        form.problem, form.about = "Choose “Another” for the minutes that you typed, or clear them.", "delay"
        return _page(request, found, form, 400)
    try:
        cleanups.confirm(found, request.user, form.number, form.reason, form.seconds, frame.of(request).now)
    except cleanups.Wrong as wrong:
        form.problem, form.about = str(wrong), wrong.field
        return _page(request, found, form, 400 if wrong.field else 409)
    return redirect("deletion-confirm", pk)


@require_POST
@readers_only
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes as the second admin."""
    found = deletions.find(request, pk, to_steer=True)
    assert isinstance(request.user, User)
    try:
        cleanups.approve(found, request.user, frame.of(request).now)
    except cleanups.Wrong as wrong:
        return _page(request, found, Form(problem=str(wrong)), 409)
    return redirect("deletion-confirm", pk)


@require_POST
@readers_only
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """End it, and take back what Jira was not asked for."""
    found = deletions.find(request, pk, to_steer=True)
    assert isinstance(request.user, User)
    try:
        cleanups.cancel(found, request.user, frame.of(request).now)
    except cleanups.Wrong as wrong:
        return _page(request, found, Form(problem=str(wrong)), 409)
    return redirect("deletion", pk)


def _page(request: HttpRequest, found: Cleanup, form: Form, status: int = 200) -> HttpResponse:
    assert isinstance(request.user, User)
    now = frame.of(request).now
    has_begun = found.started_at is not None
    context = {
        "form": form,
        "delays": DELAYS,
        "needs_approval": cleanups.needs_approval(found, now),
        "above": found.site.approves_above(now),
        "is_own": request.user.pk in (found.confirmed_by_id, found.user_id),
        "unsettled": cleanups.unsettled(found, request.user, now) if found.state == State.AWAITING else "",
        "has_begun": has_begun,
        "left": max(0, round((found.starts_at - now).total_seconds())) if found.starts_at and not has_begun else None,
    }
    parts = [] if found.state == State.PREVIEWED else [live.Part("decision", "decision")]
    every = {State.AWAITING: 5.0, State.DELAYED: 1.0, State.RUNNING: 2.0}.get(State(found.state))
    return deletions.page(
        request, "deletion_confirm.html", found, "confirm", context, parts, every=every, status=status
    )
