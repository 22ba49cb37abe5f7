"""The desks of a driver, one for each kind of event: each takes its effects and its reports."""
