"""The addresses that take more than a name and a number."""

from django import template

from dashboard import places

register = template.Library()


@register.simple_tag
def pipeline_url(slug: str, pipeline_id: str) -> str:
    return places.url_of(slug, pipeline_id)
