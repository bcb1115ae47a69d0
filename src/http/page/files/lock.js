// The key, where the server wants one.

import { byId } from "./dom.js";

/** Lets `unlock` know each key that is given, beginning with one that came with the address, which doesn't stay there. */
export function lock(unlock) {
  byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    unlock(byId("key").value.trim());
  });
  const here = new URL(location.href);
  const key = here.searchParams.get("key") ?? "";
  if (key) {
    byId("lock").hidden = false;
    byId("key").value = key;
    here.searchParams.delete("key");
    history.replaceState(null, "", here);
  }
  unlock(key);
}

/** Asks for a key; another one, where one was `given`. */
export function locked(given) {
  byId("lock").hidden = false;
  say(given ? "The server doesn't know this key." : "");
  byId("key").focus();
}

/** The key is known, or none is wanted. */
export function unlocked() {
  byId("key-about").textContent = "The key is known. It is kept until you leave this page, and sent to this server alone.";
  say("");
}

function say(what) {
  byId("key-error").textContent = what;
  byId("key").setAttribute("aria-invalid", String(what !== ""));
}
