"""How the stack is put together: as containers (*.yaml) and as private local processes (*.py)."""
