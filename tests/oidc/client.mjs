// openid-client against a running server:  node client.mjs '{"url": …, "id": …, "secret": …, …}'
// Every line is a claim: "ok NAME" or "not ok NAME # why".  What later steps need is printed as "= JSON".
import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto; // Node 18
const oidc = await import('openid-client');
const given = JSON.parse(process.argv[2]);

function claim(name, holds, why = '') {
  console.log(`${holds ? 'ok' : 'not ok'} ${name}${holds ? '' : ` # ${String(why).replace(/\s+/g, ' ').slice(0, 300)}`}`);
}

/* The person at the browser: signs in, opens what the client asks for, agrees. */
async function person(login, password) {
  const res = await fetch(`${given.url}/api/v1/session`, { method: 'POST', body: JSON.stringify({ login, password }) });
  const session = await res.json();
  const cookie = res.headers.get('set-cookie').split(';')[0];
  return async (address, allow = true) => {
    const page = await (await fetch(address, { redirect: 'manual' })).text();
    const id = /\/authorize\?request=([\w-]+)/.exec(page)?.[1];
    if (!id) throw new Error(`no page to agree on: ${page.slice(0, 200)}`);
    const answer = await fetch(`${given.url}/api/v1/authorize/${id}`, { method: 'POST', body: JSON.stringify({ allow }),
      headers: { Cookie: cookie, 'X-CSRF-Token': session.csrf } });
    return new URL((await answer.json()).redirect);
  };
}

const options = { execute: [oidc.allowInsecureRequests] };
const config = await oidc.discovery(new URL(given.url), given.id, { id_token_signed_response_alg: given.algorithm }, oidc.ClientSecretBasic(given.secret), options);
claim('discovery', config.serverMetadata().issuer === given.url);
claim('only S256 is offered', config.serverMetadata().supportsPKCE('S256') && !config.serverMetadata().supportsPKCE('plain'));
const agrees = await person('police', given.password);

async function begin(scope, more = {}) {
  const verifier = oidc.randomPKCECodeVerifier(), state = oidc.randomState(), nonce = oidc.randomNonce();
  const address = oidc.buildAuthorizationUrl(config, { redirect_uri: given.redirect, scope, state, nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...more });
  return { address, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true } };
}

const { address, checks } = await begin('openid profile organisation offline_access api');
const back = await agrees(address);
const tokens = await oidc.authorizationCodeGrant(config, back, checks);
const claims = tokens.claims();
claim('a code becomes tokens; the ID token stands', claims.preferred_username === 'police' && claims.iss === given.url, JSON.stringify(claims));
claim('names and posts by scope', claims.name === '沈建国' && claims.posts[0].roles.includes('clerk'));
const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
claim('userinfo says the same', info.sub === claims.sub && info.organisation === '330521-gaj');
const next = await oidc.refreshTokenGrant(config, tokens.refresh_token);
claim('refresh gives another of each', next.refresh_token !== tokens.refresh_token && next.access_token !== tokens.access_token && next.claims().sub === claims.sub);
const api = (token) => fetch(`${given.url}/api/v1/datasets`, { headers: { Authorization: `Bearer ${token}` } });
claim('an access token opens the API', (await api(next.access_token)).status === 200);
const seen = await oidc.tokenIntrospection(config, next.access_token);
claim('introspection: active', seen.active === true && seen.client_id === given.id);

await oidc.refreshTokenGrant(config, tokens.refresh_token).then(() => claim('a used refresh token is refused', false), (e) => claim('a used refresh token is refused', e.error === 'invalid_grant', e));
claim('and its family ends with it', (await api(next.access_token)).status === 401);
await oidc.refreshTokenGrant(config, next.refresh_token).then(() => claim('the newest of the family too', false), (e) => claim('the newest of the family too', e.error === 'invalid_grant', e));

const again = await begin('openid api');
const back2 = await agrees(again.address);
const first = await oidc.authorizationCodeGrant(config, back2, again.checks);
claim('no refresh token without offline_access', first.refresh_token === undefined);
await oidc.authorizationCodeGrant(config, back2, again.checks).then(() => claim('a code counts once', false), (e) => claim('a code counts once', e.error === 'invalid_grant', e));
claim('and what it gave is withdrawn', (await api(first.access_token)).status === 401);

const third = await begin('openid api');
const verified = await oidc.authorizationCodeGrant(config, await agrees(third.address), third.checks);
await oidc.tokenRevocation(config, verified.access_token);
claim('revocation', (await api(verified.access_token)).status === 401 && !(await oidc.tokenIntrospection(config, verified.access_token)).active);

const no = await begin('openid');
await oidc.authorizationCodeGrant(config, await agrees(no.address, false), no.checks).then(() => claim('no is told to the client', false), (e) => claim('no is told to the client', e.error === 'access_denied', e));

const system = await oidc.discovery(new URL(given.url), 'weather', {}, oidc.ClientSecretPost(given.secret), options);
const own = await oidc.clientCredentialsGrant(system, { scope: 'api' });
claim('client credentials', (await api(own.access_token)).status === 200 && own.refresh_token === undefined);
await oidc.clientCredentialsGrant(config, { scope: 'api' }).then(() => claim('not for a client without an account', false), (e) => claim('not for a client without an account', e.error === 'unauthorized_client', e));
console.log(`= ${JSON.stringify({ id_token: verified.id_token, refresh: next.refresh_token })}`);
