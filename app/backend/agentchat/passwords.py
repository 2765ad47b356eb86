"""Passwords: argon2id, hashed off the event loop and only two at once, so that a rush cannot fill the memory."""

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

# OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# A well-formed hash that no password has, so that an unknown name takes as long as a wrong password.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43
HASHES_AT_ONCE = 2


class Passwords:
    def __init__(self) -> None:
        self.limiter = CapacityLimiter(HASHES_AT_ONCE)

    async def hashed(self, password: str) -> str:
        return await to_thread.run_sync(HASHER.hash, password, limiter=self.limiter)

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether *password* is the one that was *stored*; always false, and as slow, when nothing was."""
        return await to_thread.run_sync(verified, stored or NOBODY, password, limiter=self.limiter)


def verified(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except VerificationError:
        return False
