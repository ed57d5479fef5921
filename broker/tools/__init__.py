"""Programs around the broker: recording, replay, load, simulation."""
