/**
 * `/login/factor`: the second step of signing in, by a code, a passkey, or a recovery code.
 *
 * https://cheatsheetseries.owasp.org/cheatsheets/Multifactor_Authentication_Cheat_Sheet.html
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Fields } from '../accounts/fields.ts'
import type { Answer, SecondFactor } from '../accounts/second-factor.ts'
import type { AuditTrail } from '../audit-trail.ts'
import { alert, input } from './controls.ts'
import { passkeyForm } from './factor-forms.ts'
import { type FormState, readForm } from './form.ts'
import { type Html, html } from './html.ts'
import { showPage } from './page.ts'
import { parsedPasskey } from './parsed-passkey.ts'
import { passkeyScriptPath } from './passkey-script.ts'
import {
  addressOf,
  type Begun,
  clientOf,
  outdated,
  type SignInWays,
  type Way,
  wayFields,
  wayOf,
} from './sign-in-way.ts'

interface Parts {
  ways: SignInWays
  secondFactor: SecondFactor
  audit: AuditTrail
}

export function factorPage(router: Router<FormState>, { ways, secondFactor, audit }: Parts): void {
  router.get('/login/factor', async (ctx) => {
    const way = wayOf(ctx)
    const found = await ways.find(ctx, way)
    return found ? show(ctx, found, way) : outdated(ctx)
  })

  router.post('/login/factor', readForm, async (ctx) => {
    const way = wayOf(ctx, ctx.state.form)
    const found = await ways.find(ctx, way)
    if (!found) return outdated(ctx)
    const { account, begun, interaction } = found
    const answer = answerOf(ctx.state.form)
    const proof = await secondFactor.check(account, begun, answer, ctx.ip)
    if (proof.outcome === 'proven') return ways.afterSecondFactor(ctx, found, proof.amr, way)
    const status = proof.outcome === 'wait' ? 429 : 401
    await audit(ctx, { interaction: 'login', outcome: 'refused', status, account, clientId: clientOf(interaction) })
    if (proof.outcome === 'wait') ctx.set('Retry-After', String(proof.seconds))
    return show(ctx, found, way, { status, text: proof.outcome === 'wait' ? pause(proof.seconds) : wrong(answer) })
  })

  async function show(ctx: Context, found: Begun, way: Way, problem?: { status: number; text: string }): Promise<void> {
    const { code, passkey } = await secondFactor.ways(found.account, found.begun)
    const fields = wayFields(way)
    showPage(ctx, {
      status: problem?.status ?? 200,
      title: 'One more step',
      leadsTo: addressOf(found.interaction),
      script: passkey && passkeyScriptPath,
      body: html`${alert(problem?.text)}
        <p>Your password is right. Now show that it is really you, <strong>${found.account.email}</strong>.</p>
        ${code && codeForm(fields)}
        ${
          passkey &&
          html`${code && html`<h2>Or with a passkey</h2>`}
            <p>Your fingerprint, your face, the PIN of this device, or your security key.</p>
            ${passkeyForm({ action: '/login/factor', fields, does: 'get', options: passkey, button: 'Use your passkey' })}`
        }
        ${recoveryForm(fields)}`,
    })
  }
}

function answerOf(form: Fields): Answer {
  if (form.text('passkey') !== '') return { passkey: parsedPasskey(form.text('passkey')) }
  if (form.text('recovery') !== '') return { recovery: form.text('recovery') }
  return { code: form.text('code') }
}

function pause(seconds: number): string {
  return `Too many attempts. Please wait ${seconds} seconds and try again.`
}

function wrong(answer: Answer): string {
  if ('passkey' in answer)
    return 'This passkey does not belong to your account, or was asked too late. Please try again.'
  if ('recovery' in answer)
    return 'This recovery code is not right, or it was used before. Take the next one on your list.'
  return 'This code is not right, or it was used before. Wait until the app shows the next one, and type that.'
}

function codeForm(fields: Html): Html {
  return html`<form method="post" action="/login/factor">
    ${fields}
    ${input({ name: 'code', label: 'Code from your authenticator app', hint: 'Six digits, new every 30 seconds.', inputmode: 'numeric', autocomplete: 'one-time-code' })}
    <button>Sign in</button>
  </form>`
}

function recoveryForm(fields: Html): Html {
  return html`<details>
    <summary>Phone or key not at hand?</summary>
    <form method="post" action="/login/factor">
      ${fields}
      ${input({ name: 'recovery', label: 'A recovery code from your list', hint: 'Four groups of four letters and digits.' })}
      <button class="second">Sign in with the recovery code</button>
    </form>
    <p>No recovery codes either? An administrator can reset this step for you.</p>
  </details>`
}
