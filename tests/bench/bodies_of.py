"""The bodies that are sent: endless, each entity with a number of its own."""

import itertools
from collections.abc import Iterator

from tests.payloads import build, bulk_of, commit, repository


def builds(first: int = 0) -> Iterator[bytes]:
    for lowest in itertools.count(first, 100):
        yield bulk_of("builds", *[build(number) for number in range(lowest, lowest + 100)])


def development(first: int = 0) -> Iterator[bytes]:
    for request in itertools.count(first):
        repositories = [
            repository(f"r{request}-{number}", commits=[commit(f"{request}-{n}") for n in range(400)])
            for number in range(2)
        ]
        rest = [commit(f"{request}-{n}") for n in range(200)]
        yield bulk_of("devinfo", *repositories, repository(f"r{request}-2", commits=rest))


OTHER_KINDS = (("100 builds per request", "builds", builds), ("1000 commits per request", "devinfo", development))
IN_A_REQUEST = {"builds": 100, "devinfo": 1000}
