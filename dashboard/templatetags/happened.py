"""The way from a thing's page to what happened to it."""

from typing import Any

from django import template
from django.db.models import Model
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from devops_sync import roles
from devops_sync.models import Site

register = template.Library()


@register.simple_tag(takes_context=True)
def happened_url(context: Context, one: Model, site: Site | None = None) -> str:
    """Where the audit log tells of one thing, for whoever may read it there; nothing for others."""
    user: Any = context["user"]
    of = site or (one if isinstance(one, Site) else getattr(one, "site", None))
    if not (roles.may(user, "audit", of) if isinstance(of, Site) else roles.everywhere(user, "audit")):
        return ""
    return f"{reverse('audit-list')}?{urlencode({'subject': f'{one._meta.model_name}:{one.pk}'})}"


@register.simple_tag(takes_context=True)
def happened(context: Context, one: Model, site: Site | None = None) -> SafeString:
    """The same as a fact among others."""
    url = happened_url(context, one, site)
    return format_html(_FACT, url) if url else SafeString("")


_FACT = '<dt>Audit</dt><dd><a href="{}" id="go-happened">What happened to this</a></dd>'
