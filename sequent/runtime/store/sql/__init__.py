"""The SQL of a store, whichever database it is in: rows, statements, queries, and the guard of writes."""
