"""What k6 can measure: local processes, containers, and services that are running already."""
