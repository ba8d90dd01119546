// A drawn network: the part that is clicked, or chosen with Enter, tells about itself below.

export function openDiagram(root) {
  const told = root.querySelector(".srkit-told");
  const texts = root.querySelectorAll(":scope > template");
  const parts = [...root.querySelectorAll(".srkit-part")];
  const tell = (part) => {
    for (const other of parts) other.setAttribute("aria-pressed", other === part);
    told.replaceChildren(texts[part.dataset.part].content.cloneNode(true));
  };
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  for (const [number, part] of parts.entries()) {
    part.addEventListener("click", () => tell(part));
    part.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") tell(part);
      else if (event.key in step) parts[number + step[event.key]]?.focus();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }
}
