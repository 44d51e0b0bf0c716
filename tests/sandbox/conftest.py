"""The stand-in for Jira, whoever runs these tests."""

from tests.sandbox_fixtures import sandbox

__all__ = ["sandbox"]
