/**
 * `/login/external`: to the hospital's own sign-in and back. The browser that comes back must be the one that left.
 *
 * https://www.rfc-editor.org/rfc/rfc9700#section-4.7 (CSRF)
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Account } from '../accounts/account.ts'
import type { ExternalPerson, ExternalProvider, Journey } from '../accounts/external-provider.ts'
import type { Identities } from '../accounts/identities.ts'
import type { AuditTrail } from '../audit-trail.ts'
import type { Log } from '../log.ts'
import { demandsFresh } from '../provider/single-sign-on.ts'
import { seal, unseal } from '../../store/seal.ts'
import { type FormState, tell } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'
import { outdated, type SignInWays, type Way, wayOf } from './sign-in-way.ts'

interface Parts {
  external: { provider: ExternalProvider; identities: Identities; journeyKey: Buffer } | undefined
  ways: SignInWays
  audit: AuditTrail
  log: Log
}

interface Kept {
  readonly journey: Journey
  readonly way: Way
  readonly until: number
}

const minutes = 10
const cookie = { path: '/login/external', httpOnly: true, sameSite: 'lax', signed: true } as const
const nameOf = (state: string) => `external-${state.slice(0, 16)}`

export function externalPage(router: Router<FormState>, { external, ways, audit, log }: Parts): void {
  if (!external) return
  const { provider, identities, journeyKey } = external

  router.get('/login/external', async (ctx) => {
    const way = wayOf(ctx)
    const interaction = await ways.interactionOf(way, ctx)
    if (way.uid !== '' && !interaction) return outdated(ctx)
    // The account page is where people change how they sign in.
    return leave(ctx, way, way.to === 'account' || (interaction !== undefined && demandsFresh(interaction)))
  })

  router.get('/login/external/callback', async (ctx) => {
    const kept = keptOf(ctx)
    if (!kept) return outdated(ctx)
    const person = await provider.arrive(ctx.querystring, kept.journey).catch((error: unknown) => {
      // What the provider says of the person is no failure of ours.
      if (!(error instanceof Error && 'error' in error)) log.error({ err: error }, 'an external sign-in failed')
      return undefined
    })
    const account = person && (await identities.accountOf(person))
    if (person && account?.mayAct) return arrived(ctx, account, person, kept)
    const status = person ? 403 : 401
    await audit(ctx, { interaction: 'login', outcome: 'refused', status, account })
    if (account) return inactive(ctx)
    return person ? unknown(ctx, person) : cancelled(ctx)
  })

  async function leave(ctx: Context, way: Way, fresh: boolean): Promise<void> {
    const left = await provider.leave(fresh).catch((error: unknown) => {
      log.error({ err: error }, 'the external sign-in did not answer')
      return undefined
    })
    if (!left) return unreachable(ctx)
    const kept: Kept = { journey: left.journey, way, until: Date.now() + minutes * 60_000 }
    const value = seal(JSON.stringify(kept), journeyKey, left.journey.state).toString('base64url')
    ctx.cookies.set(nameOf(left.journey.state), value, { ...cookie, maxAge: minutes * 60_000 })
    ctx.redirect(left.address)
    ctx.status = 303
  }

  async function arrived(ctx: Context, account: Account, person: ExternalPerson, { journey, way }: Kept) {
    const { askedNow, twoSteps } = person
    if (journey.fresh && !askedNow) {
      await audit(ctx, {
        interaction: 'login',
        outcome: 'refused',
        status: 401,
        account,
        detail: { reason: 'not asked' },
      })
      return notAsked(ctx)
    }
    const first = { amr: twoSteps ? ['mfa'] : [], silent: !askedNow }
    // A first factor is added by whoever was asked who he is, not by whoever finds an open desk.
    if (first.silent && (await ways.leadsToEnrolment(account, first))) return leave(ctx, way, true)
    return ways.afterFirstStep(ctx, account, way, first)
  }

  function keptOf(ctx: Context): Kept | undefined {
    const { state } = ctx.query
    if (typeof state !== 'string' || !/^[\w-]{16,100}$/.test(state)) return undefined
    const value = ctx.cookies.get(nameOf(state), { signed: true })
    ctx.cookies.set(nameOf(state), null, cookie)
    if (value === undefined) return undefined
    try {
      const kept = JSON.parse(unseal(Buffer.from(value, 'base64url'), journeyKey, state)) as Kept
      return kept.until > Date.now() ? kept : undefined
    } catch {
      return undefined
    }
  }

  function unreachable(ctx: Context): void {
    const text = `${provider.name} does not answer. Please try again in a moment, or sign in with your password.`
    tell(ctx, { status: 503, title: 'This sign-in does not answer', text, retryAfter: 30 })
  }

  function cancelled(ctx: Context): void {
    const text = `You were not signed in by ${provider.name}. Go back to your app and try again.`
    tell(ctx, { status: 401, title: 'That did not work', text })
  }

  function notAsked(ctx: Context): void {
    const text = `This needs a sign-in of just now, and ${provider.name} did not ask you for one. Sign out there and try again.`
    tell(ctx, { status: 401, title: 'That did not work', text })
  }

  function unknown(ctx: Context, { email }: ExternalPerson): void {
    showPage(ctx, {
      status: 403,
      title: 'There is no account for you yet',
      body: html`<p>
          ${provider.name} knows you${email && html` as <strong>${email}</strong>`}, but no account here belongs to
          that.
        </p>
        <p>Ask an administrator to link your account, or <a href="/login">sign in with your password</a>.</p>`,
    })
  }
}

function inactive(ctx: Context): void {
  showPage(ctx, {
    status: 403,
    title: 'Your account cannot be used now',
    body: html`<p>It awaits approval, or an administrator suspended it.</p>
      <p><a class="button" href="/status">See where it stands</a></p>`,
  })
}
