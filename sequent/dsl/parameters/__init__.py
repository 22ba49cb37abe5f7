"""Parameters of a flow, and the conversion of text and JSON to values of a type."""
