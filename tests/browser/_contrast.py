"""Which words on a page are hard to read: their contrast with what lies behind them, as WCAG 2 measures it."""

from __future__ import annotations

from typing import Any

LEAST = 4.5  # WCAG 2.2, 1.4.3, for text of ordinary size

_SCRIPT = """(root, least) => {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((value, i) => value * a + below[i] * (1 - a));
  const luminance = (colour) => colour.map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    if (!element) return [255, 255, 255];
    return over(rgba(getComputedStyle(element).backgroundColor), ground(element.parentElement));
  };
  const faint = [];
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const { textContent, parentElement } = walk.currentNode;
    if (!textContent.trim() || !parentElement.checkVisibility()) continue;
    if (parentElement.closest("style, script, :disabled, .jp-OutputPrompt, .srkit-live, .jp-RenderedText")) continue;
    let opacity = 1;
    for (let up = parentElement; up && up !== root; up = up.parentElement) {
      opacity *= Number(getComputedStyle(up).opacity);
    }
    const below = ground(parentElement);
    const [r, g, b, a] = rgba(getComputedStyle(parentElement).color);
    const [light, dark] = [luminance(over([r, g, b, a * opacity], below)), luminance(below)].sort((x, y) => y - x);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < least) faint.push(`${textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return faint;
}"""


def faint_texts(where: Any) -> list[str]:
    """Return the words inside a locator of too low a contrast, with it; switched-off buttons are exempt."""
    return list(where.evaluate(_SCRIPT, LEAST))
