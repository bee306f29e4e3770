"""What an operator does: load the record, take over a configuration, tend feeds, back up, export, verify."""
