"""The judgement on thousands of simulated runs."""
