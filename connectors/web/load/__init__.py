"""The load tool of the web site: visitors who poll and visitors on sockets, through one real web process."""
