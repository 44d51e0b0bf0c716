"""Waybill's domain and its Django project: the ledger, its delivery to Jira, and the doors in."""

from .celery import app as celery_app

__all__ = ["celery_app"]
__version__ = "0.1.0"
