"""Faults: what is done to servers, services and clients under load, and what came of it."""
