"""The addresses that take more than a name and a number."""

import uuid
from functools import lru_cache

from django import template
from django.urls import reverse

from dashboard import places

register = template.Library()
_NO_ID = uuid.UUID(int=0)


@register.simple_tag
def pipeline_url(slug: str, pipeline_id: str) -> str:
    return places.url_of(slug, pipeline_id)


@register.simple_tag
def row_url(view: str, ident: object) -> str:
    """The address of what a row is about. What stands before the number is looked up once, not for each row."""
    return f"{_before(view)}{ident}/"


@lru_cache(maxsize=20)
def _before(view: str) -> str:
    nothing = _NO_ID if view == "submission" else 0
    return reverse(view, args=[nothing]).removesuffix(f"{nothing}/")
