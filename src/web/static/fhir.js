import { fhirBase, forgetSession, session } from './smart.js'

/** An answer that is no success, in words; `status` 0: there was no answer. */
export class FhirFailure extends Error {
  constructor(status, outcome) {
    super(sentence(status, outcome))
    this.status = status
  }
}

/** GETs JSON: `Patient/1`, or the absolute URL of a next page. */
export async function get(path) {
  return (await request(path)).json()
}

/** Every resource of a search page by how it is there: those that match, and the others by `Type/id`. */
export async function search(path) {
  const bundle = await get(path)
  const entries = bundle.entry ?? []
  return {
    matches: entries.filter((entry) => entry.search?.mode !== 'include').map(({ resource }) => resource),
    others: new Map(entries.map(({ resource }) => [`${resource.resourceType}/${resource.id}`, resource])),
    next: bundle.link?.find(({ relation }) => relation === 'next')?.url,
  }
}

export async function create(resource) {
  const response = await request(resource.resourceType, {
    method: 'POST',
    body: JSON.stringify(resource),
    headers: { 'content-type': 'application/fhir+json', prefer: 'return=representation' },
  })
  return response.json()
}

/** The bytes of an attachment of this server, or undefined when it lies elsewhere: the token goes nowhere else. */
export async function bytesOf(url) {
  const absolute = new URL(url, `${fhirBase}/`).href
  if (!absolute.startsWith(`${fhirBase}/Binary/`)) return undefined
  // Anything but FHIR's JSON is the file itself.
  const response = await request(absolute, { headers: { accept: '*/*' } })
  return { blob: await response.blob(), type: response.headers.get('content-type') ?? '' }
}

/**
 * Sends a file as it is, reporting what part of it has gone (0 to 1). `fetch` cannot tell how far an upload is.
 * https://hl7.org/fhir/R4/binary.html#rest
 */
export function upload(file, type, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest()
    sending.open('POST', `${fhirBase}/Binary`)
    sending.setRequestHeader('authorization', `Bearer ${session()?.accessToken}`)
    sending.setRequestHeader('content-type', type)
    sending.setRequestHeader('accept', 'application/fhir+json')
    sending.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0)
    sending.onload = () => {
      if (sending.status === 201) return resolve(idOf(sending))
      reject(failure(sending.status, parsed(sending.responseText)))
    }
    sending.onerror = () => reject(new FhirFailure(0))
    sending.onabort = () => reject(new DOMException('The upload was stopped.', 'AbortError'))
    signal.addEventListener('abort', () => sending.abort())
    sending.send(file)
  })
}

async function request(path, options = {}) {
  const headers = {
    accept: 'application/fhir+json',
    ...options.headers,
    authorization: `Bearer ${session()?.accessToken}`,
  }
  const url = new URL(path, `${fhirBase}/`).href
  if (!url.startsWith(`${fhirBase}/`)) throw new FhirFailure(404)
  const response = await fetch(url, { cache: 'no-store', ...options, headers }).catch(() => undefined)
  if (!response) throw new FhirFailure(0)
  if (!response.ok) throw failure(response.status, parsed(await response.text()))
  return response
}

function failure(status, outcome) {
  const failed = new FhirFailure(status, outcome)
  if (status === 401) {
    forgetSession()
    window.dispatchEvent(new CustomEvent('signed-out', { detail: failed }))
  }
  return failed
}

function idOf(sent) {
  const location = /Binary\/([A-Za-z0-9\-.]{1,64})/.exec(sent.getResponseHeader('location') ?? '')
  return location ? location[1] : parsed(sent.responseText)?.id
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const advice = {
  0: 'The server cannot be reached. Check the connection and try again.',
  401: 'Your sign-in has ended. Sign in again to go on.',
  403: 'Your account may not do this.',
  404: 'This is not here, or it is not shared with you.',
  410: 'This was deleted.',
  413: 'This file is too large for the server. Make it smaller, or split it.',
  415: 'The server does not take files of this kind. Try a PDF.',
  429: 'That was too much at once. Wait a minute and try again.',
  503: 'The server is busy. Wait a minute and try again.',
}

function sentence(status, outcome) {
  const reason = outcome?.issue?.map(({ diagnostics, details }) => diagnostics ?? details?.text).filter(Boolean)[0]
  const words =
    advice[status] ?? (status >= 500 ? 'The server failed. Try again, and tell its administrator if it goes on.' : '')
  return (
    [words, status === 401 || status === 404 ? '' : reason].filter(Boolean).join(' ') ||
    `The server answered ${status}.`
  )
}
