/* ComfyUI servers: whether they answer, and what of the templates they can run or lack. */

import { get, post, trying } from "./api.js";
import { el, fill } from "./dom.js";
import { say } from "./words.js";

/** A dialog with a row per known server, asked when it opens. */
export async function showServers() {
  const known = await trying(() => get("/servers"));
  if (!known) return;
  const list = el("ul.servers", {});
  const dialog = el(
    "dialog.wide",
    { "aria-labelledby": "servers-title" },
    el("h2", { id: "servers-title" }, say("servers")),
    list,
    el("p.quiet-text", {}, say("serversAdd")),
    el("pre", {}, "ai-video servers add http://127.0.0.1:8188"),
    el("form", { method: "dialog" }, el("button.primary", {}, say("close"))),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  fill(list, known.items.length ? known.items.map((server) => row(server)) : el("li", {}, say("noServers")));
}

function row(server) {
  const state = el("p", { role: "status" }, say("serverAsking"));
  const lacks = el("div", {});
  const node = el("li", {}, el("h3", {}, server.url), state, lacks);
  ask(server.url, state, lacks);
  return node;
}

async function ask(url, state, lacks) {
  const report = await trying(() => post("/servers/check", { url }));
  if (!report) {
    state.textContent = say("serverSilent");
    return;
  }
  if (!report.reachable) {
    state.classList.add("bad");
    state.textContent = `${say("serverSilent")} ${report.error ?? ""} ${report.hint ?? ""}`;
    return;
  }
  const memory = report.vram_total_mb ? say("serverMemory", { free: gigabytes(report.vram_free_mb), total: gigabytes(report.vram_total_mb) }) : "";
  state.textContent = [say("serverAnswers", { version: report.version }), memory, ...(report.devices ?? [])].filter(Boolean).join(" · ");
  const found = await trying(() => get(`/servers/preflight?url=${encodeURIComponent(url)}`));
  if (!found) return;
  fill(
    lacks,
    el("p", {}, say("serverRuns", { n: found.runs.length, of: found.runs.length + found.lacks.length })),
    found.runs.length ? el("p.quiet-text", {}, found.runs.map((each) => each.name).join(", ")) : null,
    found.lacks.map((each) =>
      el(
        "details",
        {},
        el("summary", {}, each.name),
        el("ul", {}, each.missing_nodes.map(missingNode), each.missing_models.map(missingModel)),
      ),
    ),
  );
}

const missingNode = (each) =>
  el("li", {}, say("lacksNode", { name: each.class_type, pack: each.pack ?? "?" }), " ", address(each.url));

const missingModel = (each) =>
  el("li", {}, say("lacksModel", { name: each.name, folder: `models/${each.folder}` }), " ", address(each.url));

const address = (url) => (url?.startsWith("https://") ? el("a", { href: url, target: "_blank", rel: "noreferrer" }, url) : "");

const gigabytes = (megabytes) => (megabytes / 1024).toFixed(1);
