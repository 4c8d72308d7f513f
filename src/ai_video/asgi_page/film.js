/* One film: player, progress, what is stale, the cast, and its shots. */

import { get, patch, post, trying, voiceUrl } from "./api.js";
import { el, fill, icon, toast } from "./dom.js";
import { showServers } from "./servers.js";
import { ShotCard } from "./shots.js";
import { hearTakes } from "./takes.js";
import { hush, play, sampleButton, voiceSelect } from "./voices.js";
import { say } from "./words.js";

const EVERYTHING = "limit=10000";

export class FilmView {
  constructor(id) {
    this.id = id;
    this.cards = new Map();
    this.stage = el("div.stage", {});
    this.title = el("h1.film-name", {});
    this.facts = el("p.film-line", {});
    this.actions = el("div.actions", {});
    this.state = el("div.film-state", { role: "status" });
    this.notes = el("div.notes", {});
    this.cast = el("section.cast", { "aria-label": say("cast") });
    this.grid = el("ol.shots", {});
    this.node = el(
      "div.film",
      {},
      el("a.back", { href: "#/" }, icon("back"), say("back")),
      el(
        "div.film-top",
        {},
        this.stage,
        el("div.film-side", {}, this.title, this.facts, this.state, this.actions, this.notes, this.cast),
      ),
      el("h2", {}, say("shots")),
      this.grid,
    );
  }

  /** Read the film again; asked for while reading, once more afterwards. */
  async refresh() {
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    const began = performance.now();
    await trying(() => this.read());
    this.pause = Math.max(400, 3 * (performance.now() - began));
    this.reading = false;
    if (this.again) {
      this.again = false;
      this.refreshSoon();
    }
  }

