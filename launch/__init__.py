"""The front door: starts the servers and our processes, keeps them alive, ends them together."""
