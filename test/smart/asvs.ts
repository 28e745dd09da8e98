/**
 * OWASP's Application Security Verification Standard 5.0, chapters V6 to V10, what levels 1 and 2 ask for, in our own words, and
 * the test that proves it: the file, and a part of a title in it. Without one: why it does not apply, or the gap.
 *
 * https://github.com/OWASP/ASVS/tree/v5.0.0/5.0/en
 */
export interface Requirement {
  readonly number: string
  readonly says: string
  readonly proof?: readonly [file: string, title: string]
  readonly notApplicable?: string
  readonly gap?: string
}

type Rest = readonly [file: string, title: string] | { readonly notApplicable: string } | { readonly gap: string }

function row(number: string, says: string, rest: Rest): Requirement {
  return 'gap' in rest || 'notApplicable' in rest
    ? { number, says, ...rest }
    : { number, says, proof: [rest[0], rest[1]] }
}

const gap = (text: string) => ({ gap: text })
const not = (text: string) => ({ notApplicable: text })

export const requirements: readonly Requirement[] = [
  row('6.1.1', 'how guessing is slowed down is documented, and locks nobody out', [
    'smart/throttling.test.ts',
    'each further failure doubles the pause',
  ]),
  row('6.1.2', 'words that a password must not be made of are documented', [
    'unit/oauth/documented.test.ts',
    'the words that a password must not be made of',
  ]),
  row('6.1.3', 'every way to sign in is documented with its strength', [
    'unit/oauth/documented.test.ts',
    'every way to sign in',
  ]),
  row('6.2.1', 'passwords of 8 characters at least', ['unit/oauth/passwords.test.ts', 'has 12 characters or more']),
  row('6.2.2', 'a person can change the password', [
    'smart/own-password.test.ts',
    'who knows the present password sets another one',
  ]),
  row('6.2.3', 'changing it asks for the present one', [
    'smart/own-password.test.ts',
    'a wrong present password, two that differ and a weak one change nothing',
  ]),
  row('6.2.4', 'common passwords are refused', [
    'unit/oauth/passwords.test.ts',
    'is none of those that everybody tries first',
  ]),
  row('6.2.5', 'no rule about kinds of characters', ['unit/oauth/passwords.test.ts', 'and no rule about which']),
  row('6.2.6', 'password fields are masked', ['smart/algorithms.test.ts', 'every field for a password hides it']),
  row('6.2.7', 'paste and password managers work', ['smart/algorithms.test.ts', 'every field for a password hides it']),
  row('6.2.8', 'a password is verified as it was typed', [
    'unit/oauth/passwords.test.ts',
    'matches itself in either Unicode form, and nothing else',
  ]),
  row('6.2.9', '64 characters and more are allowed', [
    'unit/oauth/passwords.test.ts',
    'may have 256 characters, and each of them counts',
  ]),
  row('6.2.10', 'no password has to be changed by the calendar', not('nothing here lets a password expire')),
  row('6.2.11', 'the words of 6.1.2 are refused', [
    'unit/oauth/passwords.test.ts',
    'is not the person’s own address or name',
  ]),
  row('6.3.1', 'guessing and stuffing are slowed down as documented', [
    'smart/throttling.test.ts',
    '50 parallel guesses',
  ]),
  row('6.3.2', 'more than one factor', [
    'smart/second-factor.test.ts',
    'gets neither a session nor a code by the password alone',
  ]),
  row('6.3.3', 'no way to sign in leaves the second step out', [
    'smart/second-factor.test.ts',
    'a session from before a second factor was demanded',
  ]),
  row('6.4.1', 'activation codes are random, short-lived and good once', [
    'smart/invitations.test.ts',
    'of 10 parallel uses of one code one makes an account',
  ]),
  row('6.4.2', 'no hints and no secret questions', not('there are none')),
  row('6.4.3', 'a lost password does not go round the second factor', [
    'smart/account-reset.test.ts',
    'a lost password does not go round the second step',
  ]),
  row('6.4.4', 'a lost factor is replaced on proof of who asks', [
    'smart/second-factor.test.ts',
    'is reset by an administrator',
  ]),
  row('6.5.1', 'codes work once', ['smart/second-factor.test.ts', 'of the app lets in once']),
  row('6.5.2', 'recovery codes are stored as hashes that fit their strength', [
    'smart/second-factor.test.ts',
    'and the secret behind it stand in no table',
  ]),
  row('6.5.3', 'codes and seeds are from a secure generator', gap('they are, by reading; no test could tell')),
  row('6.5.4', 'recovery codes have 20 bits or more', ['smart/secrets.test.ts', 'have 80 bits']),
  row('6.5.5', 'codes of the app last 30 seconds', [
    'smart/second-factor.test.ts',
    'not again in the same thirty seconds',
  ]),
  row('6.6.1', 'telephones only beside something stronger', not('no code is sent by telephone')),
  row('6.6.2', 'out-of-band codes belong to one request', not('there are no out-of-band factors')),
  row('6.6.3', 'out-of-band codes cannot be guessed', not('there are no out-of-band factors')),
  row('6.8.1', 'identities of several providers do not mix', [
    'smart/external.test.ts',
    'somebody of another provider with the same subject is somebody else',
  ]),
  row('6.8.2', 'signatures of another provider are checked', [
    'smart/external.test.ts',
    'an ID token that the hospital did not sign opens nothing',
  ]),
  row('6.8.3', 'SAML assertions are used once', not('there is no SAML')),
  row('7.1.1', 'idle and longest time of a session are documented', [
    'architecture/public-statements.ts',
    'A sign-in ends twelve hours after it began',
  ]),
  row('7.1.2', 'how many sessions an account may have is documented', [
    'architecture/public-statements.ts',
    'There is no limit to how many devices',
  ]),
  row('7.1.3', 'sessions across systems are documented', [
    'architecture/public-statements.ts',
    'A sign-out ends the apps of that sign-in here',
  ]),
  row('7.2.1', 'sessions are verified by the server', [
    'smart/own-sessions.test.ts',
    'ending a session ends it and its tokens at once',
  ]),
  row('7.2.2', 'tokens are made anew, never static', [
    'smart/lifetime.test.ts',
    'does not pass for another server’s, and nonsense passes for nothing',
  ]),
  row('7.2.3', 'tokens have 128 bits or more', ['smart/secrets.test.ts', 'have 128 bits and more']),
  row('7.2.4', 'a sign-in makes a new session and ends the old one', [
    'smart/sessions.test.ts',
    'somebody else signing in on the same browser ends',
  ]),
  row('7.3.1', 'an idle session ends', ['smart/idle.test.ts', 'a session that nothing used for two hours is over']),
  row('7.3.2', 'a session ends after its longest time', [
    'smart/sign-outs.test.ts',
    'a session lasts twelve hours from the sign-in',
  ]),
  row('7.4.1', 'signing out ends the session for apps too', [
    'smart/lifetime.test.ts',
    'ends what was allowed for the session, and leaves what was allowed for longer',
  ]),
  row('7.4.2', 'a disabled account’s sessions end', [
    'smart/lifetime.test.ts',
    'is refused on the very next request after the suspension',
  ]),
  row('7.4.3', 'after a change of a factor other sessions can be ended', [
    'smart/accounts.test.ts',
    'is replaced through a link that works once, and everything that was signed in is signed out',
  ]),
  row('7.4.4', 'signing out is at hand on every page', [
    'smart/own-password.test.ts',
    'the way out is on each page of the account',
  ]),
  row('7.4.5', 'administrators can end a person’s sessions', [
    'smart/second-factor.test.ts',
    'is reset by an administrator: sessions, tokens',
  ]),
  row('7.5.1', 'changing factors or the address asks for a fresh sign-in', [
    'smart/second-factor.test.ts',
    'changes nothing for a sign-in that is older than a quarter of an hour',
  ]),
  row('7.5.2', 'a person sees and ends sessions', [
    'smart/own-sessions.test.ts',
    'a person sees the own sessions and no others',
  ]),
  row('7.6.1', 'sessions at apps and here behave as documented', [
    'smart/accounts.test.ts',
    'with max_age, a hint or prompt asks for the password again',
  ]),
  row('7.6.2', 'no session begins without an act of the person', [
    'smart/refusals.test.ts',
    'a form that another site sends is refused',
  ]),
  row('8.1.1', 'who may do what with which data is documented', [
    'api/role-matrix.test.ts',
    'every interaction with every class of resource, as the matrix says',
  ]),
  row('8.1.2', 'and for single elements', ['unit/access/documented.test.ts', 'every judge of elements']),
  row('8.2.1', 'functions are for those who may', [
    'api/role-matrix.test.ts',
    'every interaction with every class of resource, as the matrix says',
  ]),
  row('8.2.2', 'data are for those who may', [
    'smart/kit-scopes.test.ts',
    'hide other documents from every way to them',
  ]),
  row(
    '8.2.3',
    'elements are for those who may',
    gap(
      'elements are judged on every write (unit/access/judge-decisions.test.ts and its like); a read shows a resource whole',
    ),
  ),
  row('8.3.1', 'the server decides, not the page', ['architecture/rooms.test.ts', 'obey the map: directions']),
  row('8.4.1', 'tenants are kept apart', not('one schema of a database holds one tenant')),
  row('9.1.1', 'signed tokens are verified before they are believed', [
    'smart/backend-services.test.ts',
    'is refused with anything but an assertion as SMART wants it',
  ]),
  row('9.1.2', 'algorithms are an allow-list without none', [
    'smart/algorithms.test.ts',
    'an assertion without a signature',
  ]),
  row('9.1.3', 'keys come from where they were registered', [
    'smart/backend-services.test.ts',
    'are fetched once while they are fresh, again for an unknown key',
  ]),
  row('9.2.1', 'expired tokens are refused', [
    'smart/backend-services.test.ts',
    'is refused with anything but an assertion as SMART wants it',
  ]),
  row('9.2.2', 'a token of one kind does not pass for another', [
    'smart/lifetime.test.ts',
    'is no refresh token, and a refresh token is no access token',
  ]),
  row('9.2.3', 'only tokens for this server are accepted', [
    'smart/lifetime.test.ts',
    'does not pass for another server’s',
  ]),
  row('9.2.4', 'a token names whom it is for', [
    'smart/kit-discovery.test.ts',
    'an id_token is signed by a published RSA key, for this app',
  ]),
  row(
    '10.1.1',
    'tokens go to those who need them',
    gap('our own web app holds its access token in the page; it is gone with the tab’s sign-in'),
  ),
  row('10.1.2', 'our web app takes a code for a sign-in that it began alone', [
    'unit/web/sign-in.test.ts',
    'and gives the code to nobody',
  ]),
  row('10.2.1', 'apps are safe from forged redirects: PKCE', ['smart/refusals.test.ts', 'without a code challenge']),
  row('10.2.2', 'mix-up of servers', not('our web app knows one server')),
  row('10.3.1', 'the FHIR base takes tokens for itself alone', [
    'smart/lifetime.test.ts',
    'does not pass for another server’s',
  ]),
  row('10.3.2', 'scopes and subject decide', [
    'smart/kit-scopes.test.ts',
    'are granted as asked, search and read nothing else',
  ]),
  row('10.3.3', 'a person is known by what nobody else can get', ['smart/launch.test.ts', 'works for a public client']),
  row('10.3.4', 'strength and freshness of the sign-in are checked where they are demanded', [
    'smart/second-factor.test.ts',
    'a session from before a second factor was demanded leads to no code',
  ]),
  row('10.4.1', 'redirect URIs are compared exactly', [
    'smart/refusals.test.ts',
    'for a redirect URI that is not registered',
  ]),
  row('10.4.2', 'a code works once, and its second use ends its tokens', [
    'smart/races.test.ts',
    '20 parallel redemptions of one code give one token',
  ]),
  row('10.4.3', 'a code lasts a minute', ['smart/secrets.test.ts', 'a code is good for a minute']),
  row('10.4.4', 'no implicit and no password grant; each app its own grants', [
    'smart/refusals.test.ts',
    'for an implicit token',
  ]),
  row('10.4.5', 'a refresh token that is used twice ends its family', [
    'smart/races.test.ts',
    'a refresh token works once',
  ]),
  row('10.4.6', 'PKCE with S256 always', ['smart/refusals.test.ts', 'with the plain method']),
  row('10.4.7', 'apps that registered themselves wait, and nobody is sent to them', [
    'smart/registration.test.ts',
    'without one waits: no page leads to it',
  ]),
  row('10.4.8', 'refresh tokens end at last', ['smart/secrets.test.ts', 'never outlives the year of its grant']),
  row('10.4.9', 'a person revokes an app', [
    'smart/kit-launch.test.ts',
    'is refused from the moment when the patient revokes it',
  ]),
  row('10.4.10', 'apps with a secret or key authenticate', ['smart/launch.test.ts', 'one with a secret may not']),
  row('10.4.11', 'apps get the scopes that they registered', [
    'smart/launch.test.ts',
    'that the app did not register are left out',
  ]),
  row('10.5.1', 'our web app checks the nonce', ['unit/web/sign-in.test.ts', 'and keeps no token']),
  row('10.5.2', 'our web app knows a person by sub', not('it takes the person from the server with each token')),
  row('10.5.3', 'our web app takes metadata of its own server alone', not('it talks to the server that it came from')),
  row('10.5.4', 'our web app checks aud', ['unit/web/sign-in.test.ts', 'and keeps no token']),
  row('10.5.5', 'back-channel logout', not('there is none')),
  row('10.6.1', 'response type code alone', ['smart/refusals.test.ts', 'for an implicit token']),
  row('10.6.2', 'a sign-out is confirmed by the person', [
    'smart/lifetime.test.ts',
    'changes nothing when the person stays',
  ]),
  row('10.7.1', 'each request of another’s app is consented to', [
    'smart/consent.test.ts',
    'says in groups and in words what is asked for',
  ]),
  row('10.7.2', 'consent says who, what and how long', ['smart/consent.test.ts', 'says how long access lasts']),
  row('10.7.3', 'consents are listed and revoked', [
    'smart/lifetime.test.ts',
    'by the person ends the app’s access at once',
  ]),
]

export function asvsList(): string {
  return requirements.map((one) => `- ${one.number} ${one.says}: ${standing(one)}`).join('\n')
}

function standing({ proof, notApplicable, gap: open }: Requirement): string {
  if (proof) return `\`${proof[0]}\`, “${proof[1].replace(/[:,] ?$/, '')}”`
  return notApplicable === undefined ? `**gap**: ${open}` : `not applicable: ${notApplicable}`
}
