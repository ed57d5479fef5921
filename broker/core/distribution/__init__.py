"""Who gets a chat: queues, how agents stand to them, offers."""
