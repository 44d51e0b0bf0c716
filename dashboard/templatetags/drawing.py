"""The dots of a timeline. A drawing has hundreds of them, so those of a lane are one tag."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dashboard.timeline import Dot, Lane

from . import look, states, times

register = template.Library()
_NOTHING = mark_safe("")
_ENDED = ("deployment", "build")


@register.simple_tag
def dots(lane: Lane) -> SafeString:
    """The dots of a lane, each with what it stands for in its title."""
    icons = static("icons.svg")
    return format_html_join("", "{}", ((_dot(lane, dot, icons),) for dot in lane.dots))


def _dot(lane: Lane, dot: Dot, icons: str) -> SafeString:
    tone = states.tone(dot.state)
    return format_html(
        '<g><title>{}</title><circle class="dot" cx="{}" cy="{}" r="9"/>'
        '<use{} href="{}#{}" x="{}" y="{}" width="16" height="16"/>{}{}</g>',
        _title(dot),
        dot.middle,
        lane.middle,
        mark_safe(f' class="{tone}"') if tone else "",  # noqa: S308 (a word of the look)
        icons,
        states.icon_of(dot.state) if dot.kind in _ENDED else dot.kind,
        dot.left,
        lane.icon_top,
        _count(lane, dot) if dot.count > 1 else _NOTHING,
        _label(lane, dot) if dot.said else _NOTHING,
    )


def _title(dot: Dot) -> str:
    said = look.plural(dot.count, dot.words)
    if dot.count == 1:
        said += f", {states.word_of(dot.state).lower()}" if dot.state else ""
        return f"{said}, {times.exact(dot.first_at)}"
    bad = f", {dot.bad:,} of them did not go well" if dot.bad else ""
    return f"{said}{bad}, {times.exact(dot.first_at)} to {times.exact(dot.last_at)}"


def _count(lane: Lane, dot: Dot) -> SafeString:
    return format_html(
        '<rect class="dot" x="{}" y="{}" width="{}" height="16"/><text class="many{}" x="{}" y="{}">{}</text>',
        dot.edge,
        lane.icon_top,
        dot.wide,
        " many--bad" if dot.bad else "",
        dot.right,
        lane.text_base,
        f"{dot.count:,}",
    )


def _label(lane: Lane, dot: Dot) -> SafeString:
    return format_html(
        '<rect class="dot" x="{}" y="{}" width="{}" height="16"/><text class="said" x="{}" y="{}">{}</text>',
        dot.said_left,
        lane.icon_top,
        dot.said_wide,
        dot.said_x,
        lane.text_base,
        dot.said,
    )
