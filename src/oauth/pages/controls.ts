/**
 * Labelled controls of our forms, with what is wrong beside them.
 *
 * https://www.w3.org/WAI/tutorials/forms/
 */
import { type Html, html } from './html.ts'

export interface Input {
  readonly name: string
  /** Where the name stands on a page twice. */
  readonly id?: string
  readonly label: string
  readonly type?: 'text' | 'email' | 'password' | 'date' | 'search'
  readonly value?: string
  readonly autocomplete?: string
  /** Which keyboard a phone shows. */
  readonly inputmode?: 'numeric' | 'text'
  readonly hint?: string
  readonly problem?: string
  readonly required?: boolean
}

export function input({
  name,
  id = name,
  label,
  type = 'text',
  value,
  autocomplete = 'off',
  inputmode,
  hint,
  problem,
  required = true,
}: Input): Html {
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ')
  return html`<div class="field">
    <label for="${id}">${label}</label>
    ${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
    <input
      id="${id}"
      name="${name}"
      type="${type}"
      autocomplete="${autocomplete}"
      ${inputmode && html`inputmode="${inputmode}"`}
      ${value !== undefined && type !== 'password' && html`value="${value}"`}
      ${described !== '' && html`aria-describedby="${described}"`}
      ${problem && html`aria-invalid="true"`}
      ${required && html`required`}
    />
    ${problem && html`<p class="problem" id="${id}-problem">${problem}</p>`}
  </div>`
}

export function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}" />`
}

export function alert(text: string | undefined): Html | undefined {
  return text === undefined ? undefined : html`<p class="notice bad" role="alert">${text}</p>`
}

export function notice(text: string): Html {
  return html`<p class="notice" role="status">${text}</p>`
}
