"""The stack of compose/*.yaml as private local processes."""
