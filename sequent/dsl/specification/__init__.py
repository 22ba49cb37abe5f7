"""Makes the specification of a flow from its steps and containers."""
