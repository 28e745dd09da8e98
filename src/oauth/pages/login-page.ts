/**
 * `/login`: address and password. A pending doctor is told so, and receives neither code nor token.
 *
 * https://openid.net/specs/openid-connect-core-1_0.html#Authenticates
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Login, SignIn } from '../accounts/login.ts'
import type { AuditTrail } from '../audit-trail.ts'
import type { People } from '../people.ts'
import { alert, input } from './controls.ts'
import { type FormState, readForm } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'
import { addressOf, clientOf, linkWith, outdated, type SignInWays, type Way, wayFields, wayOf } from './sign-in-way.ts'
import type { StatusCookie } from './status-cookie.ts'

interface Parts {
  login: Login
  ways: SignInWays
  people: Pick<People, 'approvalOf'>
  statusCookie: StatusCookie
  audit: AuditTrail
  /** How people call the provider that they may sign in with instead. */
  externalName: string | undefined
}

type Refused = Exclude<SignIn, { outcome: 'welcome' }>

export function loginPage(router: Router<FormState>, parts: Parts): void {
  const { login, ways, people, statusCookie, audit, externalName } = parts

  router.get('/login', async (ctx) => {
    const way = wayOf(ctx)
    const interaction = await ways.interactionOf(way, ctx)
    if (way.uid !== '' && !interaction) return outdated(ctx)
    return show(ctx, { way, externalName, leadsTo: addressOf(interaction) })
  })

  router.post('/login', readForm, async (ctx) => {
    const { form } = ctx.state
    const way = wayOf(ctx, form)
    const interaction = await ways.interactionOf(way, ctx)
    if (way.uid !== '' && !interaction) return outdated(ctx)
    const email = form.text('email')
    const result = await login({ email, password: form.text('password'), ip: ctx.ip })
    if (result.outcome === 'welcome')
      return ways.afterFirstStep(ctx, result.account, way, { amr: ['pwd'], silent: false })
    const status = statusOf(result)
    const account = 'account' in result ? result.account : undefined
    await audit(ctx, { interaction: 'login', outcome: 'refused', status, account, clientId: clientOf(interaction) })
    return refuse(ctx, result, { way, email, externalName, leadsTo: addressOf(interaction) })
  })

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
  readonly way: Way
  readonly externalName: string | undefined
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

function show(ctx: Context, { way, externalName, email, problem, status, leadsTo }: LoginForm): void {
  showPage(ctx, {
    status,
    leadsTo,
    title: 'Sign in',
    body: html`${alert(problem)}
      ${way.to === 'account' && !problem && html`<p>To change how you sign in, please sign in once more.</p>`}
      <form method="post" action="/login">
        ${wayFields(way)}
        ${input({ name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'username', value: email })}
        ${input({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' })}
        <button>Sign in</button>
      </form>
      ${
        externalName !== undefined &&
        html`<p>
          <a class="button second" href="${linkWith('/login/external', way)}">Sign in with ${externalName}</a>
        </p>`
      }
      <p><a href="/forgot">Forgot your password?</a></p>
      <p>New here? <a href="/register">Register as a doctor</a> or <a href="/activate">use your invitation</a>.</p>`,
  })
}
