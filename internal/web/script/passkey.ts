// The script of the pages that ask for a passkey. There is none without script: so it also takes the words away that say
// so, where the browser knows passkeys. What the device answers is sent as any form is; when it gives no answer, because
// the person stopped or it has none, the form is sent without one, and the page that comes says what else can be done.

interface Named {
  id: string | ArrayBuffer;
}

interface Asked {
  challenge: string | ArrayBuffer;
  user?: Named & { name: string; displayName: string };
  allowCredentials?: Named[];
  excludeCredentials?: Named[];
}

type Answer = AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;

/** bytes and text go from the letters of base64url to what they stand for, and back. */
function bytes(letters: string | ArrayBuffer): ArrayBuffer {
  const plain = atob((letters as string).replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0)).buffer;
}

function text(b: ArrayBuffer): string {
  return btoa(String.fromCharCode(...Array.from(new Uint8Array(b)))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/** ask has the device answer a question. name is what it lists a new passkey as. */
async function ask(question: string, name: string): Promise<string> {
  const asked: Asked = JSON.parse(question);
  asked.challenge = bytes(asked.challenge);
  for (const c of (asked.allowCredentials || []).concat(asked.excludeCredentials || [])) c.id = bytes(c.id);
  if (asked.user) {
    asked.user.id = bytes(asked.user.id);
    if (name) asked.user.name = asked.user.displayName = name;
  }
  const options = { publicKey: asked as any };
  const given = (await (asked.user ? navigator.credentials.create(options) : navigator.credentials.get(options))) as PublicKeyCredential;
  const from = given.response as Answer;
  const response: { [part: string]: unknown } = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"] as (keyof Answer)[]) {
    if (from[part]) response[part] = text(from[part] as unknown as ArrayBuffer);
  }
  if (from.getTransports) response.transports = from.getTransports();
  return JSON.stringify({ id: given.id, rawId: given.id, type: given.type, response });
}

function offer(answer: HTMLInputElement, form: HTMLFormElement): void {
  let asking = false;
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (asking) return;
    asking = true;
    const name = form.querySelector<HTMLInputElement>("input[name=name]");
    const send = (given: string): void => {
      answer.value = given;
      form.submit();
    };
    ask(answer.dataset.passkey || "", name ? name.value.trim() : "").then(send, () => send(""));
  });
  // A page that comes back out of the browser's memory may ask again.
  window.addEventListener("pageshow", () => {
    asking = false;
  });
  for (const e of Array.from(form.querySelectorAll<HTMLElement>("[data-passkey-only]"))) e.hidden = false;
  for (const e of Array.from(form.querySelectorAll<HTMLElement>("[data-passkey-not]"))) e.hidden = true;
}

const field = document.querySelector<HTMLInputElement>("input[data-passkey]");
if (field && field.form && window.PublicKeyCredential) offer(field, field.form);
