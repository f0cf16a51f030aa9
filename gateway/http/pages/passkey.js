"use strict";
// Asks this device's authenticator what the form's `data-options` say, and sends its answer as the form's.
(() => {
  const form = document.getElementById("passkey");
  const show = (id) => { document.getElementById(id).hidden = false; };
  if (!window.PublicKeyCredential || !navigator.credentials) { show("unsupported"); return; }
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
  };
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const publicKey = JSON.parse(form.dataset.options);
  publicKey.challenge = bytes(publicKey.challenge);
  if (publicKey.user) { publicKey.user.id = bytes(publicKey.user.id); }
  const answer = (made) => {
    const response = { clientDataJSON: text(made.response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[name]) { response[name] = text(made.response[name]); }
    }
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const made = await navigator.credentials[form.dataset.verb]({ publicKey });
      form.elements.namedItem("response").value = answer(made);
      form.submit();
    } catch {
      show("failed");
    }
  });
  show("ask");
})();
