"""Facts as rows of a relational database."""
