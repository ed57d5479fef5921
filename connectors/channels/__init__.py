"""The frame that every message channel stands on (e-mail, SMS, ...): see docs/channels.md."""
