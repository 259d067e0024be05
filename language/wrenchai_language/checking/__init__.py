"""What can be wrong with a playbook whose every field is well formed: a module a question. Pure."""
