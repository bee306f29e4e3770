// Forms that a passkey answers: the server's question goes to the browser, and its answer into the form.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const keys = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));

async function question(form) {
  const headers = { "X-CSRFToken": form.elements.csrf_token.value };
  const answer = await fetch(form.dataset.options, { method: "POST", headers });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  const asked = await answer.json();
  asked.challenge = bytes(asked.challenge);
  asked.allowCredentials = keys(asked.allowCredentials);
  asked.excludeCredentials = keys(asked.excludeCredentials);
  if (asked.user) asked.user.id = bytes(asked.user.id);
  return asked;
}

function written(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: text(credential.rawId), type, response, clientExtensionResults: {} });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  const failed = form.querySelector("[data-failed]");
  form.querySelector(".without").hidden = true;
  form.querySelector(".controls").hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.textContent = "";
    try {
      const credential = await navigator.credentials[form.dataset.passkey]({ publicKey: await question(form) });
      form.elements.credential.value = written(credential);
      form.submit();
    } catch {
      failed.textContent = failed.dataset.failed;
    }
  });
}
