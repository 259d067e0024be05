"""The words every WrenchAI process shares: events, commands, views, errors. Imports pydantic only."""
