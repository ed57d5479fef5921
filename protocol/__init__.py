"""The SimProt protocol without input or output: structures, codec, connection."""
