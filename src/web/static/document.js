import { personText } from './documents.js'
import { h, problem, say, show } from './dom.js'
import { bytesOf, search } from './fhir.js'
import { conceptText, dateText, sizeText, titleText } from './words.js'

/** Shown in the page; everything else, HTML and SVG above all, can only be saved. */
const viewers = {
  'application/pdf': pdfViewer,
  'image/png': imageViewer,
  'image/jpeg': imageViewer,
  'image/gif': imageViewer,
  'image/webp': imageViewer,
  'text/plain': textViewer,
}

/** Larger ones are fetched when asked for. */
const fetchedAtOnce = 25_000_000

/** One document: what is known about it, and its files. */
export async function documentView(id) {
  const query = new URLSearchParams({ _id: id })
  query.append('_include', 'DocumentReference:author')
  query.append('_include', 'DocumentReference:patient')
  const { matches, others } = await search(`DocumentReference?${query}`)
  const [found] = matches
  if (!found) throw new Error('This document is not here, or it is not shared with you.')
  const files = (found.content ?? []).map(({ attachment }) => fileSection(attachment, titleText(found)))
  show(
    h('p', { className: 'no-print' }, h('a', { href: '#/' }, '← My documents')),
    h('h1', {}, titleText(found)),
    facts(found, others),
    ...files.map(({ section }) => section),
  )
  for (const { start } of files) await start()
}

function facts(found, others) {
  const rows = [
    ['Patient', personText(found.subject, others)],
    ['Type', conceptText(found.type)],
    ['Category', (found.category ?? []).map(conceptText).join(', ')],
    ['Date', dateText(found.date)],
    ['Author', (found.author ?? []).map((author) => personText(author, others)).join(', ')],
    ['Description', found.description === titleText(found) ? '' : found.description],
    ['File', (found.content ?? []).map(({ attachment }) => attachment?.title ?? '').join(', ')],
    ['Status', found.status === 'current' ? '' : found.status],
  ]
  return h(
    'dl',
    { className: 'facts' },
    rows.filter(([, text]) => text).map(([term, text]) => h('div', {}, h('dt', {}, term), h('dd', {}, text))),
  )
}

function fileSection(attachment, title) {
  const place = h('div', { className: 'file' })
  const name = fileName(attachment, title)
  const open = async () => {
    place.replaceChildren(h('p', {}, `Opening ${name}…`))
    try {
      const bytes = await bytesOf(attachment.url)
      place.replaceChildren(...(bytes ? await shown(bytes, name, attachment) : elsewhere(attachment)))
      say('')
    } catch (error) {
      place.replaceChildren(problem(error, { text: 'Try again', run: open }))
    }
  }
  const ask = h('button', { type: 'button', onclick: open }, `Open ${name} (${sizeText(attachment.size)})`)
  const start = async () => {
    if (!attachment.url) place.replaceChildren(h('p', {}, 'No file belongs to this document.'))
    else if ((attachment.size ?? 0) > fetchedAtOnce) place.replaceChildren(h('p', {}, ask))
    else await open()
  }
  return { section: h('section', { 'aria-label': name }, place), start }
}

async function shown({ blob, type }, name, attachment) {
  const mediaType = (type || attachment.contentType || '').split(';')[0].trim().toLowerCase()
  const viewer = viewers[mediaType]
  // The type that the viewer gets is one of ours, never what the server or the file claims.
  const safe = new Blob([blob], { type: viewer ? mediaType : 'application/octet-stream' })
  const url = URL.createObjectURL(safe)
  window.addEventListener('hashchange', () => URL.revokeObjectURL(url), { once: true })
  const actions = h(
    'p',
    { className: 'actions no-print' },
    h('a', { className: 'button', href: url, download: name }, `Save (${sizeText(blob.size)})`),
    mediaType === 'application/pdf' &&
      h('a', { className: 'button', href: url, target: '_blank', rel: 'noopener' }, 'Open in a new tab'),
    viewer &&
      mediaType !== 'application/pdf' &&
      h('button', { type: 'button', onclick: () => window.print() }, 'Print'),
  )
  const view = viewer
    ? await viewer(url, name, safe)
    : h(
        'p',
        {},
        'Files of this kind are not shown here, for safety. Save it and open it with a program that you trust.',
      )
  return [actions, view]
}

function elsewhere(attachment) {
  return [
    h(
      'p',
      {},
      'This file lies on another server: ',
      h('a', { href: safeLink(attachment.url), rel: 'noreferrer', target: '_blank' }, attachment.url),
    ),
  ]
}

/** Only links of the web, no `javascript:`. */
function safeLink(url) {
  return /^https?:\/\//i.test(url) ? url : undefined
}

function pdfViewer(url, name) {
  return h('iframe', { className: 'viewer', src: url, title: name })
}

function imageViewer(url, name) {
  return h('img', { className: 'viewer', src: url, alt: name })
}

async function textViewer(_url, name, blob) {
  return h('pre', { className: 'viewer text', tabIndex: 0, 'aria-label': name }, await blob.text())
}

const extensions = { 'application/pdf': '.pdf', 'image/png': '.png', 'image/jpeg': '.jpg', 'text/plain': '.txt' }

/** A name to save under: no path, nothing that a file system or a reader stumbles over. */
function fileName(attachment, title) {
  const name = (attachment.title || title)
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}/\\:*?"<>|]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 120)
  return /\.\w{1,5}$/.test(name) ? name : `${name || 'document'}${extensions[attachment.contentType] ?? ''}`
}
