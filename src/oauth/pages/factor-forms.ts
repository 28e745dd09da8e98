/**
 * The forms in which second factors are added and shown. A code can be typed without any script; a passkey cannot.
 *
 * https://www.w3.org/WAI/tutorials/forms/
 */
import { renderSVG } from 'uqr'
import type { Added, Offer } from '../accounts/factor-enrolment.ts'
import { hidden, input } from './controls.ts'
import { type Html, html, trusted } from './html.ts'

interface PasskeyForm {
  readonly action: string
  readonly fields: Html
  /** What the browser is asked to do, and with what. */
  readonly does: 'create' | 'get'
  readonly options: object
  readonly button: string
}

export function passkeyForm({ action, fields, does, options, button }: PasskeyForm): Html {
  return html`<form method="post" action="${action}" data-passkey="${does}" data-options="${JSON.stringify(options)}">
    ${fields} ${hidden('passkey', '')}
    <p class="problem" role="alert" hidden></p>
    <noscript><p class="hint">Passkeys need JavaScript.</p></noscript>
    <button disabled>${button}</button>
  </form>`
}

interface EnrolForms {
  readonly action: string
  readonly fields: Html
  readonly offer: Offer
  readonly problem?: string | undefined
  /** Whether the person names what is added. */
  readonly named: boolean
  /** The name that was typed before something was wrong. */
  readonly name?: string | undefined
}

export function enrolForms({ action, fields, offer, problem, named, name: typed }: EnrolForms): Html {
  const { setup, secret, address, passkey } = offer
  const carried = html`${fields} ${hidden('setup', setup)}`
  const name = (id: string, example: string) =>
    named &&
    input({
      name: 'name',
      id,
      label: 'What do you call it?',
      hint: `Such as “${example}”.`,
      value: typed,
      required: false,
    })
  return html`<section>
      <h2>With an authenticator app</h2>
      <p>Open the app on your phone and scan this picture.</p>
      <div class="qr" role="img" aria-label="QR code for your authenticator app">
        ${trusted(renderSVG(address, { ecc: 'M', border: 3 }))}
      </div>
      <p>On this device already? <a href="${address}">Open the app</a>. Or type this key into it:</p>
      <p><code class="key">${secret.match(/.{1,4}/g)!.join(' ')}</code></p>
      <form method="post" action="${action}">
        ${carried} ${name('app-name', 'My phone')}
        ${input({ name: 'code', label: 'Code that the app shows', hint: 'Six digits, new every 30 seconds.', inputmode: 'numeric', autocomplete: 'one-time-code', problem })}
        <button>Use this app</button>
      </form>
    </section>
    ${
      passkey &&
      html`<section>
        <h2>Or with a passkey</h2>
        <p>Your fingerprint, your face, the PIN of this device, or a security key.</p>
        ${passkeyForm({
          action,
          fields: html`${carried} ${name('passkey-name', 'Key on my ring')}`,
          does: 'create',
          options: passkey,
          button: 'Use a passkey',
        })}
      </section>`
    }`
}

/** They are shown once; on paper they outlive the phone. */
export function recoveryCodeList(codes: readonly string[]): Html {
  return html`<p>
      When your phone or key is lost, one of these codes lets you in instead. Each works once. Print this page or write
      them down, and keep them where nobody else finds them. They are not shown again.
    </p>
    <ol class="codes">
      ${codes.map((code) => html`<li><code>${code}</code></li>`)}
    </ol>`
}

/** The name of a new factor, as the person typed it, or what it is. */
export function nameOf(typed: string, kind: 'app' | 'passkey'): string {
  const name = typed
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, 60)
  return name || (kind === 'app' ? 'Authenticator app' : 'Passkey')
}

/** What went wrong with adding, for the person who did it. */
export function refusalOf(refused: Extract<Added, string>, byPasskey: boolean): string {
  if (refused === 'outdated') return 'This page was open for too long, or sent twice. Please begin again.'
  if (refused === 'too-many') return 'You have twenty of them already. Remove one first.'
  if (byPasskey) return 'What your browser answered could not be used. Please try again.'
  return 'This code is not right. Wait until the app shows the next one, and type that.'
}
