"""The stack, as containers (*.yaml) and as local processes (local/)."""
