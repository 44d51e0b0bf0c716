"""What the ledger keeps. Each file is one part of it."""

from .audit import AuditCheckpoint, AuditLink, AuditPending, AuditRow
from .build import Build
from .cleanup import Cleanup, CleanupPart, CleanupRule, ProofReading, Redaction
from .deletion import Deletion
from .deployment import Deployment
from .development import Branch, Commit, PullRequest, Repository
from .errand import Errand, ErrandItem
from .exposure import Exposure
from .gate import Gate, GateReading
from .guess import Guesses
from .lane import Delivery, Lane
from .people import Grant, User
from .reading import Confirmation
from .retirement import Retirement
from .run import Run
from .saved_view import SavedView
from .second_factor import RecoveryCode, SecondFactor
from .session import Session
from .site import Site
from .submission import Cause, Entry, Envelope, FirstAnswer, PropertySet, Submission
from .token import Token

__all__ = [
    "AuditCheckpoint",
    "AuditLink",
    "AuditPending",
    "AuditRow",
    "Branch",
    "Build",
    "Cause",
    "Cleanup",
    "CleanupPart",
    "CleanupRule",
    "Commit",
    "Confirmation",
    "Deletion",
    "Delivery",
    "Deployment",
    "Entry",
    "Envelope",
    "Errand",
    "ErrandItem",
    "Exposure",
    "FirstAnswer",
    "Gate",
    "GateReading",
    "Grant",
    "Guesses",
    "Lane",
    "ProofReading",
    "PropertySet",
    "PullRequest",
    "RecoveryCode",
    "Redaction",
    "Repository",
    "Retirement",
    "Run",
    "SavedView",
    "SecondFactor",
    "Session",
    "Site",
    "Submission",
    "Token",
    "User",
]
