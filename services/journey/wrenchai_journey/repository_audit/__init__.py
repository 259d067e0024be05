"""What is to be known of a Python repository before one relies on it: licences, secrets, links, dependencies."""
