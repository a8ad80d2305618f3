"""Whole servers beside each other, in one run: CPU time, latency and memory of `irsa serve` and its peers."""
