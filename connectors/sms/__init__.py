"""SMS by an HTTP provider or by SMPP: a channel, see docs/connectors/sms.md."""
