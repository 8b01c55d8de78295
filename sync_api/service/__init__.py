"""The objects of a worker, its server, admission control, background work and waiting."""
