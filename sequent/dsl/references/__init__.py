"""Values that are known only while the flow runs, data beside them, and the requirements of steps."""
