"""Injects faults into servers, services and clients under load and checks rules on the outcome."""
