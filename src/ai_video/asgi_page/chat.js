/* Talk about the project on screen: what is said streams in, what would change waits as a card. */

import { get, post, remove, trying } from "./api.js";
import { ProposalCard } from "./chat_proposal.js";
import { el, fill, icon } from "./dom.js";
import { Said } from "./said.js";
import { lang, say } from "./words.js";

const STARTERS = ["chatTry1", "chatTry2", "chatTry3", "chatTry4"];

/** The drawer beside a film; `button` opens it. It lives as long as the page and follows the film. */
export class ChatDrawer {
  constructor(button) {
    this.button = button;
    this.node = el("aside.chat", { id: "chat", hidden: true });
    this.entries = new Map();
    this.cards = new Map();
    button.addEventListener("click", () => this.toggle());
    addEventListener("keydown", (event) => {
      if ((event.metaKey || event.ctrlKey) && event.key === "j" && !this.button.hidden) {
        event.preventDefault();
        this.toggle();
      }
      if (event.key === "Escape" && this.node.contains(document.activeElement)) this.toggle(false);
    });
  }

  /** Which film is on screen; null where there is none. */
  async at(episodeId) {
    this.episode = episodeId;
    this.project = null;
    this.button.hidden = !episodeId;
    if (!episodeId) return this.show(false);
    if (!this.node.hidden) await this.open();
  }

  toggle(open = this.node.hidden) {
    this.show(open);
    if (open) this.open().then(() => this.field?.focus());
    else this.button.focus();
  }

  show(open) {
    this.node.hidden = !open;
    document.body.classList.toggle("with-chat", open);
    this.button.setAttribute("aria-expanded", String(open));
  }

  /** Another language: the same conversation in other words. */
  speak() {
    this.button.replaceChildren(icon("chat"), say("chat"));
    this.built = false;
  }

  async open() {
    if (!this.built) this.build();
    const episode = await trying(() => get(`/episodes/${this.episode}`));
    if (!episode) return;
    if (this.project !== episode.project_id) {
      this.project = episode.project_id;
      await this.list();
      this.id = this.conversations[0]?.id ?? null;
    }
    await this.read();
  }

