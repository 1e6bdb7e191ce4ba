"""The front door: starts the databases and our processes, keeps them alive, and ends them together."""
