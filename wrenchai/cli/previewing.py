"""Shows the site that a task built, from any gateway, under the path that its own links begin with."""

from rich.text import Text

from wrenchai.cli.connecting import connect
from wrenchai.cli.screen import Screen
from wrenchai.cli.sites import end_as_ctrl_c_does, served, unpacked_site, wait_for_ctrl_c


def preview_site(task_id: str, *, as_json: bool) -> None:
    """`wrenchai preview`: returns at Ctrl-C."""
    screen = Screen(as_json=as_json)
    end_as_ctrl_c_does()
    with connect() as client:
        task = client.task(task_id)
        with unpacked_site(client, task) as site, served(site) as url:
            screen.result({"task_id": task_id, "site": url, "base_url": site.base_url}, Text(url, "bold cyan"))
            wait_for_ctrl_c(screen)
