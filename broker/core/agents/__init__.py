"""What agents and supervisors ask, and what becomes of chats whose agent goes."""
