"""Recordings of what passed between clients and a broker: made, played, compared."""
