"""The first WrenchAI's playbooks, mapped to today's: nothing that was written is dropped without a word."""
