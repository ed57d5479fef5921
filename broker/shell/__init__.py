"""Everything that touches the outside: sockets, clock, logs."""
