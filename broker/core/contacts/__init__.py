"""Whom a chat is with."""
