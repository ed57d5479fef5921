"""What a bot is made of; docs/bots.md shows one."""

from connectors.bots.bot import Bot, BotChat, End, HandOver, Reply, run_bot

__all__ = ["Bot", "BotChat", "End", "HandOver", "Reply", "run_bot"]
