"""Records histories of reads and writes under load and checks them for stale reads and lost writes."""
