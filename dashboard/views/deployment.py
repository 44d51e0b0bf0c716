"""What only a deployment's page says: what runs in its place, what came after it, and where its label went."""

from django.http import HttpRequest

from devops_sync import roles
from devops_sync.models import Deployment

from .. import gates, whereabouts
from .parts import Own


def own(request: HttpRequest, found: Deployment) -> Own:
    all_here = Deployment.objects.in_place_of(found)
    return Own(
        {
            "runs": all_here.filter(state=Deployment.State.SUCCESSFUL, number__lt=found.number)
            .order_by("-number")
            .first(),
            "later": all_here.filter(number__gt=found.number).order_by("-number").first(),
            "gate": gates.of(found, may_refresh=roles.may(request.user, "refresh-gate", found.site)),
            "elsewhere": whereabouts.elsewhere(found),
        },
        parts=("gate", "elsewhere"),
        every=5 if found.state in ("pending", "in_progress") else None,
    )
