"""What visitors' connectors ask: starts, sentences, and chats that this side begins."""
