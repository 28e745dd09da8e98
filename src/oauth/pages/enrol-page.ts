/**
 * `/login/enrol`: a second factor is demanded of this person, who has none yet. It is added before the sign-in goes on.
 *
 * https://pages.nist.gov/800-63-4/sp800-63b.html#binding
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Added, FactorEnrolment, Offer } from '../accounts/factor-enrolment.ts'
import type { Fields } from '../accounts/fields.ts'
import type { BegunSignIns } from '../accounts/begun-sign-ins.ts'
import { byCode, byKey, type SecondFactor } from '../accounts/second-factor.ts'
import type { AuditTrail } from '../audit-trail.ts'
import { alert } from './controls.ts'
import { enrolForms, nameOf, recoveryCodeList, refusalOf } from './factor-forms.ts'
import { type FormState, readForm } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'
import { parsedPasskey } from './parsed-passkey.ts'
import { passkeyScriptPath } from './passkey-script.ts'
import { addressOf, type Begun, outdated, type SignInWays, type Way, wayFields, wayOf } from './sign-in-way.ts'

interface Parts {
  ways: SignInWays
  secondFactor: SecondFactor
  begunSignIns: BegunSignIns
  enrolment: FactorEnrolment
  audit: AuditTrail
}

export function enrolPage(router: Router<FormState>, parts: Parts): void {
  const { ways, secondFactor, begunSignIns, enrolment, audit } = parts

  /** Only while there is no factor: who knows the password alone must not add a second one. */
  async function find(ctx: Context, way: Way): Promise<Begun | undefined> {
    const found = await ways.find(ctx, way)
    return found && (await secondFactor.after(found.account)) === 'enrolment' ? found : undefined
  }

  router.get('/login/enrol', async (ctx) => {
    const way = wayOf(ctx)
    const found = await find(ctx, way)
    return found ? show(ctx, found, way, await enrolment.offer(found.account)) : outdated(ctx)
  })

  router.post('/login/enrol', readForm, async (ctx) => {
    const { form } = ctx.state
    const way = wayOf(ctx, form)
    const found = await find(ctx, way)
    if (!found) return outdated(ctx)
    const { account, begun } = found
    const byPasskey = form.text('passkey') !== ''
    const added = await add(enrolment, found, form, byPasskey)
    const done = typeof added === 'object'
    const status = done ? 200 : 422
    await audit(ctx, { interaction: 'factor-add', outcome: done ? 'success' : 'refused', status, account })
    if (!done) {
      const offer = (await enrolment.again(account, form.text('setup'))) ?? (await enrolment.offer(account))
      return show(ctx, found, way, offer, refusalOf(added, byPasskey))
    }
    await begunSignIns.pass(begun, byPasskey ? byKey : byCode)
    return showPage(ctx, {
      title: 'Keep your recovery codes',
      leadsTo: addressOf(found.interaction),
      body: html`${recoveryCodeList(added.recoveryCodes ?? [])}
        <form method="post" action="/login/continue">${wayFields(way)}<button>I have them, go on</button></form>`,
    })
  })

  router.post('/login/continue', readForm, async (ctx) => {
    const way = wayOf(ctx, ctx.state.form)
    const found = await ways.find(ctx, way)
    return found?.begun.passed ? ways.afterSecondFactor(ctx, found, found.begun.passed, way) : outdated(ctx)
  })
}

function add(enrolment: FactorEnrolment, { account }: Begun, form: Fields, byPasskey: boolean): Promise<Added> {
  const setup = form.text('setup')
  if (!byPasskey) {
    return enrolment.addAuthenticator(account, { setup, code: form.text('code'), name: nameOf('', 'app'), first: true })
  }
  const answer = parsedPasskey(form.text('passkey'))
  return enrolment.addPasskey(account, { setup, answer, name: nameOf('', 'passkey'), first: true })
}

function show(ctx: Context, found: Begun, way: Way, offer: Offer, problem?: string): void {
  showPage(ctx, {
    status: problem ? 422 : 200,
    title: 'Add a second step for signing in',
    leadsTo: addressOf(found.interaction),
    script: offer.passkey && passkeyScriptPath,
    body: html`${alert(problem)}
      <p>Health records need more than a password. You do this once; from then on the second step takes a moment.</p>
      ${enrolForms({ action: '/login/enrol', fields: wayFields(way), offer, named: false })}`,
  })
}
