/* Text as the studio counts it: by characters. A string of this language counts most emoji twice. */

export class Said {
  constructor(text) {
    this.points = Array.from(text);
  }

  get length() {
    return this.points.length;
  }

  /** More words, at this place: how many are new; null where words between were missed. */
  add(text, at) {
    const more = Array.from(text);
    if (at + more.length <= this.length) return 0;
    if (at !== this.length) return null;
    for (const point of more) this.points.push(point);
    return more.length;
  }

  slice(from, to) {
    return this.points.slice(from, to).join("");
  }
}
