"""The background model: fits spreads and effects to all outcomes, in a short-lived process of its own.

PyMC, nutpie and numba are imported by `model`, which only that process imports; a service imports `fitting`.
"""
