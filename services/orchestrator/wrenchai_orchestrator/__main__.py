"""`python -m wrenchai_orchestrator`: the orchestrator as a process."""

from wrenchai_chassis.skeleton import serve

from wrenchai_orchestrator.service import ORCHESTRATOR

if __name__ == "__main__":
    serve(ORCHESTRATOR)
