/* The studio's HTTP interface: requests, errors by their code, and the stream of events. */

import { lang, say } from "./words.js";
import { toast } from "./dom.js";

/** A refused request: the words of its error code, and what to do next. */
export class Problem extends Error {
  constructor(code, message, hint) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

async function request(method, path, body, raw = false) {
  const headers = { "Accept-Language": lang() };
  if (body !== undefined) headers["Content-Type"] = raw ? "application/octet-stream" : "application/json";
  let response;
  try {
    response = await fetch(`/api${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : raw ? body : JSON.stringify(body),
    });
  } catch {
    throw new Problem("offline", say("offline"), say("offlineHint"));
  }
  if (response.status === 401) location.assign("/login");
  const document = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Problem(document.code ?? `http_${response.status}`, document.detail ?? response.statusText, document.hint ?? "");
  }
  return document;
}

export const get = (path) => request("GET", path);
export const post = (path, body) => request("POST", path, body);
export const patch = (path, body) => request("PATCH", path, body);
export const remove = (path) => request("DELETE", path);
export const upload = (path, file) => request("POST", path, file, true);

/** Do something; a refusal is shown and answered with null. */
export async function trying(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    toast(error.message, error.hint, "error");
    return null;
  }
}

export const takeUrl = (id) => `/api/takes/${id}/file`;
export const assetUrl = (id) => `/api/assets/${id}/file`;
export const voiceUrl = (id) => `/api/voices/${encodeURIComponent(id)}/sample`;

/** Hear events and pictures of running work from now on; `onLink` is told when the stream opens (true) or breaks (false). */
export function listen(onEvent, onLink) {
  const source = new EventSource("/api/events?previews=true");
  source.onopen = () => onLink(true);
  source.onerror = () => onLink(false);
  source.onmessage = (message) => onEvent(JSON.parse(message.data));
  source.addEventListener("preview", source.onmessage);
  return source;
}
