/* Home: a text becomes a film, and the films there are. */

import { assetUrl, get, post, trying, upload } from "./api.js";
import { el, fill, icon, toast } from "./dom.js";
import { sampleButton, voiceSelect } from "./voices.js";
import { say } from "./words.js";

const ASPECTS = ["16:9", "9:16", "1:1", "4:3", "3:4", "2.35:1", "21:9"];
const LENGTHS = [15, 30, 60, 90, 120, 180, 300, 600];
const SHOWN_FILMS = 60;

export class HomeView {
  constructor() {
    this.list = el("section.films", { "aria-label": say("films") });
    this.composer = composer();
    this.node = el(
      "div.home",
      {},
      el("div.hero", {}, el("h1", {}, say("headline")), el("p", {}, say("subline"))),
      this.composer,
      this.list,
    );
  }

  async refresh() {
    const [projects, episodes] = await Promise.all([
      trying(() => get("/projects?limit=1000")),
      trying(() => get("/episodes?limit=1000")),
    ]);
    if (!projects || !episodes) return;
    this.projects = new Map(projects.items.map((project) => [project.id, project]));
    const rows = episodes.items
      .filter((episode) => this.projects.has(episode.project_id))
      .sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
    if (this.isFirstStart(rows)) {
      sessionStorage.setItem("sample", rows[0].id);
      location.hash = `#/episode/${rows[0].id}`;
      return;
    }
    fill(
      this.list,
      el("h2", {}, say("films")),
      rows.length
        ? el("ul.film-grid", {}, rows.slice(0, SHOWN_FILMS).map((episode) => this.card(episode)))
        : el("p.quiet-text", {}, say("noFilms")),
    );
  }

  /** The sample film is being made and nobody has begun to write: go and watch it. */
  isFirstStart(rows) {
    const untouched = !this.composer.querySelector("textarea").value;
    return rows.length === 1 && rows[0].status === "generating" && untouched && !sessionStorage.getItem("sample");
  }

  card(episode) {
    const project = this.projects.get(episode.project_id);
    const picture = el("div.poster", {}, icon("film"));
    get(`/episodes/${episode.id}/storyboards?limit=8`)
      .then((page) => page.items.find((shot) => shot.thumbnail_asset_id))
      .then((shot) => {
        if (shot) fill(picture, el("img", { src: assetUrl(shot.thumbnail_asset_id), alt: "", loading: "lazy" }));
      })
      .catch(() => undefined);
    const title = episode.title || project.name;
    const where = project.name === title ? "" : project.name;
    return el(
      "li",
      {},
      el(
        "a.film-card",
        { href: `#/episode/${episode.id}` },
        picture,
        el("span.film-title", {}, title),
        el(
          "span.film-facts",
          {},
          el(`span.state.${episode.status}`, {}, say(`status_${episode.status}`)),
          where ? ` ${where} · ${say("episode", { n: episode.order })}` : "",
        ),
      ),
    );
  }

  hear(event) {
    if (!/^(film|project|episode|video)/.test(event.type)) return;
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.refresh(), 600);
  }

  close() {
    clearTimeout(this.soon);
  }
}

function composer() {
  const story = el("textarea.story", {
    name: "text",
    placeholder: say("storyPlaceholder"),
    "aria-label": say("storyLabel"),
    rows: 9,
    value: sessionStorage.getItem("draft") ?? "",
  });
  const count = el("span.count", {});
  const counted = () => {
    count.textContent = story.value ? say("characters", { n: story.value.trim().length }) : "";
    sessionStorage.setItem("draft", story.value);
  };
  story.addEventListener("input", counted);
  counted();
  const options = choices();
  const button = el("button.primary", { type: "submit" }, say("make"));
  const file = el("input", {
    type: "file",
    hidden: true,
    accept: ".txt,.md,.markdown,.fountain,.docx,text/plain",
    onchange: () => file.files[0] && openFile(file.files[0], story, counted),
  });
  const form = el(
    "form.composer",
    {
      onsubmit: (event) => {
        event.preventDefault();
        makeFilm(story, options, button);
      },
    },
    story,
    el(
      "div.story-foot",
      {},
      el("button.quiet", { type: "button", onclick: () => file.click() }, icon("file"), say("openFile")),
      file,
      count,
    ),
    el("div.options", {}, options.nodes),
    el("div.composer-foot", {}, button),
  );
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("dropping");
  });
  form.addEventListener("dragleave", () => form.classList.remove("dropping"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("dropping");
    if (event.dataTransfer.files[0]) openFile(event.dataTransfer.files[0], story, counted);
  });
  return form;
}

