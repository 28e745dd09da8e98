/**
 * `/account/factor` and `/account/recovery-codes`: adding, naming and removing second factors, by whoever signed in just now.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Multifactor_Authentication_Cheat_Sheet.html#changing-mfa-factors
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { FactorCare } from '../accounts/factor-care.ts'
import type { FactorEnrolment, Offer } from '../accounts/factor-enrolment.ts'
import type { Account } from '../accounts/account.ts'
import { byCode, byKey } from '../accounts/second-factor.ts'
import type { AuditEvent, AuditTrail } from '../audit-trail.ts'
import type { ShowAccount } from './account-page.ts'
import { alert } from './controls.ts'
import { enrolForms, nameOf, recoveryCodeList, refusalOf } from './factor-forms.ts'
import { type FormState, readForm } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'
import { parsedPasskey } from './parsed-passkey.ts'
import { passkeyScriptPath } from './passkey-script.ts'
import type { OwnerState, SignedIn } from './signed-in.ts'

interface Parts {
  signedIn: SignedIn
  enrolment: FactorEnrolment
  factorCare: FactorCare
  showAccount: ShowAccount
  audit: AuditTrail
  publicUrl: string
}

export function accountFactors(forms: Router<FormState>, parts: Parts): void {
  const { signedIn, enrolment, factorCare, showAccount, audit, publicUrl } = parts
  const router = forms as unknown as Router<OwnerState>

  async function note(ctx: Context, account: Account, interaction: AuditEvent['interaction'], status: number) {
    await audit(ctx, { interaction, outcome: status < 400 ? 'success' : 'refused', status, account })
  }

  function back(ctx: Context, done: string): void {
    ctx.redirect(`${publicUrl}/account?done=${done}`)
    ctx.status = 303
  }

  router.get('/account/factor', signedIn.recently, async (ctx) =>
    show(ctx, await enrolment.offer(ctx.state.owner.account)),
  )

  router.post('/account/factor', signedIn.recently, readForm, async (ctx) => {
    const { form, owner } = ctx.state
    const { account } = owner
    const byPasskey = form.text('passkey') !== ''
    const name = nameOf(form.text('name'), byPasskey ? 'passkey' : 'app')
    const given = { setup: form.text('setup'), name, first: false }
    const added = byPasskey
      ? await enrolment.addPasskey(account, { ...given, answer: parsedPasskey(form.text('passkey')) })
      : await enrolment.addAuthenticator(account, { ...given, code: form.text('code') })
    await note(ctx, account, 'factor-add', typeof added === 'object' ? 200 : 422)
    if (typeof added !== 'object') {
      const offer = (await enrolment.again(account, given.setup)) ?? (await enrolment.offer(account))
      return show(ctx, offer, refusalOf(added, byPasskey), form.text('name'))
    }
    await owner.proved(byPasskey ? byKey : byCode)
    return added.recoveryCodes ? showCodes(ctx, added.recoveryCodes) : back(ctx, 'added')
  })

  router.post('/account/factor/rename', signedIn.recently, readForm, async (ctx) => {
    const { form, owner } = ctx.state
    const name = nameOf(form.text('name'), 'app')
    const renamed = await factorCare.rename(owner.account, form.text('id'), name)
    await note(ctx, owner.account, 'factor-rename', renamed ? 303 : 404)
    if (renamed) return back(ctx, 'renamed')
    return showAccount(ctx, owner, { status: 404, text: 'This is not there any more.' })
  })

  router.post('/account/factor/remove', signedIn.recently, readForm, async (ctx) => {
    const { form, owner } = ctx.state
    const outcome = await factorCare.remove(owner.account, form.text('id'))
    await note(ctx, owner.account, 'factor-remove', outcome === 'done' ? 303 : 422)
    if (outcome === 'done') return back(ctx, 'removed')
    const text =
      outcome === 'last'
        ? 'This is your only one, and you must have one. Add another first.'
        : 'This is not there any more.'
    return showAccount(ctx, owner, { status: outcome === 'last' ? 422 : 404, text })
  })

  router.post('/account/recovery-codes', signedIn.recently, async (ctx) => {
    const { owner } = ctx.state
    const codes = await factorCare.renewRecoveryCodes(owner.account)
    await note(ctx, owner.account, 'recovery-codes', codes ? 200 : 422)
    if (codes) return showCodes(ctx, codes)
    return showAccount(ctx, owner, { status: 422, text: 'Add a second step first.' })
  })
}

function show(ctx: Context, offer: Offer, problem?: string, name?: string): void {
  showPage(ctx, {
    status: problem ? 422 : 200,
    title: 'Add a second step for signing in',
    signedIn: true,
    script: offer.passkey && passkeyScriptPath,
    body: html`${alert(problem)} ${enrolForms({ action: '/account/factor', fields: html``, offer, named: true, name })}
      <p><a href="/account">Back without adding anything</a></p>`,
  })
}

function showCodes(ctx: Context, codes: readonly string[]): void {
  showPage(ctx, {
    title: 'Keep your recovery codes',
    signedIn: true,
    body: html`${recoveryCodeList(codes)}
      <p><a class="button" href="/account">I have them, go on</a></p>`,
  })
}
