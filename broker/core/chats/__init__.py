"""A chat: its changes, its words, its forms, its deadlines."""
