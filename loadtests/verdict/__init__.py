"""The answer, the evidence and the gates that follow from the figures."""
