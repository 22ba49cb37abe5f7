"""The tables and statements of a store, built with SQLAlchemy Core and compiled to the SQL of each database."""
