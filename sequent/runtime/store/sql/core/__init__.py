"""The tables and statements of a store, built with SQLAlchemy Core; they are made into the words of each database."""
