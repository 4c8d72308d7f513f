/* The voices there are, asked for once, and one player for samples and lines. */

import { get, trying, voiceUrl } from "./api.js";
import { el, icon } from "./dom.js";
import { say } from "./words.js";

let known = null;

/** All voices of the active provider. */
export async function voices() {
  known ??= trying(() => get("/voices?limit=1000")).then((page) => page?.items ?? []);
  return known;
}

const player = new Audio();

/** Play a sound, instead of whatever plays now. */
export function play(url) {
  player.src = url;
  return player.play().catch(() => undefined);
}

export function hush() {
  player.pause();
}

/** A choice of voices, with `first` options before them: [[value, words], …]. */
export function voiceSelect(chosen, first, label, onchange) {
  const select = el("select", { "aria-label": label, onchange: () => onchange?.(select.value) });
  select.append(...first.map(([value, words]) => el("option", { value }, words)));
  select.value = first[0]?.[0] ?? "";
  voices().then((items) => {
    select.append(...items.map((voice) => el("option", { value: voice.id }, words(voice))));
    if (chosen && !items.some((voice) => voice.id === chosen)) {
      select.append(el("option", { value: chosen }, chosen));
    }
    if (chosen) select.value = chosen;
  });
  return select;
}

const words = (voice) =>
  `${voice.label || voice.id} · ${voice.lang}${voice.gender ? (voice.gender === "female" ? " ♀" : " ♂") : ""}`;

/** A button that plays a sample of the voice that `voiceOf()` names now. */
export function sampleButton(voiceOf) {
  const button = el("button.round", { type: "button", title: say("listen"), "aria-label": say("listen") }, icon("sound"));
  button.addEventListener("click", async () => {
    const voice = voiceOf();
    if (!voice) return;
    button.classList.add("busy");
    await play(voiceUrl(voice));
    button.classList.remove("busy");
  });
  return button;
}
