"""Pure functions that compute figures and effects from result files, and judge which results are void."""
