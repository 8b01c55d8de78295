"""Is a read ever stale, is a write ever lost: histories of operations and their checker."""
