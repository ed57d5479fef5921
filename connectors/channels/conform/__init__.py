"""The conformance kit for connectors of messages: it plays the broker's side and says what is wrong."""
