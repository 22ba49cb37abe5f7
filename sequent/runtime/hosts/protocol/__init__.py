"""The words of a driver and the agent on a host, and how they are put into a stream of bytes."""
