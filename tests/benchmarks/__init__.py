"""The benchmarks themselves: that each runs, and that its arithmetic is right."""
