/* A shot's takes: to choose from, side by side, and with the exact graph of each. */

import { get, post, takeUrl, trying } from "./api.js";
import { el, fill, icon } from "./dom.js";
import { lang, say, wordOr } from "./words.js";

const KINDS = ["image", "video"];
let open = null;

/** A take of some shot came or went: the open dialog reads anew. */
export function hearTakes(event) {
  if (open && event.type.startsWith("take.") && event.subject === open.shot.id) open.refresh();
}

/** Show the takes of a shot; `film` is told when another one is used. */
export function showTakes(shot, film) {
  open = new TakesDialog(shot, film);
}

class TakesDialog {
  constructor(shot, film) {
    this.shot = shot;
    this.film = film;
    this.kind = shot.takes.video ? "video" : "image";
    this.marked = new Set();
    this.tabs = el("div.tabs", { role: "group", "aria-label": say("takesOf", { n: shot.shot_number }) });
    this.grid = el("ul.takes", {});
    this.compared = el("div.compared", { "aria-live": "polite" });
    this.node = el(
      "dialog.wide",
      { "aria-labelledby": "takes-title" },
      el("h2", { id: "takes-title" }, say("takesOf", { n: shot.shot_number })),
      this.tabs,
      this.grid,
      this.compared,
      el("form", { method: "dialog" }, el("button.primary", {}, say("close"))),
    );
    this.node.addEventListener("close", () => {
      if (open === this) open = null;
      this.node.remove();
    });
    document.body.append(this.node);
    this.node.showModal();
    this.refresh();
  }

  async refresh() {
    const page = await trying(() => get(`/storyboards/${this.shot.id}/takes`));
    if (!page) return;
    this.takes = page.items.filter((take) => KINDS.includes(take.kind));
    this.show();
  }

  show() {
    const tab = (kind) =>
      el(
        "button.chip",
        {
          type: "button",
          "aria-pressed": String(kind === this.kind),
          onclick: () => {
            this.kind = kind;
            this.marked.clear();
            fill(this.compared);
            this.show();
          },
        },
        `${say(`takeKind_${kind}`)} ${this.takes.filter((take) => take.kind === kind).length}`,
      );
    fill(
      this.tabs,
      KINDS.map(tab),
      el("button.quiet", { type: "button", onclick: () => this.more(3) }, icon("redo"), say("moreTakes", { n: 3 })),
      this.marked.size >= 2
        ? el("button.quiet", { type: "button", onclick: () => this.compare() }, say("compareTakes", { n: this.marked.size }))
        : el("span.quiet-text", {}, say("markToCompare")),
    );
    const shown = this.takes.filter((take) => take.kind === this.kind).reverse();
    fill(this.grid, shown.length ? shown.map((take) => this.take(take)) : el("li.quiet-text", {}, say("noTakes")));
  }

  take(take) {
    const media =
      take.kind === "video"
        ? el("video", { src: takeUrl(take.id), controls: true, muted: true, loop: true, preload: "metadata", playsInline: true })
        : el("img", { src: takeUrl(take.id), alt: "", loading: "lazy" });
    const mark = el("input", {
      type: "checkbox",
      checked: this.marked.has(take.id),
      onchange: () => {
        if (mark.checked) this.marked.add(take.id);
        else this.marked.delete(take.id);
        this.show();
      },
    });
    const button = (words, work) => el("button.quiet", { type: "button", onclick: work }, words);
    return el(
      `li.take.is-${take.verdict}${take.selected ? ".is-selected" : ""}`,
      {},
      media,
      el(
        "div.take-facts",
        {},
        el("label", {}, mark, ` ${say("seed")} ${take.seed ?? "–"}`),
        take.selected ? el("span.chip", {}, say(take.locked ? "takeLocked" : "takeUsed")) : null,
        take.verdict === "accepted" ? null : el("span.chip.warn", {}, say(`verdict_${take.verdict}`)),
        take.part ? el("span.chip", {}, say("takePart", { n: take.part })) : null,
        take.origin === "uploaded" ? el("span.chip", {}, say("takeOwn")) : null,
      ),
      why(take),
      scores(take),
      el(
        "div.take-buttons",
        {},
        take.selected ? null : button(say("useTake"), () => this.use(`/takes/${take.id}/select`)),
        take.locked
          ? button(say("unlock"), () => this.use(`/takes/${take.id}/unlock`))
          : button(say("lock"), () => this.use(`/takes/${take.id}/lock`)),
        this.shot.characters.length ? button(say("compareFaces"), () => this.faces(take)) : null,
        take.workflow_json ? button(say("exactGraph"), () => showGraph(take)) : null,
      ),
    );
  }

  /** Compare the faces in a take with the reference pictures; the answer stands in its scores. */
  async faces(take) {
    const answer = await trying(() => post(`/takes/${take.id}/likeness`));
    if (!answer) return;
    const rows = answer.characters.map((each) => `${each.name}: ${say(`likeness_${each.state}`)} ${each.message ?? ""}`);
    fill(this.compared, el("h3", {}, say("likeness")), el("ul", {}, rows.map((row) => el("li", {}, row))));
    await this.refresh();
  }

