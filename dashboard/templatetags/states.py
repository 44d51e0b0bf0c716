"""How states are written on the pages: an icon and a word, one pair to a state. The rules are the look's."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

STATES: dict[str, tuple[str, str, str]] = {
    # name: icon in the sprite, word, tone
    "pending": ("pending", "Pending", ""),
    "in_progress": ("in_progress", "In progress", "moving"),
    "successful": ("successful", "Successful", "good"),
    "failed": ("failed", "Failed", "bad"),
    "rolled_back": ("rolled_back", "Rolled back", "warn"),
    "cancelled": ("cancelled", "Cancelled", ""),
    "unknown": ("unknown", "Unknown", ""),
    "gated": ("awaiting", "Awaiting its gate", "warn"),
    "OPEN": ("pull_request", "Open", "moving"),
    "MERGED": ("tick", "Merged", "good"),
    "DECLINED": ("cancelled", "Declined", ""),
    "DRAFT": ("edit", "Draft", ""),
    "UNKNOWN": ("unknown", "Unknown", ""),
    "deleted": ("deletion", "Deleted", "warn"),
    "waiting": ("waiting", "Waiting", ""),
    "sent": ("sent", "Sent", "moving"),
    "accepted": ("accepted", "Accepted", "good"),
    "rejected": ("rejected", "Rejected", "bad"),
    "superseded": ("superseded", "Superseded", ""),
    "withdrawn": ("withdrawn", "Withdrawn", ""),
    "refused": ("refused", "Refused", "bad"),
    "out_of_order": ("out_of_order", "Out of order", ""),
    "repeat": ("resend", "Repeat", ""),
    "not_read": ("not_read", "Not read", ""),
    "reading": ("in_progress", "Reading…", "moving"),
    "confirmed": ("confirmed", "Confirmed", "good"),
    "different": ("different", "Different", "warn"),
    "missing": ("missing", "Missing", "bad"),
    "not_told": ("not_told", "Cannot be told", ""),
    "unknown_key": ("invalid", "Unknown key", "bad"),
    "lane_idle": ("tick", "Idle", ""),
    "lane_working": ("in_progress", "Working", "moving"),
    "lane_waiting": ("waiting", "Waiting", ""),
    "lane_asleep": ("pause", "Asleep", "warn"),
    "lane_loud": ("loud", "Not getting through", "bad"),
    "lane_held": ("held", "Held", "bad"),
    "lane_paused": ("pause", "Paused", "warn"),
    "token_alive": ("successful", "Alive", "good"),
    "token_rotating": ("resend", "Rotating", "moving"),
    "token_expires_soon": ("expired", "Expires soon", "warn"),
    "token_expired": ("expired", "Expired", ""),
    "token_revoked": ("withdrawn", "Revoked", ""),
    "site_removed": ("withdrawn", "Removed", ""),
    "errand_planned": ("pending", "Planned", ""),
    "errand_running": ("in_progress", "Running", "moving"),
    "errand_paused": ("pause", "Paused", "warn"),
    "errand_cancelled": ("cancelled", "Cancelled", ""),
    "errand_done": ("successful", "Done", "good"),
    "errand_amiss": ("different", "Done, not all is there", "warn"),
    "deletion_previewed": ("pending", "Previewed", ""),
    "deletion_awaiting": ("awaiting", "Awaiting approval", "warn"),
    "deletion_delayed": ("waiting", "Starts soon", "moving"),
    "deletion_running": ("in_progress", "Running", "moving"),
    "deletion_paused": ("pause", "Paused", "warn"),
    "deletion_stopped": ("prevented", "Stopped", "bad"),
    "deletion_proving": ("in_progress", "Being proven", "moving"),
    "deletion_proven": ("confirmed", "Proven", "good"),
    "deletion_unproven": ("different", "Not proven", "bad"),
    "deletion_cancelled": ("cancelled", "Cancelled", ""),
    "delivery_": ("sent", "Sent, not answered", "moving"),
    "delivery_received": ("accepted", "Answered", "good"),
    "delivery_split": ("different", "Refused whole, sent in halves", "warn"),
    "delivery_refused": ("rejected", "Refused", "bad"),
    "delivery_later": ("waiting", "To be tried later", "warn"),
    "delivery_held": ("held", "Held", "bad"),
}
_UNKNOWN = ("unknown", "Unknown", "")


@register.simple_tag
@lru_cache(maxsize=500)
def icon(name: str, extra: str = "") -> SafeString:
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {extra}" if extra else "",
        static("icons.svg"),
        name,
    )


@register.simple_tag
def state(name: str, word: str = "") -> SafeString:
    """A state in a row: icon and word."""
    return _state("state", name, word)


@register.simple_tag
def tag(name: str, word: str = "") -> SafeString:
    """A state in a page's head."""
    return _state("tag", name, word)


@lru_cache(maxsize=500)
def _state(block: str, name: str, word: str) -> SafeString:
    drawing, usual, tone = STATES.get(name, _UNKNOWN)
    return format_html(
        '<span class="{}{}">{}{}</span>', block, f" {block}--{tone}" if tone else "", icon(drawing), word or usual
    )


@register.filter
def tone(name: str) -> str:
    return STATES.get(name, _UNKNOWN)[2]


@register.filter
def icon_of(name: str) -> str:
    return STATES.get(name, _UNKNOWN)[0]


@register.filter
def word_of(name: str) -> str:
    return STATES.get(name, _UNKNOWN)[1]
