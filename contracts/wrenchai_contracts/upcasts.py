"""Old event shapes to today's, on reading: history is not rewritten, a changed meaning is a new version and a step."""

from collections.abc import Callable, Mapping

from wrenchai_contracts.shape import JsonObject

Upcast = Callable[[JsonObject], JsonObject]


def _journeys_as_nodes(data: JsonObject) -> JsonObject:
    """`PlanCreated` of 0.1 held a flat list of journeys; a plan is a tree of nodes now."""
    plan = dict(data["plan"])
    nodes: dict[str, JsonObject] = {}
    for planned in plan.pop("journeys"):
        group = planned.get("group")
        leaf = _leaf(planned)
        if group is None:
            nodes[planned["id"]] = leaf
        elif group in nodes:
            nodes[group]["body"].append(leaf | {"after": ()})
        else:
            nodes[group] = _fan(group, planned, leaf)
    plan["nodes"] = list(nodes.values())
    members = {branch["id"]: node["id"] for node in plan["nodes"] for branch in node.get("body", ())}
    for node in plan["nodes"]:
        node["after"] = list(dict.fromkeys(members.get(name, name) for name in node["after"]))
    return {**data, "plan": plan}


def _leaf(planned: JsonObject) -> JsonObject:
    kept = ("id", "role", "steps", "after", "on_failure", "final")
    return {"kind": "journey"} | {name: planned[name] for name in kept if name in planned}


def _fan(group: str, planned: JsonObject, leaf: JsonObject) -> JsonObject:
    fan = {"kind": "fan", "id": group, "after": planned["after"], "flat": True, "body": [leaf | {"after": ()}]}
    fan |= {name: planned[name] for name in ("for_each", "item_name", "max_parallel") if name in planned}
    return fan | {"branch_failure": planned.get("on_failure", "fail")}


UPCASTS: Mapping[tuple[str, int], Upcast] = {("PlanCreated", 1): _journeys_as_nodes}
"""`(event type, version n)` -> a function from the data of version n to the data of version n + 1."""


def to_today(
    event_type: str, version: int, data: JsonObject, *, upcasts: Mapping[tuple[str, int], Upcast] = UPCASTS
) -> JsonObject:
    """`data` as today's version of `event_type` would have written it."""
    while (step := upcasts.get((event_type, version))) is not None:
        data, version = step(data), version + 1
    return data
