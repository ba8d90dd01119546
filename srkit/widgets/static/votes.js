// Blind votes: two pictures at a time in the viewer, without names; at the end what the votes say of the methods.

import { element } from "./element.js";
import { mount } from "./viewer.js";

const VIRTUAL = 0.5, ROUNDS = 2000;

export function openVotes(root, config, door = {}) {
  if (root.dataset.srkitMounted) return root.srkit;
  root.dataset.srkitMounted = "yes";
  const still = root.querySelector(".srkit-ballot");
  still.hidden = true;
  const ballot = { root, config, door, cast: [...config.votes], still, asked: element("div", { role: "status" }), place: element("div") };
  const press = (text, act) => element("button", { type: "button", onclick: act }, text);
  ballot.back = press("Take the last vote back", () => takeBack(ballot));
  const choices = [["A is better", "A"], ["No difference", ""], ["B is better", "B"]];
  ballot.buttons = element("div", { class: "srkit-choices", role: "group", "aria-label": config.question },
    ...choices.map(([text, letter]) => press(text, () => castVote(ballot, letter))));
  root.append(ballot.asked, ballot.place, ballot.buttons, ballot.back);
  root.srkit = ballot;
  showAsked(ballot);
  return ballot;
}

// What counts is what a picture is called on the screen, wherever it was moved; nothing before it is seen.
function castVote(ballot, letter) {
  const pair = ballot.config.pairs[ballot.cast.length], viewer = ballot.place.firstChild.srkit;
  if (!pair || !viewer) return;
  const side = ["A", "B"].findIndex((_, index) => viewer.label(index) === letter);
  ballot.cast.push([...pair, side < 0 ? -1 : pair[1 + side]]);
  changeVotes(ballot);
}

function takeBack(ballot) {
  ballot.cast.pop();
  changeVotes(ballot);
}

function changeVotes(ballot) {
  ballot.door.changed?.(ballot.cast);
  showAsked(ballot);
}

function showAsked(ballot) {
  const { cast, config } = ballot;
  const pair = config.pairs[cast.length];
  ballot.back.hidden = cast.length === 0;
  ballot.buttons.hidden = !pair;
  ballot.asked.textContent = pair ? `${config.question} (${cast.length + 1} of ${config.pairs.length})` : `Thank you: ${cast.length} votes.`;
  ballot.place.replaceChildren(pair ? viewerOf(ballot, pair) : resultOf(ballot));
}

// A viewer of two copies of the pictures that stand in the page, which know nothing of their names.
function viewerOf({ still, config }, [image, left, right]) {
  const table = still.querySelectorAll(".srkit-still")[image];
  const copies = [left, right].map((method, side) => {
    const copy = table.querySelectorAll("img[data-picture]")[method].cloneNode();
    Object.assign(copy, { alt: "AB"[side] });
    copy.dataset.picture = side;
    return copy;
  });
  const place = element("div", { class: "srkit-compare" }, element("div", { class: "srkit-still" }, ...copies));
  mount(place, config.viewers[image]);
  return place;
}

// wins[i][j]: how often i was preferred to j; no difference is half a win for each.
export function winsOf(cast, n) {
  const wins = Array.from({ length: n }, () => new Array(n).fill(0));
  for (const [, left, right, chosen] of cast) {
    for (const [one, other] of [[left, right], [right, left]]) wins[one][other] += chosen === -1 ? 0.5 : Number(chosen === one);
  }
  return wins;
}

// The strengths of Bradley and Terry with half a win added to every pair in both directions; their sum is 1.
export function strengthsOf(wins) {
  const n = wins.length, added = wins.map((row, i) => row.map((won, j) => (i === j ? 0 : won + VIRTUAL)));
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  let strengths = new Array(n).fill(1 / n);
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = added.map((row, i) => sum(row) / sum(row.map((won, j) => (won + added[j][i]) / (strengths[i] + strengths[j]))));
    strengths = next.map((value) => value / sum(next));
  }
  return strengths;
}

function resultOf({ cast, config }) {
  const wins = winsOf(cast, config.methods.length);
  const logs = strengthsOf(wins).map((strength) => 400 * Math.log10(strength));
  const mean = logs.reduce((a, b) => a + b, 0) / logs.length;
  const total = (values) => values.reduce((a, b) => a + b, 0);
  const rows = config.methods.map((name, i) => ({ name, score: logs[i] - mean, won: total(wins[i]), shown: total(wins[i]) + total(wins.map((row) => row[i])) }));
  const cells = (tag, texts) => element("tr", {}, ...texts.map((text) => element(tag, {}, text)));
  const body = rows.toSorted((a, b) => b.score - a.score).map(({ name, won, shown, score }) =>
    cells("td", [name, `${won} of ${shown}`, `${score >= 0 ? "+" : ""}${score.toFixed(0)}`]));
  return element("div", {},
    element("table", { class: "srkit-numbers" }, element("thead", {}, cells("th", ["method", "preferred", "score"])), element("tbody", {}, ...body)),
    element("div", {}, "Score: 400 times the decimal logarithm of Bradley and Terry's strength, half a win added to every pair in both directions, mean 0."),
    element("div", {}, habitsOf(cast)));
}

function habitsOf(cast) {
  const decided = cast.filter(([, , , chosen]) => chosen !== -1);
  const onTheLeft = decided.filter(([, left, , chosen]) => chosen === left).length;
  const first = new Map();
  let [same, again] = [0, 0];
  for (const [image, left, right, chosen] of cast) {
    const key = [image, Math.min(left, right), Math.max(left, right)].join();
    if (first.has(key)) [same, again] = [same + Number(first.get(key) === chosen), again + 1];
    else first.set(key, chosen);
  }
  const self = again ? ` Of ${again} pairs asked twice, with the sides changed, ${same} got the same answer.` : "";
  return `${onTheLeft} of ${decided.length} decided votes went to picture A.${self}`;
}