  build() {
    this.built = true;
    this.model = el("span.chip.chat-model", {});
    this.choice = el("select", { "aria-label": say("chatEarlier"), onchange: () => this.go(this.choice.value || null) });
    this.notice = el("p.chat-notice", { hidden: true });
    this.log = el("div.chat-log", { role: "log", "aria-label": say("chat"), tabIndex: 0 });
    this.log.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.log;
      this.following = scrollHeight - scrollTop - clientHeight < 60;
    });
    this.field = el("textarea", { rows: 1, placeholder: say("chatPlaceholder"), "aria-label": say("chatPlaceholder"), maxLength: 20000 });
    this.field.addEventListener("input", () => this.grow());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.send(this.field.value);
      }
    });
    this.send_ = el("button.primary", { type: "submit" }, say("chatSend"));
    this.stop_ = el("button.quiet.chat-stop", { type: "button", hidden: true, onclick: () => this.stop() }, icon("stop"), say("chatStop"));
    this.forget = el("button.round", { type: "button", title: say("chatDelete"), "aria-label": say("chatDelete"), onclick: () => this.drop() }, icon("bin"));
    this.node.setAttribute("aria-label", say("chat"));
    fill(
      this.node,
      el(
        "header.chat-head",
        {},
        el("h2", {}, say("chat")),
        this.model,
        el("button.round.chat-close", { type: "button", title: say("close"), "aria-label": say("close"), onclick: () => this.toggle(false) }, icon("close")),
        el("div.chat-choice", {}, this.choice, this.forget),
      ),
      this.notice,
      this.log,
      el(
        "form.chat-form",
        {
          onsubmit: (event) => {
            event.preventDefault();
            this.send(this.field.value);
          },
        },
        this.field,
        el("div.chat-buttons", {}, this.stop_, this.send_),
      ),
    );
    this.entries.clear();
    this.cards.clear();
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 180)}px`;
  }

  async list() {
    const page = await trying(() => get(`/chat?project_id=${this.project}&limit=50`));
    this.conversations = page?.items ?? [];
  }

  showChoice() {
    const known = this.conversations.map((row) => el("option", { value: row.id }, row.title || say("chatUntitled")));
    fill(this.choice, el("option", { value: "" }, say("chatNew")), known);
    this.choice.value = this.id ?? "";
    this.forget.hidden = !this.id;
  }

  async go(id) {
    this.id = id;
    await this.read();
    this.field.focus();
  }

  /** The conversation as it stands; the log is built anew. */
  async read() {
    const wanted = this.id;
    const whole = wanted ? await trying(() => get(`/chat/${wanted}`)) : null;
    if (wanted !== this.id) return;
    if (wanted && !whole) this.id = null;
    this.entries.clear();
    this.cards.clear();
    fill(this.log);
    for (const proposal of whole?.proposals ?? []) this.card(proposal);
    for (const message of whole?.messages ?? []) this.entry(message);
    const answers = whole?.answers_with ?? (await this.wouldAnswer());
    if (answers) this.showModel(answers);
    if (!whole?.messages.length) fill(this.log, this.welcome());
    this.showChoice();
    this.showRunning(Boolean(whole?.running));
    this.scroll(true);
  }

  /** Before anything was said: who would answer, as the language models say. */
  async wouldAnswer() {
    const models = await get("/llm").catch(() => null);
    const active = models?.active;
    return active ? { provider: active.name, model: active.model } : null;
  }

  showModel({ provider, model, error }) {
    const rules = provider === "rules";
    this.model.textContent = rules ? say("chatRules") : [provider, model].filter(Boolean).join(" · ");
    this.notice.hidden = !rules && !error;
    const enable = el("button.chip", { type: "button", onclick: () => document.getElementById("model").click() }, say("chatEnable"));
    fill(this.notice, error ? `${error.message} ${error.hint}` : [say("chatRulesNotice"), " ", enable]);
  }

  welcome() {
    return el(
      "div.chat-welcome",
      {},
      el("p", {}, say("chatWelcome")),
      el(
        "div.chat-starters",
        {},
        STARTERS.map((word) => el("button.chip", { type: "button", onclick: () => this.send(say(word)) }, say(word))),
      ),
    );
  }

  async send(text) {
    if (!text.trim() || this.running) return;
    this.showRunning(true);
    const started = await trying(async () => {
      this.id ??= (await post("/chat", { project_id: this.project })).id;
      return post(`/chat/${this.id}/messages`, { text, episode_id: this.episode });
    });
    if (!started) return this.showRunning(false);
    this.field.value = "";
    this.grow();
    if (!this.entries.has(started.answer_id)) this.began({ ...started, message_id: started.answer_id, text: text.trim() });
    if (!this.conversations.some((row) => row.id === this.id)) this.list().then(() => this.showChoice());
  }

  async stop() {
    await trying(() => post(`/chat/${this.id}/interrupt`));
  }

  async drop() {
    if (!confirm(say("chatDeleteSure"))) return;
    if (!(await trying(() => remove(`/chat/${this.id}`)))) return;
    this.id = null;
    await this.list();
    await this.read();
    this.field.focus();
  }

  showRunning(running) {
    this.running = running;
    this.stop_.hidden = !running;
    this.send_.hidden = running;
  }

  hear({ type, subject, data }) {
    if (this.node.hidden || subject !== this.id) return;
    const entry = this.entries.get(data.message_id);
    if (type === "chat.started") this.began(data);
    else if (type === "chat.proposal") this.card(data.proposal);
    else if (type === "chat.decided") this.cards.get(data.proposal_id)?.reread();
    else if (type === "chat.deleted") this.read();
    else if (entry && type === "chat.text") entry.say(data.text, data.at) || this.read();
    else if (entry && type === "chat.tool") entry.call(data.call);
    else if (entry && type === "chat.ended") {
      entry.end(data);
      this.showRunning(false);
    } else if (type.startsWith("chat.") && !entry && type !== "chat.created") this.read();
    this.scroll();
  }

  /** The stream was away: read what was missed. */
  refresh() {
    if (!this.node.hidden && this.built) this.read();
  }

  began({ message_id: id, number, text, provider, model }) {
    if (this.entries.has(id)) return;
    this.log.querySelector(".chat-welcome")?.remove();
    this.entry({ id: `said ${id}`, number: number - 1, role: "user", text, tools: [], state: "done" });
    this.entry({ id, number, role: "assistant", text: "", tools: [], state: "running", provider, model, usage: {} });
    this.showModel({ provider, model });
    this.showRunning(true);
    this.scroll(true);
  }

  entry(message) {
    const entry = new Entry(message);
    this.entries.set(message.id, entry);
    this.log.append(entry.node);
    for (const card of this.cards.values()) if (card.proposal.message_id === message.id) entry.cards.append(card.node);
    return entry;
  }

  card(proposal) {
    const card = this.cards.get(proposal.id) ?? new ProposalCard();
    card.update(proposal);
    this.cards.set(proposal.id, card);
    this.entries.get(proposal.message_id)?.cards.append(card.node);
  }

  /** Follow what is said, unless the reader looked further up. */
  scroll(always = false) {
    this.following ||= always;
    if (this.following) this.log.scrollTop = this.log.scrollHeight;
  }
}

/** One message: its words, the calls it made, its proposals, how it ended. Words are only ever text. */
class Entry {
  constructor(message) {
    this.message = message;
    this.said = new Said(message.text);
    this.body = el("div.chat-body", {});
    this.rows = new Map();
    this.cards = el("div.chat-cards", {});
    this.foot = el("p.chat-foot", {});
    const who = message.role === "user" ? say("chatYou") : say("chat");
    this.node = el(`div.chat-entry.is-${message.role}`, {}, el("span.visually-hidden", {}, `${who}: `), this.body, this.cards, this.foot);
    this.lay();
    for (const call of message.tools ?? []) this.call(call);
    this.end(message);
  }

  /** More words, at this place; false where words between were missed. */
  say(text, at) {
    const added = this.said.add(text, at);
    if (added) this.last.textContent = this.said.slice(this.lastAt).trimStart();
    return added !== null;
  }

  /** Words and calls in the order in which they came; the last words may still grow. */
  lay() {
    const parts = [];
    let at = 0;
    for (const { node, place } of this.rows.values()) {
      const words = this.said.slice(at, place).trim();
      if (words) parts.push(el("p.chat-words", {}, words));
      parts.push(node);
      at = place;
    }
    this.lastAt = at;
    this.last = el("p.chat-words", {}, this.said.slice(at).trimStart());
    fill(this.body, parts, this.last);
  }

  call(call) {
    const known = this.rows.get(call.id);
    const row = known?.node ?? el("details.chat-call", {});
    const mark = call.ok === null ? "…" : call.ok ? "✓" : "✗";
    const parts = [el("summary", {}, `${mark} ${call.title[lang()]}`), el("pre", {}, shown(call.arguments))];
    if (call.answer !== null) parts.push(el("pre", {}, shown(call.answer)));
    fill(row, parts);
    row.classList.toggle("failed", call.ok === false);
    this.rows.set(call.id, { node: row, place: call.at });
    if (!known) this.lay();
  }

  end({ state, error, usage, provider, model }) {
    const running = state === "running";
    this.node.setAttribute("aria-busy", String(running));
    this.node.classList.toggle("is-running", running);
    if (this.message.role === "user" || running) return;
    const parts = [
      provider === "rules" ? say("chatByRules") : [provider, model].filter(Boolean).join(" · "),
      cost(usage),
      state === "interrupted" ? say("chatInterrupted") : null,
    ];
    fill(
      this.foot,
      error ? el("span.chat-error", { role: "alert" }, `${error.message} ${error.hint}`) : null,
      el("span", {}, parts.filter(Boolean).join(" · ")),
    );
  }
}

function cost(usage) {
  if (!usage?.requests) return null;
  const tokens = (usage.input_tokens ?? 0) + (usage.cache_read_tokens ?? 0) + (usage.cache_write_tokens ?? 0) + (usage.output_tokens ?? 0);
  const money = typeof usage.cost === "number" ? `$${usage.cost.toFixed(usage.cost < 0.01 ? 4 : 2)}` : say("modelCostUnknown");
  return `${money} (${say("chatTokens", { n: tokens.toLocaleString() })})`;
}

const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 1));
