"""The configured rules, matched."""
