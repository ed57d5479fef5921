"""The Parley broker: a pure core, a relational store and a trio shell."""
