"""Files of a stack to a model with places, rules over it, findings, and a report or a fix."""
