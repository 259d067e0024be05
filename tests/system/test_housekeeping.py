"""A worker that was killed comes back, removes what nobody needs any more, and goes on with what somebody does."""

from pathlib import Path

from wrenchai_contracts.views import TaskStatus

from tests.system_under_test import running_system, until

IN_A_PROCESS = """
name: in_a_process
inputs: {type: object, properties: {seconds: {type: number}}}
steps: [{id: only, tool: wait, with: {seconds: "${inputs.seconds}"}}]
"""


async def test_a_worker_that_comes_back_keeps_the_workspaces_of_running_tasks_only(open_path: Path) -> None:
    async with running_system(open_path) as system:
        client, home = system.client, system.stack.directory.root
        await client.register_playbook(IN_A_PROCESS)
        ended = (await client.submit_task(playbook="in_a_process", inputs={"seconds": 0})).task_id
        assert (await client.wait(ended, timeout=30)).status is TaskStatus.COMPLETED
        running = (await client.submit_task(playbook="in_a_process", inputs={"seconds": 600})).task_id
        await until(lambda: names_in(home / "workspaces") == sorted([ended, running]), within=30)
        (killed,) = (home / "steps").glob("step-*")

        system.kill("journey")
        await until(lambda: names_in(home / "workspaces") == [running], within=30)
        await until(lambda: not killed.exists() and len(list((home / "steps").glob("step-*"))) == 1, within=30)

        await client.cancel(running)
        assert (await client.wait(running, timeout=30)).status is TaskStatus.CANCELLED
        system.kill("journey")
        await until(lambda: names_in(home / "workspaces") == [], within=30)
        assert names_in(home / "steps") == ["lock"]


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())
