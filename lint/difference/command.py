"""`inv diff`: two revisions compared and the answer printed."""

from __future__ import annotations

from ..errors import LintError
from ..policy import Policy, policy_from
from ..settings import settings_for
from .comparing import changes
from .reports import REPORTS
from .revisions import revisions
from .statement import statements


def difference(base: str, form: str) -> str:
    """
    What the files as they are now change against the revision *base*, as the report *form*.

    Raises:
        LintError: an unknown form, no such revision, or a fairlead.yaml that cannot be used.
    """
    if form not in REPORTS:
        raise LintError(f'--format "{form}": write {", ".join(REPORTS)}')
    settings = settings_for(".")
    policy = Policy(*([policy_from(settings.policy, str(settings.path))] if settings.policy else []))
    found = revisions(base)
    return REPORTS[form](changes(statements(found.before), statements(found.after), policy.is_secret_name))
