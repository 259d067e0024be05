"""The InspectorAgent: how well did it go."""
