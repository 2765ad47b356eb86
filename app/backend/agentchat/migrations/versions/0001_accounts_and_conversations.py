"""Accounts, conversations and messages."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from agentchat.tables import Identity, Key, LongText, Moment

revision = "0001"
down_revision = None

TABLE: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_0900_ai_ci"}


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", Identity, primary_key=True, autoincrement=True),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("username_key", Key, nullable=False, unique=True),
        sa.Column("email", sa.String(254)),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        **TABLE,
    )
    op.create_table(
        "conversations",
        sa.Column("id", Identity, primary_key=True, autoincrement=True),
        sa.Column("user_id", Identity, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Index("ix_conversations_user_id_updated_at", "user_id", "updated_at"),
        **TABLE,
    )
    op.create_table(
        "messages",
        sa.Column("id", Identity, primary_key=True, autoincrement=True),
        sa.Column("conversation_id", Identity, sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("text", LongText, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Index("ix_messages_conversation_id_id", "conversation_id", "id"),
        **TABLE,
    )


def downgrade() -> None:
    for table in ("messages", "conversations", "users"):
        op.drop_table(table)
