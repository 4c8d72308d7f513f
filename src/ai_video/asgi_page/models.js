/* Who understands the words: the active language model in the bar, and a dialog to enable others. */

import { get, post, trying } from "./api.js";
import { el, fill } from "./dom.js";
import { say } from "./words.js";

const FIELDS = ["model", "url", "key_env"];
let chip = null;
let open = null;

/** Show the active model on this button; it opens the dialog. */
export function showActive(button) {
  if (!chip) button.addEventListener("click", explainModels);
  chip = button;
  return refreshActive();
}

/** Models were enabled or disabled, here or elsewhere. */
export function hearModels(event) {
  if (event.type !== "model.enabled" && event.type !== "model.disabled") return;
  refreshActive();
  open?.refresh();
}

async function refreshActive() {
  const known = await get("/llm").catch(() => null);
  chip.hidden = !known;
  if (!known) return;
  chip.textContent = say("modelChip", { name: activeName(known.active) });
  chip.title = reason(known.active);
}

const shownName = (name) => (name === "claude-code" ? "Claude Code" : say(`modelName_${name}`));

function activeName(active) {
  if (active.name === "rules") return say("modelRules");
  if (!active.name) return say("modelNone");
  return active.model || (active.name === "claude-code" ? "Claude Code" : active.name);
}

const reason = (active) => (active.error ? active.error.message : say(`modelReason_${active.reason}`));

async function explainModels() {
  const now = el("p", {});
  const list = el("ul.models", {});
  const dialog = el(
    "dialog",
    { "aria-labelledby": "models-title" },
    el("h2", { id: "models-title" }, say("modelTitle")),
    el("p", {}, say("modelText")),
    now,
    list,
    el("form", { method: "dialog" }, el("button.primary", {}, say("close"))),
  );
  const refresh = async () => {
    const known = await trying(() => get("/llm"));
    if (!known) return;
    now.textContent = `${say("modelChip", { name: activeName(known.active) })} · ${reason(known.active)}`;
    fill(list, known.items.map(row));
  };
  dialog.addEventListener("close", () => {
    open = null;
    dialog.remove();
  });
  document.body.append(dialog);
  open = { refresh };
  await refresh();
  dialog.showModal();
}

function row(item) {
  const state = item.ready ? "modelReady" : item.enabled ? "modelLacking" : "modelOff";
  const missing = item.missing ? el("p.quiet-text", {}, `${item.missing.message} ${item.missing.hint}`) : null;
  const where = item.enabled ? [item.model, item.url].filter(Boolean).join(" · ") : "";
  return el(
    "li",
    {},
    el("h3", {}, shownName(item.name), el("span.chip", {}, say(state))),
    where ? el("p.quiet-text", {}, where) : null,
    item.price_words ? el("p.quiet-text", {}, item.price_words) : null,
    missing,
    item.enabled ? enabledActions(item) : offer(item),
  );
}

function enabledActions(item) {
  const result = el("span.quiet-text", { role: "status" });
  const test = el("button.quiet", { type: "button" }, say("modelTest"));
  test.addEventListener("click", async () => {
    test.disabled = true;
    result.textContent = say("modelTesting");
    const tried = await trying(() => post(`/llm/${item.name}/test`));
    test.disabled = false;
    result.textContent = tried ? triedWords(tried) : "";
  });
  const disable = el("button.quiet", { type: "button" }, say("modelDisable"));
  disable.addEventListener("click", () => trying(() => post(`/llm/${item.name}/disable`)));
  return el("div.actions", {}, test, disable, result);
}

const triedWords = (tried) =>
  say("modelTested", {
    s: tried.wall_s.toFixed(1),
    tokens: tried.input_tokens + tried.output_tokens,
    cost: tried.cost === null ? say("modelCostUnknown") : `$${tried.cost.toPrecision(2)}`,
  });

/** A form under a button: fields, the notice, and consent. */
function offer(item) {
  const fields = FIELDS.map((name) =>
    el("label", {}, say(`modelField_${name}`), el("input", { name, autocomplete: "off", spellcheck: false, placeholder: item[name] })),
  );
  const form = el(
    "form",
    {
      hidden: true,
      onsubmit: (event) => {
        event.preventDefault();
        enable(item.name, form);
      },
    },
    fields,
    el("p", {}, item.notice),
    el("button.primary", { type: "submit" }, say("modelAgree")),
  );
  form.dataset.noticed = "";
  const show = el("button.quiet", { type: "button" }, say("modelOffer"));
  show.addEventListener("click", () => {
    form.hidden = !form.hidden;
  });
  return el("div", {}, el("div.actions", {}, show), form);
}

/** The notice names address and variable: where others were typed, theirs is shown before consent. */
async function enable(name, form) {
  const wish = Object.fromEntries(FIELDS.map((field) => [field, form.elements[field].value.trim()]));
  const said = Object.values(wish).join(" ").trim();
  if (said !== form.dataset.noticed) {
    const problem = await post(`/llm/${name}/enable`, { ...wish, accept: false }).catch((refused) => refused);
    if (problem.code === "llm_notice_unseen") {
      form.querySelector("p").textContent = problem.message;
      form.dataset.noticed = said;
    } else {
      await trying(() => Promise.reject(problem));
    }
    return;
  }
  await trying(() => post(`/llm/${name}/enable`, { ...wish, accept: true }));
}
