/* One shot as a card: its picture or clip, its words in place, its lock. */

import { patch, post, takeUrl, upload } from "./api.js";
import { editable, el, fill, icon } from "./dom.js";
import { showTakes } from "./takes.js";
import { hush, play } from "./voices.js";
import { say } from "./words.js";

const PREVIEW_MS = 4000;

export class ShotCard {
  constructor(film) {
    this.film = film;
    this.media = el("div.shot-media", {});
    this.badge = el("span.shot-number", {});
    this.time = el("span.shot-time", {});
    this.stale = el("span.shot-stale", {});
    this.text = el("div.shot-text", {});
    this.lines = el("ul.shot-lines", {});
    this.foot = el("div.shot-foot", {});
    this.node = el(
      "li.shot",
      {},
      this.media,
      el("div.shot-head", {}, this.badge, this.time, this.stale),
      this.text,
      this.lines,
      this.foot,
    );
  }

  update(shot, stale) {
    this.shot = shot;
    this.row = this.film.rows.get(shot.id) ?? {};
    this.badge.textContent = shot.shot_number;
    this.time.textContent = `${shot.scene?.name ? `${shot.scene.name} · ` : ""}${shot.duration_s.toFixed(1)} s`;
    const kinds = [...new Set(stale.filter((row) => row.cause !== "missing").map((row) => say(`kind_${row.kind}`)))];
    const doing = this.film.running.get(shot.id);
    this.stale.textContent = doing
      ? say("doing", { what: say(`kind_${doing}`) })
      : kinds.length
        ? `${say("changed")}: ${kinds.join(", ")}`
        : "";
    this.node.classList.toggle("is-doing", Boolean(doing));
    this.node.classList.toggle("is-stale", kinds.length > 0);
    this.showMedia();
    this.showText();
    this.showLines();
    this.showFoot();
  }

  showMedia() {
    const { image, video } = this.shot.takes;
    const drawing = this.film.running.has(this.shot.id);
    const key = `${image} ${video} ${drawing && !image && !video}`;
    if (this.mediaKey === key) return;
    this.mediaKey = key;
    this.media.style.setProperty("--ratio", this.film.stage.style.getPropertyValue("--ratio"));
    if (video) {
      fill(this.media, this.clip(video, image));
    } else if (image) {
      fill(this.media, el("img", { src: takeUrl(image), alt: this.shot.description, loading: "lazy" }));
    } else {
      fill(this.media, el(`div.blank${drawing ? ".drawing" : ""}`, {}, drawing ? say("drawing") : say("waiting")));
    }
  }

  /** The work so far, while a server draws; it goes when no newer one comes. */
  preview(url) {
    const shown = this.media.querySelector("img.preview") ?? el("img.preview", { alt: say("drawing") });
    const gone = () => shown.remove();
    shown.onerror = gone;
    shown.src = url;
    this.media.append(shown);
    clearTimeout(this.previewTimer);
    this.previewTimer = setTimeout(gone, PREVIEW_MS);
  }

  /** The clip plays silent, so its lines are spoken beside it, one after the other. */
  clip(video, image) {
    const clip = el("video", {
      src: takeUrl(video),
      poster: image ? takeUrl(image) : "",
      preload: "none",
      muted: true,
      loop: false,
      playsInline: true,
    });
    const button = el(
      "button.play",
      { type: "button", "aria-label": say("playShot", { n: this.shot.shot_number }) },
      icon("play"),
    );
    button.addEventListener("click", async () => {
      if (!clip.paused) {
        clip.pause();
        hush();
        return;
      }
      clip.currentTime = 0;
      await clip.play().catch(() => undefined);
      for (const line of this.shot.lines) {
        const take = this.film.lines.get(line.id)?.audio_take_id;
        if (!take || clip.paused) continue;
        await spoken(takeUrl(take));
      }
    });
    clip.addEventListener("play", () => this.media.classList.add("playing"));
    clip.addEventListener("pause", () => this.media.classList.remove("playing"));
    return [clip, button];
  }

  showText() {
    const text = this.shot.description;
    if (this.textShown === text || this.text.contains(document.activeElement)) return;
    this.textShown = text;
    fill(
      this.text,
      editable(text, say("descriptionOf", { n: this.shot.shot_number }), (description) =>
        this.film.edit(() => patch(`/storyboards/${this.shot.id}`, { description })),
      ),
    );
  }

  showLines() {
    const key = JSON.stringify(this.shot.lines.map((line) => [line.id, line.speaker, line.text, this.film.lines.get(line.id)?.audio_take_id]));
    if (this.linesKey === key || this.lines.contains(document.activeElement)) return;
    this.linesKey = key;
    fill(this.lines, this.shot.lines.map((line) => this.line(line)));
  }

  line(line) {
    const name = line.speaker || say("narrator");
    const take = this.film.lines.get(line.id)?.audio_take_id;
    return el(
      "li",
      {},
      el("span.speaker", {}, name),
      editable(line.text, say("lineOf", { name }), (text) => this.film.edit(() => patch(`/lines/${line.id}`, { text }))),
      take
        ? el("button.round", { type: "button", title: say("playLine"), "aria-label": say("playLine"), onclick: () => play(takeUrl(take)) }, icon("sound"))
        : null,
    );
  }

  showFoot() {
    const { image, video } = this.shot.takes;
    const locked = Boolean(this.row.video_locked || this.row.image_locked);
    const finished = this.film.film.videos.length > 0 && this.shot.start_s !== null;
    const key = `${image} ${video} ${locked} ${finished}`;
    if (this.footKey === key || this.foot.contains(document.activeElement)) return;
    this.footKey = key;
    this.node.classList.toggle("is-locked", locked);
    const own = el("input", {
      type: "file",
      accept: "image/*,video/*",
      hidden: true,
      onchange: () => own.files[0] && this.film.edit(() => this.replace(own.files[0])),
    });
    fill(
      this.foot,
      finished
        ? el("button.quiet", { type: "button", title: say("playFromHere"), "aria-label": say("playFromHere"), onclick: () => this.film.playFrom(this.shot.start_s) }, icon("play"))
        : null,
      el("button.quiet", { type: "button", title: say("takesHint"), onclick: () => showTakes(this.shot, this.film) }, icon("film"), say("takes")),
      el("button.quiet", { type: "button", title: say("ownMedia"), "aria-label": say("ownMedia"), onclick: () => own.click() }, icon("image")),
      own,
      image || video
        ? el(
            "button.quiet.lock",
            {
              type: "button",
              "aria-pressed": String(locked),
              title: locked ? say("lockedHint") : say("lock"),
              onclick: (event) => {
                event.currentTarget.blur();
                this.film.edit(() => this.setLocked(!locked));
              },
            },
            icon(locked ? "lock" : "unlock"),
            say(locked ? "unlock" : "lock"),
          )
        : null,
    );
  }

  async setLocked(locked) {
    const kinds = ["image", "video"].filter((kind) => this.shot.takes[kind]);
    for (const kind of kinds) await post(`/storyboards/${this.shot.id}/lock`, { kind, locked });
    return { ok: true };
  }

  async replace(file) {
    const added = await upload(`/storyboards/${this.shot.id}/takes?name=${encodeURIComponent(file.name)}`, file);
    return added;
  }
}

/** Resolves when the sound has ended (or cannot play). */
function spoken(url) {
  return new Promise((done) => {
    const sound = new Audio(url);
    sound.onended = done;
    sound.onerror = done;
    sound.play().catch(done);
  });
}
