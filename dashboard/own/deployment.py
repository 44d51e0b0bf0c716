"""What only a deployment's page says: what runs in its place, what came after it, and where its label went."""

from django.http import HttpRequest

from devops_sync import roles
from devops_sync.models import Deployment

from .. import gates, whereabouts
from . import Own


def own(request: HttpRequest, found: Deployment) -> Own:
    all_here = Deployment.objects.in_place_of(found)
    elsewhere = whereabouts.elsewhere(found)
    said = gates.said([found, *(one.latest for one in elsewhere)])
    return Own(
        {
            "runs": all_here.filter(state=Deployment.State.SUCCESSFUL, number__lt=found.number)
            .order_by("-number")
            .first(),
            "later": all_here.filter(number__gt=found.number).order_by("-number").first(),
            "gate": gates.of(found, may_refresh=roles.may(request.user, "refresh-gate", found.site)),
            "said": said.get(found.pk),
            "is_elsewhere": any(not one.is_here for one in elsewhere),
            "elsewhere": [(one, said.get(one.latest.pk)) for one in elsewhere],
        },
        parts=("gate", "elsewhere"),
        every=5 if found.state in ("pending", "in_progress") else None,
    )
