"""What is SQL about a store, whichever database it is: rows, statements, questions, and who may write."""
