"""How the answers of lesson 7 are run."""

from __future__ import annotations

from srkit.exercises._beside import Answer, Inputs, Value, watched

__all__ = ["channel_attention", "covariance_pool", "in_windows", "newton_schulz", "non_local", "small_rcan"]


def channel_attention(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"weighted": answer(inputs["features"], inputs["down"], inputs["up"])}


def covariance_pool(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"covariance": answer(inputs["features"])}


def newton_schulz(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"root": answer(inputs["matrices"], inputs["steps"])}


def non_local(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"found": answer(inputs["query"], inputs["key"], inputs["value"])}


_CHANGES: dict[str, Answer] = {
    "centre": lambda windows: windows - windows.mean(2, keepdim=True),
    "sum_inside": lambda windows: windows.cumsum(2),
    "sum_over": lambda windows: windows.cumsum(1),
}


def in_windows(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"features": answer(_CHANGES[inputs["change"]], inputs["features"], inputs["window"], inputs["shift"])}


def small_rcan(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    plan = {name: inputs[name] for name in ("scale", "channels", "n_groups", "n_blocks", "few")}
    return watched(answer(**plan), "SmallRCAN", inputs)
