"""
What a change to the files of a stack changes in its behaviour.

`statements` says all that the models of one revision promise, each as a `Statement`; `changes` compares two
revisions' statements and puts what differs into words. Texts that mean the same make the same statements.
"""

from .comparing import Change, changes
from .statement import Statement, statements

__all__ = ["Change", "Statement", "changes", "statements"]
