"""The AgentChat back end: accounts, conversations and streamed answers."""
