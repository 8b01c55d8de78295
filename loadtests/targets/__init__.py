"""What is measured: local processes, containers, services of your own."""
