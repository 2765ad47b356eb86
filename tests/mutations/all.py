"""The faults of every family, by the id of the rule that finds them."""

from __future__ import annotations

from fairlead.tests.mutations import of_compose, of_dockerfile, of_env, of_lint, of_nginx, of_stack
from fairlead.tests.mutations.mutation import Mutation

MODULES = {
    "nginx": of_nginx,
    "compose": of_compose,
    "dockerfile": of_dockerfile,
    "env": of_env,
    "stack": of_stack,
    "lint": of_lint,
}
MUTATIONS: dict[str, Mutation] = {
    f"{family}/{name}": mutation for family, module in MODULES.items() for name, mutation in module.MUTATIONS.items()
}
EXCUSED: dict[str, str] = {
    f"{family}/{name}": reason for family, module in MODULES.items() for name, reason in module.EXCUSED.items()
}
