"""`python -m wrenchai_chassis`: the relay as a process."""

from wrenchai_chassis.relay import RELAY
from wrenchai_chassis.skeleton import serve

if __name__ == "__main__":
    serve(RELAY)
