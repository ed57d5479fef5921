"""The long tests: loops of what `make test` does a little of, with new seeds each day."""
