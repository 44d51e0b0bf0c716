"""What a person sees: that this is no Jira."""

from .messages import BANNER, Answer, Request


def answer(sandbox: object, request: Request) -> Answer:
    """Answer a request that is none of the API's."""
    return Answer(200 if request.path == "/" else 404, BANNER.encode(), content_type="text/plain")
