/**
 * The only script of the account pages: browsers hand out passkeys to scripts alone. It asks the browser, puts the answer
 * into the form, and sends that; what it cannot do, it says beside the button.
 *
 * https://www.w3.org/TR/webauthn-3/#sctn-api
 */
export const passkeyScriptPath = '/auth/passkey.js'

export const passkeyScript = `'use strict'
const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
const described = (list = []) => list.map((one) => ({ ...one, id: bytes(one.id) }))

async function create(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: described(options.excludeCredentials),
  }
  const made = await navigator.credentials.create({ publicKey })
  const { clientDataJSON, attestationObject } = made.response
  return {
    ...common(made),
    response: {
      clientDataJSON: text(clientDataJSON),
      attestationObject: text(attestationObject),
      transports: made.response.getTransports ? made.response.getTransports() : [],
    },
  }
}

async function get(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: described(options.allowCredentials),
  }
  const found = await navigator.credentials.get({ publicKey })
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response
  return {
    ...common(found),
    response: {
      clientDataJSON: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      ...(userHandle ? { userHandle: text(userHandle) } : {}),
    },
  }
}

function common(credential) {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
  }
}

function sentence(error) {
  if (error.name === 'InvalidStateError') return 'This device has a passkey for your account already.'
  if (error.name === 'NotAllowedError') return 'That was cancelled, or took too long. Please try again.'
  return 'Your browser could not use a passkey here: ' + error.message
}

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const [button, problem] = [form.querySelector('button'), form.querySelector('.problem')]
  const say = (words) => {
    problem.textContent = words
    problem.hidden = false
  }
  if (!window.PublicKeyCredential) {
    say('This browser knows no passkeys.')
    continue
  }
  button.disabled = false
  form.addEventListener('submit', async (event) => {
    if (form.elements.passkey.value !== '') return
    event.preventDefault()
    problem.hidden = true
    button.disabled = true
    try {
      const options = JSON.parse(form.dataset.options)
      const answer = form.dataset.passkey === 'create' ? await create(options) : await get(options)
      form.elements.passkey.value = JSON.stringify(answer)
      form.submit()
    } catch (error) {
      say(sentence(error))
    } finally {
      button.disabled = false
    }
  })
}
`