async function openFile(file, story, counted) {
  const read = await trying(() => upload(`/stories?name=${encodeURIComponent(file.name)}`, file));
  if (!read) return;
  story.value = read.text;
  story.dataset.format = read.format;
  story.dataset.name = file.name.replace(/\.[^.]+$/, "");
  counted();
}

function choices() {
  const mode = select("mode", ["auto", "drama", "news", "science", "narration"].map((name) => [name, say(`mode_${name}`)]));
  const length = select("length", [
    ["", say("lengthAuto")],
    ...LENGTHS.map((n) => [n, n < 60 ? say("seconds", { n }) : n % 60 ? say("seconds", { n }) : say("minutes", { n: n / 60 })]),
  ]);
  const voice = voiceSelect(null, [["", say("voiceAuto")], ["silent", say("voiceSilent")]], say("voice"));
  const size = select("size", ["360p", "480p", "720p", "1080p"].map((name) => [name, name]));
  size.value = "720p";
  const music = select("music", ["auto", "none", "calm", "tense", "bright", "solemn"].map((name) => [
    name,
    say(`music${name[0].toUpperCase()}${name.slice(1)}`),
  ]));
  const aspect = aspectChoice();
  return {
    values: () => ({
      mode: mode.value,
      aspect: aspect.querySelector("input:checked").value,
      length: length.value ? Number(length.value) : null,
      size: size.value,
      music: music.value,
      voice: voice.value === "silent" ? "silent" : null,
      narrator_voice: voice.value && voice.value !== "silent" ? voice.value : null,
    }),
    nodes: [
      aspect,
      labelled("mode", mode),
      labelled("length", length),
      el(
        "div.option",
        {},
        el("span", {}, say("voice")),
        el("span.with-button", {}, voice, sampleButton(() => (voice.value === "silent" ? "" : voice.value))),
      ),
      labelled("size", size),
      labelled("music", music),
    ],
  };
}

const labelled = (key, control) => el("label.option", {}, el("span", {}, say(key)), control);

function select(key, options) {
  return el("select", { "aria-label": say(key) }, options.map(([value, words]) => el("option", { value }, words)));
}

function aspectChoice() {
  return el(
    "fieldset.aspects",
    {},
    el("legend", {}, say("aspect")),
    ASPECTS.map((aspect, index) => {
      const [across, down] = aspect.split(":").map(Number);
      const scale = 22 / Math.max(across, down);
      const shape = el("i", {});
      shape.style.width = `${Math.round(across * scale)}px`;
      shape.style.height = `${Math.round(down * scale)}px`;
      return el(
        "label",
        {},
        el("input", { type: "radio", name: "aspect", value: aspect, checked: index === 0 }),
        el("span.aspect", {}, shape, aspect),
      );
    }),
  );
}

async function makeFilm(story, options, button) {
  if (!story.value.trim()) {
    toast(say("empty"));
    story.focus();
    return;
  }
  const said = Object.fromEntries(Object.entries(options.values()).filter(([, value]) => value !== null));
  const body = { text: story.value, ...said };
  if (story.dataset.format) body.source_format = story.dataset.format;
  if (story.dataset.name) body.name = story.dataset.name;
  button.disabled = true;
  button.textContent = say("planning");
  const started = await trying(() => post("/make", body));
  button.disabled = false;
  button.textContent = say("make");
  if (started) {
    sessionStorage.removeItem("draft");
    location.hash = `#/episode/${started.episode_id}`;
  }
}
