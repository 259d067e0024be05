"""`python -m wrenchai_inspector`: the inspector as a process."""

from wrenchai_chassis.skeleton import serve

from wrenchai_inspector.service import INSPECTOR

if __name__ == "__main__":
    serve(INSPECTOR)
