"""Attachments: how they come in pieces, who may name them, and who may have them (B-61)."""
