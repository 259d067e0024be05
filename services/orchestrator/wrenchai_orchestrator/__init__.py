"""The SuperAgent: what happens next in a task."""
