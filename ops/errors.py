"""The errors that a task shows as one line, and the exit code each of them means (docs: exit codes)."""

from __future__ import annotations


class FairleadError(Exception):
    """
    What went wrong, in one line that says what, where and what to do.

    Attributes:
        exit_code: 1 failed and taken back; 2 wrong use or settings; 3 failed and not taken back; 4 locked;
            5 unreachable; 6 still running; 7 incomplete.
        details: Further lines worth reading, such as the end of a log; never a secret.
        told: Whether programs that read --json have been told of it.
    """

    exit_code = 1
    told = False

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class SettingsError(FairleadError):
    """A setting, a file that the user wrote or an argument is wrong."""

    exit_code = 2


class TakeBackError(FairleadError):
    """Something failed, and so did taking it back."""

    exit_code = 3


class LockedError(FairleadError):
    """Another run holds the lock."""

    exit_code = 4


class InterruptedRunError(FairleadError):
    """A person pressed Ctrl-C; 130 is what shells say then."""

    exit_code = 130


class UnreachableError(FairleadError):
    """A host, an engine or a site cannot be reached."""

    exit_code = 5


class StepFailedError(FairleadError):
    """
    A step of a plan failed.

    Attributes:
        host: The host's name.
        step: The step's title.
    """

    def __init__(self, host: str, step: str, reason: str, details: str = "") -> None:
        super().__init__(f"{host}: {step}: {reason}", details)
        self.host = host
        self.step = step
        self.reason = reason
