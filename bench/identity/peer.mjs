// The peer: oidc-provider with node-argon2, in memory, the code flow with PKCE and a password form:  node peer.mjs HASH
import { createServer } from 'node:http';
import argon2 from 'argon2';
import Provider from 'oidc-provider';

const hash = process.argv[2];
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(url, {
    clients: [{ client_id: 'bench', token_endpoint_auth_method: 'none', redirect_uris: ['https://bench.example/callback'] }],
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['a key for cookies'] },
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    async loadExistingGrant(ctx) { // nothing is asked but the password
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
  });
  const callback = provider.callback();
  server.on('request', async (rq, rs) => {
    if (rq.method !== 'POST' || !rq.url.startsWith('/interaction/')) return callback(rq, rs);
    let body = '';
    for await (const piece of rq) body += piece;
    const form = new URLSearchParams(body);
    if (!(await argon2.verify(hash, form.get('password')))) return rs.writeHead(401).end();
    return provider.interactionFinished(rq, rs, { login: { accountId: form.get('login') } });
  });
  console.log(url);
});
