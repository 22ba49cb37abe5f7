"""Runs the production engine, driver and agents in a simulated world with faults; every choice comes from one seed."""
