"""The history of the schema, as alembic reads it."""
