"""The report: one page and one document made of a folder of results."""
