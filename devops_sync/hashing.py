"""How passwords are hashed: argon2, few at a time, so that a flood of sign-ins takes neither memory nor threads."""

import threading

from django.contrib.auth.hashers import Argon2PasswordHasher

# OWASP's password storage cheat sheet: argon2id with 19 MiB, two passes and one lane.
_AT_ONCE = threading.BoundedSemaphore(2)


class Hasher(Argon2PasswordHasher):
    """Argon2 with 19 MiB a time, two at once."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _AT_ONCE:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _AT_ONCE:
            return super().verify(password, encoded)
