"""Passwords: argon2id, hashed off the event loop and only two at once, so that a rush cannot fill the memory."""

from secrets import token_hex

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
HASHES_AT_ONCE = 2


class Passwords:
    def __init__(self, hasher: PasswordHasher = HASHER) -> None:
        self.hasher = hasher
        self.limiter = CapacityLimiter(HASHES_AT_ONCE)
        # Nobody's: an unknown name takes as long as a wrong password.
        self.decoy = hasher.hash(token_hex())

    async def hashed(self, password: str) -> str:
        return await to_thread.run_sync(self.hasher.hash, password, limiter=self.limiter)

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether *password* is the one that was *stored*; always false, and as slow, when nothing was."""
        return await to_thread.run_sync(self.verified, stored or self.decoy, password, limiter=self.limiter)

    def verified(self, stored: str, password: str) -> bool:
        try:
            return self.hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
