"""`python -m wrenchai_journey`: the journey as a process."""

from wrenchai_chassis.skeleton import serve

from wrenchai_journey.service import JOURNEY

if __name__ == "__main__":
    serve(JOURNEY)
