/* A proposed change: before and after, what it makes stale, and the decision. */

import { get, post, trying } from "./api.js";
import { el, fill } from "./dom.js";
import { lang, say, wordOr } from "./words.js";

const UNTOLD = /_id$|^characters$|^(shot|scene)_number$|^order$/;
const STATES = { accepting: "proposalAccepting", accepted: "proposalAccepted", rejected: "proposalRejected", outdated: "proposalOutdated" };

export class ProposalCard {
  constructor() {
    this.node = el("section.proposal", { tabIndex: -1 });
  }

  update(proposal) {
    this.proposal = proposal;
    const { preview, state } = proposal;
    const title = preview.title[lang()];
    this.node.className = `proposal is-${state}`;
    this.node.setAttribute("aria-label", `${say("proposal")}: ${title}`);
    fill(
      this.node,
      el("h3", {}, title),
      el("dl.changes", {}, changes(proposal.changes)),
      consequences(preview).map((line) => el("p.quiet-text", {}, line)),
      state === "open" ? this.buttons() : el("p.proposal-state", { role: "status" }, say(STATES[state])),
      proposal.result ? el("details.chat-call", {}, el("summary", {}, say("proposalResult")), el("pre", {}, JSON.stringify(proposal.result, null, 1))) : null,
    );
  }

  buttons() {
    const button = (kind, word, verb) =>
      el(`button.${kind}`, { type: "button", onclick: () => this.decide(verb) }, say(word));
    return el("div.proposal-buttons", {}, button("primary", "accept", "accept"), button("quiet", "reject", "reject"));
  }

  async decide(verb) {
    for (const button of this.node.querySelectorAll("button")) button.disabled = true;
    await trying(() => post(`/chat/proposals/${this.proposal.id}/${verb}`));
    await this.reread();
    this.node.focus({ preventScroll: true });
  }

  async reread() {
    const fresh = await trying(() => get(`/chat/proposals/${this.proposal.id}`));
    if (fresh) this.update(fresh);
  }
}

/** Every field of every row; rows that only get another number are counted. */
function changes(rows) {
  const parts = [];
  for (const row of rows.filter((each) => !each.moved)) {
    const fields = row.action === "add" ? row.fields.filter(isTold) : row.fields;
    if (row.action === "remove") {
      parts.push(el("dt", {}, where(row)), el("dd", {}, el("del", {}, say("proposalRemoved"))));
      continue;
    }
    for (const { field, before, after } of fields) {
      parts.push(
        el("dt", {}, `${where(row)} · ${fieldWord(field)}`),
        el("dd", {}, isEmpty(before) ? null : [el("del", {}, value(before, row.words)), " "], el("ins", {}, value(after, row.words))),
      );
    }
  }
  const moved = rows.filter((row) => row.moved).length;
  if (moved) parts.push(el("dd", {}, say("proposalMoved", { n: moved })));
  return parts;
}

function where(row) {
  const kind = wordOr(`entity_${row.kind}`, row.kind);
  const shot = row.shot ? say("shotN", { n: row.shot }) : null;
  const what = row.kind === "storyboard" ? null : [kind, row.name].filter(Boolean).join(" ");
  return [row.action === "add" ? say("proposalNew") : null, shot, what].filter(Boolean).join(" ") || kind;
}

function fieldWord(path) {
  const last = path.split(".").at(-1);
  return wordOr(`field_${last}`, last.replaceAll("_", " "));
}

/** Of something new: what was said of it, not where it stands and what it is by default. */
const isTold = ({ field, after }) => !isEmpty(after) && after !== false && after !== "cut" && !UNTOLD.test(field);

const isEmpty = (thing) => thing === null || thing === "" || (typeof thing === "object" && Object.values(thing).every(isEmpty));

/** A value by its name where it has one. */
function value(thing, words = {}) {
  if (isEmpty(thing)) return say("proposalEmpty");
  if (Array.isArray(thing)) return thing.map((each) => value(each, words)).join(", ");
  if (typeof thing === "boolean") return say(thing ? "yes" : "no");
  if (typeof thing === "number") return String(Math.round(thing * 100) / 100);
  if (typeof thing === "object") return JSON.stringify(thing);
  return words?.[thing]?.[lang()] ?? wordOr(`value_${thing}`, thing);
}

function consequences(preview) {
  const lines = [];
  const stale = new Map();
  for (const row of preview.stale ?? []) stale.set(row.kind, (stale.get(row.kind) ?? 0) + 1);
  const counts = [...stale];
  if (counts.length) lines.push(say("proposalStale", { what: counted(counts) }));
  if (preview.will_make) lines.push(say("proposalMakes", { what: counted(Object.entries(preview.will_make)) || "—" }));
  const cost = preview.cost_estimate;
  if (cost) lines.push(say("proposalCost", { amount: `${cost.amount} ${cost.currency}` }));
  for (const thing of [preview.task, preview.run]) {
    if (thing) lines.push([thing.name ?? thing.kind, thing.status].filter(Boolean).join(" · "));
  }
  return lines;
}

const counted = (counts) => counts.map(([kind, n]) => `${wordOr(`kind_${kind}`, kind)} ×${n}`).join(", ");
