"""The desks of a driver, one for each thing that goes on: each takes its effects and its reports."""
