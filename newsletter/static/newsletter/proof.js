// Solves the puzzle of ALTCHA 2 (PBKDF2) when a form asks for it: begins at the first touch of the
// form, and lets the form go when it is done. It asks this site only. Where a browser cannot
// compute (no secure context), the form goes as it is, and the answer shows another way.
"use strict";

const AT_ONCE = 4;

const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const hex = (buffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function derive({ nonce, salt, cost, keyLength }, counter) {
  const password = new Uint8Array(nonce.length / 2 + 4);
  password.set(bytes(nonce));
  new DataView(password.buffer).setUint32(nonce.length / 2, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  return hex(await crypto.subtle.deriveBits(how, key, keyLength * 8));
}

async function solve(address) {
  const challenge = await (await fetch(address, { cache: "no-store" })).json();
  const { parameters } = challenge;
  for (let first = 0; ; first += AT_ONCE) {
    const counters = Array.from({ length: AT_ONCE }, (_, index) => first + index);
    const keys = await Promise.all(counters.map((counter) => derive(parameters, counter)));
    const found = keys.findIndex((key) => key.startsWith(parameters.keyPrefix));
    if (found >= 0) {
      const solution = { counter: counters[found], derivedKey: keys[found] };
      return { proof: btoa(JSON.stringify({ challenge, solution })), until: parameters.expiresAt };
    }
  }
}

if (globalThis.crypto?.subtle) {
  for (const said of document.querySelectorAll(".without-script")) said.hidden = true;
}

for (const form of document.querySelectorAll("form[data-challenge]")) {
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  form.append(said);
  let solving = null;
  const start = () => (solving ??= solve(form.dataset.challenge));
  form.addEventListener("focusin", () => start().catch(() => {}), { once: true });
  form.addEventListener("submit", async (event) => {
    if (form.elements.proof || !globalThis.crypto?.subtle) return;
    event.preventDefault();
    said.textContent = form.dataset.wait;
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "proof";
    try {
      let solved = await start();
      if (solved.until < Date.now() / 1000 + 10) solved = await solve(form.dataset.challenge);
      field.value = solved.proof;
    } catch {
      // Without an answer of this site the form goes as it is.
    }
    form.append(field);
    // A form ignores requestSubmit while its submit event is still on its way.
    setTimeout(() => form.requestSubmit(event.submitter));
  });
}
