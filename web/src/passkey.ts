/* WebAuthn in the browser: bytes to base64url and back, and the two calls. */
import { api } from './api';
import type { Session } from './types';

/* Browsers bind passkeys to a name; at a bare address there are none. */
export const hasPasskeys = () => typeof window.PublicKeyCredential === 'function' && !/^[\d.]+$|:/.test(window.location.hostname);

function bytesOf(text: string): ArrayBuffer {
  const raw = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  const out = new Uint8Array(new ArrayBuffer(raw.length));
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out.buffer;
}
function textOf(bytes: ArrayBuffer): string {
  let raw = '';
  for (const b of new Uint8Array(bytes)) raw += String.fromCharCode(b);
  return btoa(raw).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/* False when the person or the browser stopped it. */
export async function addPasskey(title: string): Promise<boolean> {
  const asked = await api.passkeyBegin();
  const made = await navigator.credentials.create({ publicKey: {
    challenge: bytesOf(asked.challenge),
    rp: { id: asked.host, name: 'Shuzhi' },
    user: { id: bytesOf(asked.user), name: asked.login, displayName: asked.login },
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }, { type: 'public-key', alg: -257 }],
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    excludeCredentials: asked.have.map((id) => ({ type: 'public-key' as const, id: bytesOf(id) })),
    attestation: 'none',
  } }).catch(() => null) as PublicKeyCredential | null;
  const said = made?.response as AuthenticatorAttestationResponse | undefined;
  const key = said?.getPublicKey();
  if (!said || !key) return false;
  await api.passkeyAdd({ client_data: textOf(said.clientDataJSON), auth_data: textOf(said.getAuthenticatorData()), public_key: textOf(key), title });
  return true;
}

/* Null when the person or the browser stopped it. */
export async function signInByPasskey(): Promise<Session | null> {
  const asked = await api.passkeyChallenge();
  const got = await navigator.credentials.get({ publicKey: { challenge: bytesOf(asked.challenge), rpId: asked.host, userVerification: 'required' } })
    .catch(() => null) as PublicKeyCredential | null;
  if (!got) return null;
  const said = got.response as AuthenticatorAssertionResponse;
  return api.passkeySignIn({ id: got.id, client_data: textOf(said.clientDataJSON), auth_data: textOf(said.authenticatorData), signature: textOf(said.signature) });
}
