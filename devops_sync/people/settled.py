"""Whether somebody counts as one of two pairs of eyes: not while what lets them in is another's doing of the last day.

Somebody who makes an account, or gives a colleague's another password, can act as two. So it takes a day, in which the
others can see it in the audit log, before such an account has a say in what two must agree on. What commands and the
provider do counts at once: that is not one of the people whom the rule is about. It does not matter whose doing it is:
an account that somebody made could make the next.
"""

import datetime as dt

from django.db.models import Q

from devops_sync.models import AuditRow, Grant, Site, User

DAY = dt.timedelta(days=1)

# What was done on an account, by the act that is noted of it, and what it says afterwards.
_DONE = (
    ("user.created", "", "was made"),
    ("user.password.changed", "", "was given a password"),
    ("user.second_factor.changed", '"on":false', "had its second factor reset"),
    ("user.changed", '"active":true', "was activated"),
    ("grant.given", f'"role":"{Grant.Role.ADMIN}"', "was given the role of an admin"),
)


def problem(user: User | None, site: Site, now: dt.datetime) -> str:
    """Why the person does not count yet, in a sentence; empty where they do. Nobody is the command line, which does."""
    if user is None:
        return ""
    what = Q(pk__in=[])
    for act, after, _ in _DONE:
        what |= Q(act=act, after__contains=after)
    rows = AuditRow.objects.on([("user", str(user.pk))]).filter(what, at__gt=now - DAY)
    # Roles on other sites give no say in what happens on this one.
    rows = rows.filter(Q(site_id=None) | Q(site_id=site.pk), actor_kind=AuditRow.ActorKind.USER)
    row = rows.exclude(user_id=user.pk).order_by("-at").first()
    if row is None:
        return ""
    done = next(said for act, _, said in _DONE if act == row.act)
    return (
        f"The account {user.get_username()} {done} by {row.actor} less than a day ago: it counts as a second pair of"
        f" eyes from {row.at + DAY:%-d %B, %H:%M} UTC on."
    )
