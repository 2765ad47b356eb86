"""Runs the migrations on the connection that agentchat.migrate opened."""

from alembic import context

from agentchat.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
