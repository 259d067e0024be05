"""Where the data goes when nobody says so."""

from pathlib import Path

from wrenchai.local.data_directory import default_home


def test_an_ordinary_user_keeps_data_at_home() -> None:
    assert default_home({}, is_root=False) == Path("~/.local/share/wrenchai").expanduser()
    assert default_home({"XDG_DATA_HOME": "/data/me"}, is_root=False) == Path("/data/me/wrenchai")


def test_root_keeps_data_where_the_database_user_can_reach_it() -> None:
    assert default_home({}, is_root=True) == Path("/var/lib/wrenchai")


def test_wrenchai_home_wins() -> None:
    for is_root in (True, False):
        assert default_home({"WRENCHAI_HOME": "/srv/w", "XDG_DATA_HOME": "/x"}, is_root=is_root) == Path("/srv/w")
