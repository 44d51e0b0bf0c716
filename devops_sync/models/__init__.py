"""What the ledger keeps. Each file is one part of it."""

from .deployment import Deployment
from .lane import Delivery, Lane
from .people import Grant, User
from .reading import Confirmation
from .run import Run
from .site import Site, Token
from .submission import Entry, Envelope, PropertySet, Submission

__all__ = [
    "Confirmation",
    "Delivery",
    "Deployment",
    "Entry",
    "Envelope",
    "Grant",
    "Lane",
    "PropertySet",
    "Run",
    "Site",
    "Submission",
    "Token",
    "User",
]
