"""`/users/`: the people, and a new one."""

from django.db.models import Exists, Max, OuterRef, Prefetch
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from devops_sync.models import Grant, SecondFactor, User
from devops_sync.people import giving, passwords
from devops_sync.wrong import Wrong

from .. import live, people
from ..doors import readers_only
from ..fields import Field
from ..methods import require_GET, require_GET_or_POST

MOST = 500


@require_GET
@readers_only
def user_list(request: HttpRequest) -> HttpResponse:
    people.refuse_others(request)
    found = (
        User.objects.prefetch_related(Prefetch("grants", Grant.objects.select_related("site").order_by("role")))
        .annotate(
            has_second_factor=Exists(SecondFactor.objects.filter(user=OuterRef("pk"))), seen_at=Max("sessions__seen_at")
        )
        .order_by("-is_active", "username")
    )
    return live.page(
        request, "user_list.html", {"rows": list(found[:MOST]), "most": MOST}, [live.Part("list", "list")], every=None
    )


@never_cache
@require_GET_or_POST
@readers_only
def user_new(request: HttpRequest) -> HttpResponse:
    people.refuse_others(request)
    if request.method != "POST":
        return _form(request)
    password = passwords.generated()
    name, role = request.POST.get("username", "").strip(), request.POST.get("role", "")
    try:
        made = giving.make(name, [(role, people.site_of(request))], password)
    except Wrong as wrong:
        return _form(request, wrong)
    # Shown in this answer and kept nowhere.
    return live.page(request, "user_password.html", {"one": made, "password": password, "is_new": True}, [], every=None)


def _form(request: HttpRequest, wrong: Wrong | None = None) -> HttpResponse:
    about, problem = (wrong.about, str(wrong)) if wrong else ("", "")
    name = Field(
        "username",
        "User name",
        "What they sign in with. It cannot be changed later.",
        value=request.POST.get("username", ""),
        problem=problem if about != "role" else "",
        most=150,
        has_focus=about != "role",
    )
    context = {"name": name, "roles": Grant.Role.choices, "role_problem": problem if about == "role" else ""}
    return live.page(request, "user_new.html", context, [], every=None, status=400 if wrong else 200)
