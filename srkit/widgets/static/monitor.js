// The buttons above a run that goes on in Python: what is pressed goes there, what comes back is drawn.

import { element } from "./element.js";
import { comeAlive } from "./twin.js";

export function watchRun(model, root) {
  const send = (command) => {
    model.set("_command", { command, count: (model.get("_command").count ?? 0) + 1 });
    model.save_changes();
  };
  const button = (text, title, command) => element("button", { type: "button", title, onclick: () => send(command()) }, text);
  const pause = button("Pause", "Pause after the step in hand, or go on", () => (model.get("paused") ? "resume" : "pause"));
  const stop = button("Stop", "End after the step in hand and keep what was reached", () => "stop");
  const best = button("Stop, keep best", "End, and go back to the weights of the best validation", () => "keep_best");
  const body = element("div", { class: "srkit-run" });
  const bar = element("div", { class: "srkit-head" }, element("span", { class: "srkit-group" }, pause, stop, best));
  const frame = element("div", { class: "srkit-frame", role: "group", "aria-label": "A run" }, bar, body);
  root.replaceChildren(element("div", { class: "srkit-sliders" }, element("style", {}, model.get("_style")), frame));
  const draw = () => {
    comeAlive(model, root);
    body.innerHTML = model.get("_html");
  };
  const state = () => {
    pause.textContent = model.get("paused") ? "Go on" : "Pause";
    for (const each of [pause, stop, best]) each.disabled = model.get("done");
  };
  model.on("change:_html", draw);
  model.on("change:paused", state);
  model.on("change:done", state);
  draw();
  state();
  return () => {
    model.off("change:_html", draw);
    model.off("change:paused", state);
    model.off("change:done", state);
  };
}
