"""Programs that talk to the broker over TCP, and the library to write them."""
