// npm's oidc-provider as a small network might run it: code flow with PKCE, private_key_jwt, DPoP, and
// RFC 9068 tokens for one resource. Everything it needs is in one JSON file, named on the command line.
import { readFile } from 'node:fs/promises';
import { Provider } from 'oidc-provider';

const settings = JSON.parse(await readFile(process.argv[2], 'utf8'));
const { issuer, port, resource, scope, acr } = settings;
const accounts = new Map(settings.accounts.map((account) => [account.sub, account]));

const provider = new Provider(issuer, {
  clients: settings.clients,
  jwks: settings.jwks,
  cookies: { keys: settings.cookie_keys },
  acrValues: [acr],
  scopes: ['openid'],
  clientAuthMethods: ['private_key_jwt'],
  enabledJWA: {
    idTokenSigningAlgValues: ['ES256'],
    clientAuthSigningAlgValues: ['ES256'],
    dPoPSigningAlgValues: ['ES256'],
  },
  clientDefaults: {
    id_token_signed_response_alg: 'ES256',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
  },
  pkce: { required: () => true },
  findAccount: (_, sub) => accounts.has(sub) ? { accountId: sub, claims: () => ({ sub }) } : undefined,
  // RFC 9068 2.2.1: how the person was authenticated belongs into a token that she asked for.
  extraTokenClaims: (_, token) => token.accountId ? { acr } : undefined,
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: agree,
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    dPoP: { enabled: true, allowReplay: false },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope, audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const asked = await provider.interactionDetails(ctx.req, ctx.res);
  if (ctx.method === 'POST') {
    const form = new URLSearchParams(await read(ctx.req));
    const account = accounts.get(form.get('username'));
    if (account && account.password === form.get('password')) {
      const login = { accountId: account.sub, acr, amr: ['pwd', 'otp'] };
      ctx.respond = false;
      return provider.interactionFinished(ctx.req, ctx.res, { login });
    }
  }
  ctx.type = 'html';
  ctx.body = `<!doctype html><title>Sign in</title>
<form method="post" action="/interaction/${asked.uid}">
  <label>Name <input name="username" autocomplete="username"></label>
  <label>Password <input name="password" type="password"></label>
  <button type="submit">Sign in</button>
</form>`;
});

// Whoever has signed in has agreed: these are an agency's own people and its own application.
async function agree(ctx) {
  const { client, session } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope('openid');
  grant.addResourceScope(resource, scope);
  await grant.save();
  return grant;
}

async function read(stream) {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

provider.listen(port, '127.0.0.1', () => console.log('ready'));