  async use(path) {
    if (await this.film.edit(() => post(path))) await this.refresh();
  }

  async more(count) {
    const begun = await trying(() => post(`/storyboards/${this.shot.id}/takes/make`, { kind: this.kind, count }));
    if (begun) fill(this.compared, el("p.quiet-text", { role: "status" }, say("drawingTakes", { n: count })));
  }

  async compare() {
    const ids = [...this.marked].map((id) => `id=${id}`).join("&");
    const answer = await trying(() => get(`/takes/compare?${ids}`));
    if (!answer) return;
    const head = answer.takes.map((take) =>
      el("th", { scope: "col" }, take.kind === "video" ? el("video", { src: takeUrl(take.id), muted: true, controls: true, preload: "metadata" }) : el("img", { src: takeUrl(take.id), alt: "" })),
    );
    const row = (words, cells) => el("tr", {}, el("th", { scope: "row" }, words), cells.map((cell) => el("td", {}, shortly(cell))));
    fill(
      this.compared,
      el("h3", {}, say("sideBySide")),
      el(
        "div.scroll",
        {},
        el(
          "table",
          {},
          el("thead", {}, el("tr", {}, el("th", {}), head)),
          el(
            "tbody",
            {},
            row(say("seed"), answer.takes.map((take) => take.seed)),
            row(say("defects"), answer.takes.map((take) => take.defects.map(defect).join(", ") || say("noDefects"))),
            row(say("madeBy"), answer.takes.map((take) => take.made.server ?? take.made.generator)),
            row(say("gpuSeconds"), answer.takes.map((take) => take.made.execution_s)),
            answer.differences.map((each) =>
              row(`${each.class_type}.${each.input} (${each.node})`, answer.takes.map((take) => each.values[take.id])),
            ),
          ),
        ),
      ),
      answer.differences.length ? null : el("p.quiet-text", {}, say("sameGraphs")),
    );
    this.compared.scrollIntoView({ behavior: "smooth", block: "nearest" });
  }
}

const defect = (name) => wordOr(`defect_${name}`, name);

/** Why a take was put aside or only just used. */
function why(take) {
  const reason = take.decision?.reason?.[lang()];
  if (take.verdict === "accepted" || !reason) return null;
  return el("p.take-why", {}, say("takeWhy", { n: take.decision.try, reason }));
}

/** What was measured, what a judge said and whose faces are in it; characters stand by name. */
function scores(take) {
  const { checks = {}, judge = {}, likeness } = take.scores ?? {};
  const { characters = {}, noticed, ...points } = judge;
  const said = Object.entries(points).map(([name, value]) => [wordOr(`judge_${name}`, name), value]);
  return [
    table(say("judged"), [...said, ...Object.entries(characters)]),
    table(say("likeness"), (likeness ?? []).map((each) => [each.name, say(`likeness_${each.state}`)])),
    table(say("measured"), Object.entries(checks).map(([name, value]) => [wordOr(`score_${name}`, name), value])),
  ].filter(Boolean);
}

function table(title, rows) {
  if (!rows.length) return null;
  const cells = rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, shortly(value))]);
  return el("details", {}, el("summary", {}, title), el("dl.scores", {}, cells));
}

function shortly(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return String(Math.round(value * 1000) / 1000);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The graph as it was sent: every node with its inputs; links say whose output they take. */
async function showGraph(take) {
  const graph = await trying(() => get(`/takes/${take.id}/nodes`));
  if (!graph) return;
  const names = new Map(graph.nodes.map((node) => [node.id, node.name]));
  const link = ({ node, output }) => `${names.get(node) ?? node} (${node}) → ${output}`;
  const input = (row) => [
    el("dt", {}, row.name, row.role ? el("span.chip", {}, row.role) : null),
    el(`dd${row.link ? ".link" : ""}`, {}, row.link ? link(row.link) : shortly(row.value)),
  ];
  const made = graph.made;
  const facts = [
    [say("seed"), graph.seed],
    [say("madeBy"), made.server],
    [say("template"), made.template],
    [say("modelFiles"), made.models?.join(", ")],
    [say("gpuSeconds"), made.execution_s],
  ];
  const dialog = el(
    "dialog.wide",
    { "aria-labelledby": "graph-title" },
    el("h2", { id: "graph-title" }, say("exactGraph")),
    el("dl.scores", {}, facts.filter(([, value]) => (value ?? "") !== "").flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, shortly(value))])),
    el("a.quiet", { href: `/api/takes/${take.id}/graph`, download: `take-${take.id}.json` }, icon("down"), say("downloadGraph")),
    el(
      "ol.nodes",
      {},
      graph.nodes.map((node) =>
        el("li", {}, el("h3", {}, node.name, el("span.quiet-text", {}, ` ${node.class_type} · ${node.id}`)), el("dl", {}, node.inputs.flatMap(input))),
      ),
    ),
    el("form", { method: "dialog" }, el("button.primary", {}, say("close"))),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
