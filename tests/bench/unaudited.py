"""Waybill's web process with nothing noted of submissions: what the audit log costs is measured against it."""

from devops_sync.wsgi import application  # First: it sets Django up.

# isort: split
from devops_sync import ledger
from devops_sync.audit import noting

__all__ = ["application"]

noting.WITH_PENDING = "not_noted AS (SELECT 1)"
ledger.audit.received = lambda *_, **__: {}  # type: ignore[assignment]