  refreshSoon() {
    if (this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.refresh();
    }, this.pause ?? 400);
  }

  async read() {
    const film = await get(`/episodes/${this.id}/film`);
    const [episode, project, shots, lines, characters, running] = await Promise.all([
      get(`/episodes/${this.id}`),
      get(`/projects/${film.project_id}`),
      get(`/episodes/${this.id}/storyboards?${EVERYTHING}`),
      get(`/lines?episode_id=${this.id}&${EVERYTHING}`),
      get(`/characters?project_id=${film.project_id}&${EVERYTHING}`),
      film.filming ? get(`/tasks?episode_id=${this.id}&status=running`) : { items: [] },
    ]);
    if (this.closed) return;
    Object.assign(this, { film, episode, project });
    this.rows = new Map(shots.items.map((shot) => [shot.id, shot]));
    this.lines = new Map(lines.items.map((line) => [line.id, line]));
    this.running = new Map(running.items.map((task) => [task.storyboard_id, task.kind]));
    this.showHead();
    this.showStage();
    this.showState();
    this.showActions();
    this.showNotes();
    this.showCast(characters.items);
    this.showShots();
    if (film.filming) this.refreshSoon();
  }

  showHead() {
    const { film, project, episode } = this;
    document.title = `${episode.title} · ai-video`;
    this.title.textContent = episode.title;
    const last = film.storyboards.at(-1);
    const length = last ? (last.start_s ?? 0) + last.duration_s : 0;
    const drawnBy =
      film.used.generator === "animatic"
        ? el("button.chip", { type: "button", onclick: explainAnimatic }, say("animatic"))
        : el("button.chip", { type: "button", onclick: showServers }, film.used.generator);
    fill(
      this.facts,
      project.name === episode.title ? null : el("span", {}, `${project.name} · ${say("episode", { n: episode.order })}`),
      el("span", {}, say(`mode_${episode.mode ?? "auto"}`)),
      el("span", {}, clock(length)),
      el("span", {}, `${project.settings.aspect} · ${project.settings.size}`),
      drawnBy,
      film.used.llm === "rules" ? null : el("span", {}, say("plannedBy", { llm: film.used.llm })),
    );
  }

  showStage() {
    const video = this.film.videos[0];
    const [across, down] = this.project.settings.aspect.split(":").map(Number);
    this.stage.style.setProperty("--ratio", across / down);
    if (!video) {
      const first = this.film.storyboards.find((shot) => shot.takes.image);
      const key = `waiting ${first?.takes.image ?? ""} ${this.film.filming}`;
      if (this.staged === key) return;
      this.staged = key;
      fill(
        this.stage,
        first ? el("img", { src: `/api/takes/${first.takes.image}/file`, alt: "" }) : el("div.blank", {}, icon("film")),
        el("p.stage-words", {}, this.film.filming ? say("firstPictures") : say("noFilmYet")),
      );
      return;
    }
    if (this.staged === video.id) return;
    const arrived = this.staged !== undefined;
    this.staged = video.id;
    this.player = el("video", {
      src: `/api/videos/${video.id}/file`,
      controls: true,
      preload: "metadata",
      playsInline: true,
      "aria-label": this.episode.title,
    });
    fill(this.stage, this.player);
    if (arrived && sessionStorage.getItem("sample") === this.id) {
      this.player.play().catch(() => {
        this.player.muted = true;
        this.player.play().catch(() => undefined);
      });
    }
  }

  showState() {
    const { film } = this;
    if (film.filming && this.proposed) {
      const { chunk, chunks, picture } = this.proposed;
      fill(
        this.state,
        el("strong", {}, say("planning"), " ", el("span.quiet-text", {}, `${chunk} / ${chunks}`)),
        el("progress", { max: chunks, value: chunk - 1, "aria-label": say("planning") }),
        el("p.quiet-text", {}, picture),
      );
      return;
    }
    if (film.filming) {
      const done = film.tasks.total - film.executed.length;
      const bar = el("progress", { max: film.tasks.total || 1, value: done, "aria-label": say("filming") });
      fill(
        this.state,
        el("strong", {}, say("filming"), " ", el("span.quiet-text", {}, say("filmingCount", { done, total: film.tasks.total }))),
        bar,
        sessionStorage.getItem("sample") === this.id ? el("p.quiet-text", {}, say("sample")) : null,
      );
      return;
    }
    if (!film.storyboards.length) {
      const plan = () => this.edit(() => post(`/episodes/${this.id}/plan`));
      fill(this.state, el("button.primary", { type: "button", onclick: plan }, say("planNow")));
      return;
    }
    if (!film.executed.length) {
      fill(this.state, el("p.good", {}, say("upToDate")));
      return;
    }
    const button = el(
      "button.primary",
      { type: "button", onclick: () => this.render() },
      film.videos.length ? say("updateFilm") : say("makeNow"),
    );
    fill(this.state, film.videos.length ? this.staleWords() : null, button);
  }

  /** What the next render does, shot by shot: `Shot 3: voice, segment`. */
  staleWords() {
    const byShot = new Map();
    for (const row of this.film.executed) {
      const kinds = byShot.get(row.storyboard_id) ?? new Set();
      byShot.set(row.storyboard_id, kinds.add(say(`kind_${row.kind}`)));
    }
    const numbers = new Map(this.film.storyboards.map((shot) => [shot.id, shot.shot_number]));
    const rows = [...byShot].map(([shot, kinds]) =>
      el(
        "li",
        {},
        shot ? `${say("shotN", { n: numbers.get(shot) ?? "?" })}: ${[...kinds].join(", ")}` : say("wholeFilm"),
      ),
    );
    return el(
      "details.stale",
      { open: rows.length <= 5 },
      el("summary", {}, `${say("willRedo")} (${this.film.executed.length})`),
      el("ul", {}, rows),
    );
  }

  showActions() {
    const video = this.film.videos[0];
    const button = (name, words, verb) =>
      el("button.quiet", { type: "button", onclick: () => this.edit(() => post(`/episodes/${this.id}/${verb}`)) }, icon(name), words);
    fill(
      this.actions,
      video
        ? [
            el("a.quiet", { href: `/api/videos/${video.id}/file?download=true`, download: true }, icon("down"), say("downloadMp4")),
            el("a.quiet", { href: `/api/videos/${video.id}/subtitles.srt?download=true`, download: true }, icon("down"), say("downloadSrt")),
          ]
        : null,
      button("undo", say("undo"), "undo"),
      button("redo", say("redo"), "redo"),
    );
  }

  showNotes() {
    const rows = this.film.degraded;
    const trouble = this.failure
      ? el("div.trouble", { role: "alert" }, el("strong", {}, say("failed")), el("p", {}, this.failure.message), el("p", {}, this.failure.hint))
      : null;
    fill(
      this.notes,
      trouble,
      this.waiting?.length
        ? el(
            "div.trouble",
            { role: "alert" },
            el("strong", {}, say("needsYou", { n: this.waiting.length })),
            this.waiting.slice(0, 5).map((task) => el("p", {}, taskTrouble(task))),
            el("button.quiet", { type: "button", onclick: () => this.retry() }, say("tryAgain")),
          )
        : null,
      rows.length
        ? el("details", {}, el("summary", {}, `${say("degraded")} (${rows.length})`), el("ul", {}, rows.map((row) => el("li", {}, row.message))))
        : null,
    );
  }

  showCast(characters) {
    const key = JSON.stringify([characters, this.project.settings.narrator_voice]);
    if (this.castKey === key || this.cast.contains(document.activeElement)) return;
    this.castKey = key;
    const heard = new Map(
      this.film.storyboards.flatMap((shot) => shot.characters.filter((row) => row.voice).map((row) => [row.id, row.voice])),
    );
    const narrator = this.film.storyboards.flatMap((shot) => shot.lines).find((line) => !line.speaker)?.voice;
    const rows = characters.map((row) =>
      this.voiceRow(row.name, row.voice ?? heard.get(row.id), (voice) => patch(`/characters/${row.id}`, { voice })),
    );
    if (narrator || this.project.settings.narrator_voice) {
      rows.push(
        this.voiceRow(say("narrator"), this.project.settings.narrator_voice ?? narrator, (voice) =>
          patch(`/projects/${this.project.id}`, { settings: { narrator_voice: voice } }),
        ),
      );
    }
    fill(this.cast, el("h2", {}, say("cast")), rows.length ? el("ul", {}, rows) : el("p.quiet-text", {}, say("noCast")));
  }

  voiceRow(name, voice, save) {
    const select = voiceSelect(voice, voice ? [] : [["", say("voiceAuto")]], say("voiceOf", { name }), async (chosen) => {
      if (!chosen) return;
      play(voiceUrl(chosen));
      await this.edit(() => save(chosen));
    });
    return el("li", {}, el("span.name", {}, name), select, sampleButton(() => select.value));
  }

  showShots() {
    const ids = this.film.storyboards.map((shot) => shot.id);
    if (ids.join() !== [...this.cards.keys()].join()) {
      this.cards = new Map(ids.map((id) => [id, this.cards.get(id) ?? new ShotCard(this)]));
      fill(this.grid, [...this.cards.values()].map((card) => card.node));
    }
    const stale = new Map();
    for (const row of this.film.executed) {
      if (row.storyboard_id) stale.set(row.storyboard_id, [...(stale.get(row.storyboard_id) ?? []), row]);
    }
    for (const shot of this.film.storyboards) this.cards.get(shot.id).update(shot, stale.get(shot.id) ?? []);
  }

  /** Save an edit; the page then shows what is stale. True when it was taken. */
  async edit(work) {
    const answer = await trying(work);
    if (answer) toast(say("saved"));
    await this.refresh();
    if (answer) await this.catchUp();
    return answer !== null;
  }

  /** An edit back to what was made before costs nothing: show that film at once. */
  async catchUp() {
    const { filming, executed, videos } = this.film;
    if (!filming && !executed.length && videos.length) await this.render();
  }

  async render() {
    this.failure = null;
    this.waiting = [];
    await trying(() => post(`/episodes/${this.id}/make`));
    await this.refresh();
  }

  async retry() {
    for (const task of this.waiting) await trying(() => post(`/tasks/${task.id}/retry`));
    await this.render();
  }

  playFrom(seconds) {
    if (!this.player) return;
    this.player.currentTime = seconds;
    this.player.play().catch(() => undefined);
    this.stage.scrollIntoView({ behavior: "smooth", block: "center" });
  }

  async hear(event) {
    if (event.type === "task.preview") {
      this.cards.get(event.data.storyboard_id)?.preview(event.data.url);
      return;
    }
    hearTakes(event);
    if (event.subject === this.id && /^(storyboards\.|film\.)/.test(event.type)) {
      this.proposed = event.type === "storyboards.proposed" ? event.data : null;
      if (this.proposed && this.film) {
        this.showState();
        return;
      }
    }
    if (event.type === "film.failed" && event.subject === this.id) this.failure = event.data;
    if (event.type === "film.started" && event.subject === this.id) this.failure = null;
    if (event.type === "film.ended" && event.subject === this.id) {
      const page = event.data.ok ? null : await trying(() => get(`/tasks?episode_id=${this.id}&status=manual_review`));
      this.waiting = page?.items ?? [];
    }
    this.refreshSoon();
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    hush();
    document.title = "ai-video";
  }
}

function taskTrouble(task) {
  const last = task.attempts?.at(-1);
  return `${say(`kind_${task.kind}`)}: ${last?.message ?? last?.error_code ?? task.status}`;
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds) % 60).padStart(2, "0")}`;

function explainAnimatic() {
  const dialog = el(
    "dialog",
    { "aria-labelledby": "animatic-title" },
    el("h2", { id: "animatic-title" }, say("animaticTitle")),
    el("p", {}, say("animaticText")),
    el("h3", {}, say("comfyTitle")),
    el("p", {}, say("comfyText")),
    el("pre", {}, "ai-video servers add http://127.0.0.1:8188\nai-video studio"),
    el("p.quiet-text", {}, say("comfyNote")),
    el("form", { method: "dialog" }, el("button.primary", {}, say("close"))),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
