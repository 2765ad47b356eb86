"""Strict-Transport-Security, as each generation of the certificate has it."""

from __future__ import annotations

from ...lint.policy import Policy, policy_from
from ...lint.settings import settings_for
from ..stack import Stack
from .site import site_of
from .x509 import read_chain

NAME = "Strict-Transport-Security"


def hsts(stack: Stack, chain: str) -> str:
    """
    What nginx adds to the answers of the site while it serves *chain*, in PEM.

    Nothing while browsers do not trust it: they would let nobody in for two years. Nothing for localhost either, whose
    other ports they would then ask by https too.
    """
    if read_chain(chain)[0].distrust or site_of(stack).is_local:
        return ""
    wanted = policy_of(stack).required_headers.get(NAME)
    return f'add_header {NAME} "{wanted.recommended}" always;\n' if wanted else ""


def policy_of(stack: Stack) -> Policy:
    """The linter's policy with the changes of fairlead.yaml."""
    settings = settings_for(str(stack.settings.root))
    return Policy(policy_from(settings.policy, settings.path or "fairlead.yaml"))
