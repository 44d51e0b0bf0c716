"""Making people, giving and taking their roles, and letting them in no more."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from devops_sync import audit
from devops_sync.models import Grant, Site, User
from devops_sync.wrong import Wrong

from . import passwords, second_factor, sessions

Role = tuple[str, Site | None]
_LAST = "There has to be an admin for all sites who can sign in, and this is the last one."


def make(name: str, given: Iterable[Role], password: str | None) -> User:
    """Make a person with these roles; without a password they can sign in through the provider only. Raises `Wrong`."""
    user = User(username=User.normalize_username(name))
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError:
        raise Wrong("The name must be made of letters, digits and @ . + - _, 150 at most.", "username") from None
    if password is not None:
        passwords.check(password, user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            audit.note("user.created", on=user)
            for role, site in given:
                give(user, role, site)
    except IntegrityError:
        raise Wrong(f"There is a user with the name '{name}' already.", "username") from None
    return user


@transaction.atomic
def give(user: User, role: str, site: Site | None, origin: str = Grant.Origin.HAND) -> None:
    """Give a role, for one site or for all. One that a group gave stays, by hand. Raises `Wrong`."""
    if role not in Grant.Role.values:
        raise Wrong(f"The role must be one of {', '.join(Grant.Role.values)}.", "role")
    had = second_factor.is_required(user)
    grant, is_new = Grant.objects.get_or_create(user=user, role=role, site=site, defaults={"origin": origin})
    if is_new:
        audit.note("grant.given", on=user, site=site, after=_said(grant))
    elif origin == Grant.Origin.HAND and grant.origin != origin:
        Grant.objects.filter(pk=grant.pk).update(origin=origin)
        audit.note("grant.given", on=user, site=site, before=_said(grant), after={**_said(grant), "origin": "hand"})
    user.forget_grants()
    if not had and second_factor.is_required(user) and user.has_usable_password() and not second_factor.is_on(user):
        # They set it up when they sign in again.
        sessions.end_all(user)


@transaction.atomic
def take(user: User, grant: Grant) -> None:
    """Take a role away. Raises `Wrong` for that of the last admin."""
    if grant.role == Grant.Role.ADMIN and grant.site_id is None:
        _refuse_last_admin(user)
    grant.delete()
    audit.note("grant.taken", on=user, site=grant.site, before=_said(grant))
    user.forget_grants()


@transaction.atomic
def replace_groups(user: User, given: set[tuple[str, int | None]]) -> None:
    """Let the roles that groups give be just these, by role and site. What was given by hand stays."""
    for grant in user.grants.filter(origin=Grant.Origin.GROUPS).select_related("site"):
        if (grant.role, grant.site_id) not in given:
            grant.delete()
            audit.note("grant.taken", on=user, site=grant.site, before=_said(grant))
    for role, site_id in sorted(given, key=str):
        give(user, role, Site.objects.get(pk=site_id) if site_id else None, Grant.Origin.GROUPS)
    user.forget_grants()


@transaction.atomic
def deactivate(user: User, by: User) -> None:
    """Let the person in no more, from their next request on. Raises `Wrong` for oneself and for the last admin."""
    if user.pk == by.pk:
        raise Wrong("You cannot deactivate your own account. Another admin can.")
    _refuse_last_admin(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    sessions.end_all(user)
    audit.note("user.changed", on=user, before={"active": True}, after={"active": False})


@transaction.atomic
def activate(user: User) -> None:
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.note("user.changed", on=user, before={"active": False}, after={"active": True})


@transaction.atomic
def change_password(user: User, password: str) -> None:
    """Give the person another password, which ends all their sessions, and the rest of their codes. Raises `Wrong`."""
    passwords.check(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    sessions.end_all(user)
    second_factor.end_rest(user)
    audit.note("user.password.changed", on=user)


@transaction.atomic
def reset_second_factor(user: User) -> None:
    """Take the second factor away, for somebody who lost it. Whoever used it is signed out."""
    second_factor.turn_off(user)
    sessions.end_all(user)


def _refuse_last_admin(user: User) -> None:
    """Raise `Wrong` where nobody else is an admin for all sites. Two admins at once wait for one another here."""
    admins = Grant.objects.filter(role=Grant.Role.ADMIN, site=None)
    list(admins.order_by("pk").select_for_update().values_list("pk"))
    # Asked anew: a statement that waited for a lock sees the people as they were before it waited.
    active = list(admins.filter(user__is_active=True).values_list("user", flat=True))
    if user.pk in active and len(active) == 1:
        raise Wrong(_LAST)


def _said(grant: Grant) -> dict[str, str]:
    return {"role": grant.role, "site": grant.site.slug if grant.site else "all sites", "origin": grant.origin}
