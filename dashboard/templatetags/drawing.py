"""The dots of a timeline. A drawing has hundreds of them, so those of a lane are one tag."""

from django import template
from django.templatetags.static import static
from django.utils.html import escape
from django.utils.safestring import SafeString

from dashboard.timeline import Dot, Lane

from . import look, states, times

register = template.Library()
_ENDED = ("deployment", "build")


@register.simple_tag
def dots(lane: Lane) -> SafeString:
    """The dots of a lane, each with what it stands for in its title."""
    icons = static("icons.svg")
    # Numbers and words of the look: what others said is a label alone, and escaped where it is taken.
    return SafeString("".join(_dot(lane, dot, icons) for dot in lane.dots))


def _dot(lane: Lane, dot: Dot, icons: str) -> str:
    tone = states.tone(dot.state)
    ink = f' class="{tone}"' if tone else ""
    drawn = states.icon_of(dot.state) if dot.kind in _ENDED else dot.kind
    return (
        f'<g><title>{_title(dot)}</title><circle class="dot" cx="{dot.middle}" cy="{lane.middle}" r="9"/>'
        f'<use{ink} href="{icons}#{drawn}" x="{dot.left}" y="{lane.icon_top}" width="16" height="16"/>'
        f"{_count(lane, dot) if dot.count > 1 else ''}{_label(lane, dot) if dot.said else ''}</g>"
    )


def _title(dot: Dot) -> str:
    said = look.plural(dot.count, dot.words)
    if dot.count == 1:
        said += f", {states.word_of(dot.state).lower()}" if dot.state else ""
        return f"{said}, {times.exact(dot.first_at)}"
    bad = f", {dot.bad:,} of them did not go well" if dot.bad else ""
    return f"{said}{bad}, {times.exact(dot.first_at)} to {times.exact(dot.last_at)}"


def _count(lane: Lane, dot: Dot) -> str:
    return (
        f'<rect class="dot" x="{dot.edge}" y="{lane.icon_top}" width="{dot.wide}" height="16"/>'
        f'<text class="many{" many--bad" if dot.bad else ""}" x="{dot.right}" y="{lane.text_base}">{dot.count:,}</text>'
    )


def _label(lane: Lane, dot: Dot) -> str:
    return (
        f'<rect class="dot" x="{dot.said_left}" y="{lane.icon_top}" width="{dot.said_wide}" height="16"/>'
        f'<text class="said" x="{dot.said_x}" y="{lane.text_base}">{escape(dot.said)}</text>'
    )
