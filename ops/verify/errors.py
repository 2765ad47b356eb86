"""Why something could not be looked at; a check lets these through, and its verdict becomes ERROR."""

from __future__ import annotations

from ..errors import FairleadError, UnreachableError


class NoAnswerError(UnreachableError):
    """
    No answer to a request, or none in time; the message says which address and why.

    Attributes:
        is_network: Whether the network gave way, so that asking once more makes sense.
        is_unknown_name: Whether the host's name leads nowhere, so that waiting makes none.
        is_local: Whether this machine has no way there at all, which says nothing about the site.
    """

    def __init__(
        self, message: str, *, is_network: bool = False, is_unknown_name: bool = False, is_local: bool = False
    ) -> None:
        super().__init__(message)
        self.is_network = is_network
        self.is_unknown_name = is_unknown_name
        self.is_local = is_local


class BudgetSpentError(FairleadError):
    """The run has made all the requests that it may make."""

    exit_code = 7
