"""Envelopes and property sets, each distinct one stored once.

A sender repeats the same envelope for years, so the ids of those that are known to be committed are
remembered in the process. Rows are never changed or deleted, so what is remembered stays true.
"""

import hashlib
from functools import lru_cache

import msgspec

from .models import Envelope, PropertySet


def find_or_store(site_id: int, fields: dict[str, str], properties: dict[str, str]) -> Envelope:
    """The envelope with these raw fields, stored in the current transaction when it is new."""
    if known := _known(site_id, _digest(fields)):
        return known
    pairs = dict(sorted(properties.items()))
    property_set, _ = PropertySet.objects.get_or_create(
        site_id=site_id, digest=_digest(pairs), defaults={"pairs": pairs}
    )
    envelope, _ = Envelope.objects.get_or_create(
        site_id=site_id, digest=_digest(fields), defaults={"fields": fields, "property_set": property_set}
    )
    return envelope


def _digest(pairs: dict[str, str]) -> bytes:
    return hashlib.sha256(msgspec.json.encode(pairs, order="sorted")).digest()


class _NotStored(Exception):
    """Nothing to remember: an exception, so that the cache keeps only what was found."""


def _known(site_id: int, digest: bytes) -> Envelope | None:
    try:
        return _stored(site_id, digest)
    except _NotStored:
        return None


@lru_cache(maxsize=10_000)
def _stored(site_id: int, digest: bytes) -> Envelope:
    envelope = Envelope.objects.filter(site_id=site_id, digest=digest).first()
    if envelope is None:
        raise _NotStored
    return envelope
