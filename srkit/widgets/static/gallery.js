// A table whose headings sort it, and whose rows open a viewer when somebody wants to look.

import { element } from "./element.js";
import { mount } from "./viewer.js";

// Rows in a new order; numbers by value, words by alphabet, what is missing always last.
export function sortedRows(rows, down) {
  const missing = ({ value }) => value === "";
  const number = ({ value }) => Number(value);
  const numeric = rows.every((row) => missing(row) || !Number.isNaN(number(row)));
  const order = (a, b) => (numeric ? number(a) - number(b) : a.value.localeCompare(b.value));
  return [...rows].sort((a, b) => missing(a) - missing(b) || (down ? -order(a, b) : order(a, b)) || a.index - b.index);
}

export function openGallery(root) {
  if (root.dataset.srkitMounted) return;
  root.dataset.srkitMounted = "yes";
  const body = root.querySelector("tbody");
  const rows = [...body.querySelectorAll("tr[data-row]")];
  root.querySelectorAll("th[data-column]").forEach((heading, column) => {
    const press = element("button", { type: "button", title: "Sort by this column" }, heading.textContent);
    press.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      for (const other of root.querySelectorAll("th[data-column]")) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = rows.map((row, index) => ({ row, index, value: row.querySelectorAll("[data-value]")[column]?.dataset.value ?? "" }));
      body.append(...sortedRows(keyed, down).flatMap(({ row }) => (row.srkitFold?.isConnected ? [row, row.srkitFold] : [row])));
    });
    heading.replaceChildren(press);
  });
  for (const fold of root.querySelectorAll("tr[data-row] details")) {
    fold.addEventListener("toggle", () => {
      const row = fold.closest("tr");
      if (!row.srkitFold) row.srkitFold = wideRow(fold.querySelector(".srkit-compare"), row.cells.length);
      if (fold.open) row.after(row.srkitFold);
      else row.srkitFold.remove();
      const viewer = row.srkitFold.querySelector(".srkit-compare");
      if (fold.open) mount(viewer, JSON.parse(viewer.dataset.config));
    });
  }
}

// What unfolds gets a row of its own, as wide as the table, so that it need not fit into the first column.
function wideRow(viewer, columns) {
  return element("tr", { class: "srkit-fold" }, element("td", { colspan: columns }, viewer));
}
