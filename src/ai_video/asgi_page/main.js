/* Where we are: home, or a film. The address decides, so that reload and back work. */

import { listen } from "./api.js";
import { ChatDrawer } from "./chat.js";
import { fill } from "./dom.js";
import { FilmView } from "./film.js";
import { HomeView } from "./home.js";
import { hearModels, showActive } from "./models.js";
import { lang, say, setLanguage } from "./words.js";

const main = document.getElementById("main");
const chat = new ChatDrawer(document.getElementById("chat-button"));
document.body.append(chat.node);
let view = null;

function show() {
  view?.close?.();
  const [, kind, id] = location.hash.split("/");
  view = kind === "episode" && id ? new FilmView(id) : new HomeView();
  fill(main, view.node);
  window.scrollTo(0, 0);
  view.refresh();
  chat.at(kind === "episode" && id ? id : null);
}

function speak() {
  document.getElementById("language").textContent = say("switchLanguage");
  document.getElementById("link-state").textContent = say("linkLost");
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = say(node.dataset.word);
  showActive(document.getElementById("model"));
  chat.speak();
}

document.getElementById("language").addEventListener("click", () => {
  setLanguage(lang() === "zh" ? "en" : "zh");
  speak();
  show();
});
addEventListener("hashchange", () => {
  show();
  main.focus({ preventScroll: true });
});

setLanguage(lang());
speak();
show();
listen(
  (event) => {
    hearModels(event);
    if (event.type.startsWith("chat.")) chat.hear(event);
    else view?.hear?.(event);
  },
  (open) => {
    document.getElementById("link-state").hidden = open;
    if (open) {
      view?.refresh?.();
      chat.refresh();
    }
  },
);
