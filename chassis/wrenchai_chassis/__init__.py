"""Plumbing every service shares; knows no task, step or playbook by name."""
