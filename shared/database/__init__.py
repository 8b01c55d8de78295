"""Options, errors and outcomes of database access, the same for both drivers."""
