"""The JourneyAgent: carries steps out."""
