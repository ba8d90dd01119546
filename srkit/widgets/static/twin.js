// A widget that lives and its twin, the page that stays when the kernel is gone: only one of the two is seen.

export function comeAlive(model, el) {
  el.classList.add("srkit-alive");
  for (const twin of document.querySelectorAll(`.srkit-twin[data-twin="${model.get("_twin")}"]`)) twin.hidden = true;
}
