/* Small things to build the page with; no framework. */

/**
 * An element: `el("p.quiet", {title: "x", onclick: f}, "text", child)`.
 * Properties that are no element property become attributes; null children are left out.
 */
export function el(spec, props = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && !name.startsWith("aria") && name !== "list") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An icon from the small set below; drawn in the text's colour. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

const ICONS = {
  play: "M8 5.5v13l11-6.5z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  lock: "M7 10V8a5 5 0 0 1 10 0v2h1a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1zm2 0h6V8a3 3 0 0 0-6 0z",
  unlock: "M7 10V8a5 5 0 0 1 9.6-2l-1.8.9A3 3 0 0 0 9 8v2h9a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1z",
  image: "M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zm1 11h14l-4.5-6-3.5 4.5-2.5-3zM8.5 10A1.5 1.5 0 1 0 8.5 7a1.5 1.5 0 0 0 0 3z",
  down: "M11 4h2v8.2l3-3 1.4 1.4L12 16l-5.4-5.4L8 9.2l3 3zM5 18h14v2H5z",
  undo: "M9 5 4 10l5 5v-3.5h5a3.5 3.5 0 0 1 0 7h-3v2h3a5.5 5.5 0 0 0 0-11H9z",
  redo: "M15 5l5 5-5 5v-3.5h-5a3.5 3.5 0 0 0 0 7h3v2h-3a5.5 5.5 0 0 1 0-11h5z",
  sound: "M4 9v6h4l5 4V5L8 9zm12 .2a4 4 0 0 1 0 5.6l1.4 1.4a6 6 0 0 0 0-8.4z",
  film: "M4 4h16v16H4zm2 2v2h2V6zm0 5v2h2v-2zm0 5v2h2v-2zm10-10v2h2V6zm0 5v2h2v-2zm0 5v2h2v-2zM10 6v12h4V6z",
  back: "M14.5 5 16 6.500 10.500 12 16 17.500 14.500 19l-7-7z",
  chat: "M4 4h16a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1h-8l-5 4v-4H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zm4 5v2h8V9z",
  stop: "M7 7h10v10H7z",
  close: "M6.400 5 12 10.600 17.600 5 19 6.400 13.400 12l5.600 5.600-1.400 1.400L12 13.400 6.400 19 5 17.600 10.600 12 5 6.400z",
  bin: "M9 3h6l1 2h4v2H4V5h4zM6 8h12l-1 13H7z",
  file: "M6 3h8l5 5v13H6zm8 1.500V9h4.500z",
};

/** Put `children` in place of what `node` holds. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
}

/** A text field that grows with its text; `save` is called with the text when it was changed. */
export function editable(text, label, save) {
  const field = el("textarea.editable", { value: text, rows: 1, "aria-label": label, spellcheck: false });
  let kept = text;
  const grow = () => {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  };
  const finish = async () => {
    const said = field.value.trim();
    if (said === kept.trim()) return;
    field.classList.add("saving");
    const done = await save(said);
    field.classList.remove("saving");
    if (done) kept = said;
    else field.value = kept;
    grow();
  };
  field.addEventListener("input", grow);
  field.addEventListener("blur", finish);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      field.value = kept;
      grow();
      field.blur();
    }
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey || !event.shiftKey)) {
      event.preventDefault();
      field.blur();
    }
  });
  new ResizeObserver(grow).observe(field);
  return field;
}

/** A message that goes by itself; errors stay longer. */
export function toast(text, hint = "", kind = "note") {
  const box = el(`div.toast.${kind}`, {}, el("strong", {}, text), hint ? el("span", {}, hint) : null);
  document.getElementById("toasts").append(box);
  setTimeout(() => box.remove(), kind === "error" ? 9000 : 2500);
}
