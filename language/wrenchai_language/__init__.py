"""The playbook language: from an author's YAML to a checked playbook, and from that to a plan. Pure, no I/O."""
