/**
 * The way of one sign-in through its pages: how far it has come, and where it leads in the end – back to the app that asked,
 * to the person's own account page, or to the start page.
 *
 * https://openid.net/specs/openid-connect-core-1_0.html#Authenticates
 */
import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { Interaction } from 'oidc-provider'
import type { Account, AccountRows, Database } from '../accounts/account.ts'
import type { BegunSignIn, BegunSignIns, FirstStep } from '../accounts/begun-sign-ins.ts'
import type { Fields } from '../accounts/fields.ts'
import { endSession } from '../accounts/revocation.ts'
import type { SecondFactor } from '../accounts/second-factor.ts'
import type { Sessions } from '../accounts/sessions.ts'
import type { AuditTrail } from '../audit-trail.ts'
import { lifetime } from '../provider/grants.ts'
import type { Interactions } from '../provider/interactions.ts'
import { acrOf } from '../provider/single-sign-on.ts'
import { hidden } from './controls.ts'
import { type Html, html } from './html.ts'
import { showPage } from './page.ts'
import { forgetSecret, keepSecret, secretOfTicket } from './sign-in-cookie.ts'

interface Parts {
  provider: Provider
  database: Database
  accounts: AccountRows
  interactions: Interactions
  secondFactor: SecondFactor
  begunSignIns: BegunSignIns
  sessions: Pick<Sessions, 'note'>
  audit: AuditTrail
  publicUrl: string
}

/** What the address or the form of a page says. */
export interface Way {
  /** The interaction of an app's request; empty when no app asked. */
  readonly uid: string
  /** `account`: the person's own account page. */
  readonly to: string
  readonly ticket: string
}

/** Password right, second factor to come. */
export interface Begun {
  readonly account: Account
  readonly begun: BegunSignIn
  readonly interaction: Interaction | undefined
}

export type SignInWays = ReturnType<typeof createSignInWays>

export function createSignInWays(parts: Parts) {
  const { provider, database, accounts, interactions, secondFactor, begunSignIns, sessions, audit, publicUrl } = parts

  const interactionOf = ({ uid }: Way, ctx: Context) =>
    uid === '' ? Promise.resolve(undefined) : interactions.find(ctx, uid)

  function lead(ctx: Context, to: string): void {
    ctx.redirect(`${publicUrl}${to}`)
    ctx.status = 303
  }

  /** Nobody asked for a code: the browser is signed in, and the app at `/` finds it so. */
  async function signInHere(ctx: Context, account: Account, { amr, silent }: FirstStep, { to }: Way): Promise<void> {
    const found = await provider.Session.get(ctx)
    const own = found.accountId === undefined || found.accountId === account.id
    // Somebody else was signed in here: nothing of that session may pass into this one.
    if (!own) {
      await endSession(database, found.uid)
      await found.destroy()
    }
    const session = own ? found : new provider.Session()
    session.loginAccount({ accountId: account.id, amr: [...amr], acr: acrOf(silent), loginTs: account.signInAt })
    if (own) session.resetIdentifier()
    await session.save(lifetime.session)
    await sessions.note(session.uid, account.id, { ip: ctx.ip, agent: ctx.get('user-agent') })
    ctx.cookies.set(provider.cookieName('session'), session.jti, {
      ...{ httpOnly: true, sameSite: 'lax', path: '/', signed: true },
      maxAge: lifetime.session * 1000,
    })
    lead(ctx, to === 'account' ? '/account' : '/')
  }

  async function finish(ctx: Context, account: Account, how: FirstStep, way: Way): Promise<void> {
    const interaction = await interactionOf(way, ctx)
    if (way.uid !== '' && !interaction) return outdated(ctx)
    const clientId = clientOf(interaction)
    await audit(ctx, { interaction: 'login', outcome: 'success', status: 303, account, clientId })
    if (!interaction) return signInHere(ctx, account, how, way)
    return interactions.finish(ctx, interaction, {
      login: { accountId: account.id, amr: [...how.amr], acr: acrOf(how.silent), ts: account.signInAt },
    })
  }

  const nextStep = async (account: Account, { amr }: FirstStep) =>
    amr.includes('mfa') ? 'nothing' : secondFactor.after(account)

  return {
    interactionOf,

    leadsToEnrolment: async (account: Account, first: FirstStep): Promise<boolean> =>
      (await nextStep(account, first)) === 'enrolment',

    /** The password was right, or another provider knows the person: on to the second factor, or to the end. */
    async afterFirstStep(ctx: Context, account: Account, way: Way, first: FirstStep): Promise<void> {
      const next = await nextStep(account, first)
      if (next === 'nothing') return finish(ctx, account, first, way)
      const clientId = clientOf(await interactionOf(way, ctx))
      await audit(ctx, { interaction: 'login-begin', outcome: 'success', status: 303, account, clientId })
      const ticket = keepSecret(ctx, await begunSignIns.begin(account.id, first))
      lead(ctx, linkWith(next === 'challenge' ? '/login/factor' : '/login/enrol', { ...way, ticket }))
    },

    /** Undefined: too late, another browser, or an account that may not act any more. */
    async find(ctx: Context, way: Way): Promise<Begun | undefined> {
      const secret = secretOfTicket(ctx, way.ticket)
      const begun = secret === undefined ? undefined : await begunSignIns.find(secret)
      const account = begun && (await accounts.byId(database, begun.accountId))
      const interaction = await interactionOf(way, ctx)
      if (!begun || !account?.mayAct || (way.uid !== '' && !interaction)) return undefined
      return { account, begun, interaction }
    },

    /** Both factors are through. */
    async afterSecondFactor(ctx: Context, { account, begun }: Begun, amr: readonly string[], way: Way): Promise<void> {
      forgetSecret(ctx, way.ticket)
      if (!(await begunSignIns.end(begun))) return outdated(ctx)
      const { amr: before, silent } = begun.first
      return finish(ctx, account, { amr: [...before, ...amr], silent }, way)
    },
  }
}

export function wayOf(ctx: Context, form?: Fields): Way {
  const value = (name: string) => form?.text(name) || textOf(ctx.query[name])
  return { uid: value('interaction'), to: value('to'), ticket: value('ticket') }
}

/** Takes the way along in a link. */
export function linkWith(path: string, way: Partial<Way>): string {
  const query = new URLSearchParams(given(way)).toString()
  return query === '' ? path : `${path}?${query}`
}

/** Takes the way along in a form. */
export function wayFields(way: Partial<Way>): Html {
  return html`${given(way).map(([name, value]) => hidden(name, value))}`
}

export function addressOf(interaction: Interaction | undefined): string | undefined {
  const address = interaction?.params.redirect_uri
  return typeof address === 'string' ? address : undefined
}

export function clientOf(interaction: Interaction | undefined): string | undefined {
  return interaction && String(interaction.params.client_id)
}

export function outdated(ctx: Context): void {
  showPage(ctx, {
    status: 400,
    title: 'This page is out of date',
    body: html`<p>Please go back to your app and sign in there once more. Cookies must be allowed.</p>
      <p><a class="button" href="/">To the start</a></p>`,
  })
}

function given({ uid, to, ticket }: Partial<Way>): [string, string][] {
  const all = { interaction: uid, to, ticket }
  return Object.entries(all).filter((entry): entry is [string, string] => Boolean(entry[1]))
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : ''
}
