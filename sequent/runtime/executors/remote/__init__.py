"""Executes attempts on other hosts: hands them over, and takes their outcomes and logs."""
