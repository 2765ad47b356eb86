"""Brings a release to a host: made on the laptop, shipped layer by layer, switched there by the agent."""
