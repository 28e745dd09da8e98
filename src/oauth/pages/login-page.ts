/**
 * `/login`: address and password. A pending doctor is told so, and receives neither code nor token.
 *
 * https://openid.net/specs/openid-connect-core-1_0.html#Authenticates
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { Account } from '../accounts/account.ts'
import type { Login, SignIn } from '../accounts/login.ts'
import type { AuditTrail } from '../audit-trail.ts'
import type { People } from '../people.ts'
import { lifetime } from '../provider/grants.ts'
import type { Interactions } from '../provider/interactions.ts'
import { alert, hidden, input } from './controls.ts'
import { type FormState, readForm } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'
import type { StatusCookie } from './status-cookie.ts'

interface Parts {
  provider: Provider
  login: Login
  interactions: Interactions
  people: Pick<People, 'approvalOf'>
  statusCookie: StatusCookie
  audit: AuditTrail
  publicUrl: string
}

type Refused = Exclude<SignIn, { outcome: 'welcome' }>

export function loginPage(router: Router<FormState>, parts: Parts): void {
  const { provider, login, interactions, people, statusCookie, audit, publicUrl } = parts

  router.get('/login', async (ctx) => {
    const uid = String(ctx.query[interactions.parameter] ?? '')
    if (uid === '') return show(ctx, {})
    const interaction = await interactions.find(ctx, uid)
    return interaction ? show(ctx, { uid, leadsTo: addressOf(interaction) }) : outdated(ctx)
  })

  router.post('/login', readForm, async (ctx) => {
    const { form } = ctx.state
    const uid = form.text(interactions.parameter) || String(ctx.query[interactions.parameter] ?? '')
    const interaction = uid === '' ? undefined : await interactions.find(ctx, uid)
    if (uid !== '' && !interaction) return outdated(ctx)
    const email = form.text('email')
    const result = await login({ email, password: form.text('password'), ip: ctx.ip })
    const clientId = interaction && String(interaction.params.client_id)
    if (result.outcome !== 'welcome') {
      const status = statusOf(result)
      const account = 'account' in result ? result.account : undefined
      await audit(ctx, { interaction: 'login', outcome: 'refused', status, account, clientId })
      return refuse(ctx, result, { uid, email, leadsTo: interaction && addressOf(interaction) })
    }
    const { account } = result
    await audit(ctx, { interaction: 'login', outcome: 'success', status: 303, account, clientId })
    if (interaction) return interactions.finish(ctx, interaction, { login: { accountId: account.id, amr: ['pwd'] } })
    return signInHere(ctx, account)
  })

  /** Nobody asked for a code: the browser is signed in, and the app at `/` finds it so. */
  async function signInHere(ctx: Context, account: Account): Promise<void> {
    const session = await provider.Session.get(ctx)
    session.loginAccount({ accountId: account.id, amr: ['pwd'] })
    session.resetIdentifier()
    await session.save(lifetime.session)
    ctx.cookies.set(provider.cookieName('session'), session.jti, {
      ...{ httpOnly: true, sameSite: 'lax', path: '/', signed: true },
      maxAge: lifetime.session * 1000,
    })
    ctx.redirect(`${publicUrl}/`)
    ctx.status = 303
  }

  async function refuse(ctx: Context, result: Refused, form: LoginForm): Promise<void> {
    const status = statusOf(result)
    if (result.outcome === 'wait') {
      ctx.set('Retry-After', String(result.seconds))
      return show(ctx, {
        ...form,
        status,
        problem: `Too many attempts. Please wait ${result.seconds} seconds and try again.`,
      })
    }
    if (result.outcome === 'wrong') return show(ctx, { ...form, status, problem: 'Address or password is not right.' })
    if (result.outcome === 'unverified') {
      const text = 'Please open the link in the mail that we sent you, so that we know that the address is yours.'
      return showPage(ctx, {
        status,
        title: 'Please confirm your address',
        body: html`<p>${text}</p>
          <p><a href="/forgot">Send me a new link</a></p>`,
      })
    }
    statusCookie.set(ctx, result.account.id)
    const approval = result.account.person && (await people.approvalOf(result.account.person.id))
    return showPage(ctx, { status, ...inactive(approval?.state) })
  }
}

interface LoginForm {
  readonly uid?: string
  readonly email?: string
  readonly problem?: string
  readonly status?: number
  readonly leadsTo?: string | undefined
}

function statusOf(result: Refused): number {
  return { wrong: 401, wait: 429, unverified: 403, inactive: 403 }[result.outcome]
}

function inactive(state: string | undefined) {
  const link = html`<p><a class="button" href="/status">See where it stands</a></p>`
  if (state === 'rejected') return { title: 'Your registration was not accepted', body: link }
  if (state === 'suspended' || state === 'accepted') {
    return {
      title: 'Your account is suspended',
      body: html`<p>An administrator suspended your account. Please ask there.</p>`,
    }
  }
  return {
    title: 'Awaiting approval',
    body: html`<p>Your registration is awaiting approval by an administrator. A mail will tell you.</p>
      ${link}`,
  }
}

function addressOf(interaction: { params: { redirect_uri?: unknown } }): string | undefined {
  const { redirect_uri: address } = interaction.params
  return typeof address === 'string' ? address : undefined
}

function outdated(ctx: Context): void {
  showPage(ctx, {
    status: 400,
    title: 'This page is out of date',
    body: html`<p>Please go back to your app and sign in there once more. Cookies must be allowed.</p>
      <p><a class="button" href="/">To the start</a></p>`,
  })
}

function show(ctx: Context, { uid = '', email, problem, status, leadsTo }: LoginForm): void {
  showPage(ctx, {
    status,
    leadsTo,
    title: 'Sign in',
    body: html`${alert(problem)}
      <form method="post" action="/login">
        ${uid !== '' && hidden('interaction', uid)}
        ${input({ name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'username', value: email })}
        ${input({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' })}
        <button>Sign in</button>
      </form>
      <p><a href="/forgot">Forgot your password?</a></p>
      <p>New here? <a href="/register">Register as a doctor</a> or <a href="/activate">use your invitation</a>.</p>`,
  })
}
