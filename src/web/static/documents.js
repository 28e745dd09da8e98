import { h, problem, say, show } from './dom.js'
import { search } from './fhir.js'
import { conceptText, dateText, nameText, sizeText, titleText } from './words.js'

const page = 20

/** The documents that this person may read, newest first. */
export async function documentsView(person) {
  const isPatient = person.resourceType === 'Patient'
  const rows = h('tbody')
  const more = h('p', { className: 'no-print' })
  const list = h(
    'table',
    { className: 'documents' },
    h('caption', { className: 'unseen' }, 'Documents, newest first'),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        columns(isPatient).map((text) => h('th', { scope: 'col' }, text)),
      ),
    ),
    rows,
  )
  const nothing = h('p', { className: 'empty', hidden: true })

  async function load(path, keep) {
    say('Loading documents…')
    const { matches, others, next } = await search(path)
    if (!keep) rows.replaceChildren()
    rows.append(...matches.map((document) => row(document, others, isPatient)))
    list.hidden = rows.childElementCount === 0
    nothing.hidden = !list.hidden
    more.replaceChildren(...(next ? [moreButton(next)] : []))
    say(list.hidden ? 'No documents' : `${rows.childElementCount} documents shown${next ? ', there are more' : ''}`)
  }

  function moreButton(next) {
    const button = h('button', { type: 'button', onclick: () => attempt(() => load(next, true), more) }, 'Show more')
    return button
  }

  async function find(name) {
    nothing.textContent = name ? `No document of a patient called “${name}” is shared with you.` : emptyText(isPatient)
    await load(firstPage(person, name), false)
  }

  await find('')
  show(
    h(
      'div',
      { className: 'heading' },
      h('h1', {}, 'My documents'),
      // Who reads for somebody else does not write for them.
      person.resourceType !== 'RelatedPerson' &&
        h('a', { className: 'button primary no-print', href: '#/upload' }, 'Upload a document'),
    ),
    isPatient ? undefined : filter((name) => attempt(() => find(name), more)),
    list,
    nothing,
    more,
  )
}

function columns(isPatient) {
  return ['Title', ...(isPatient ? [] : ['Patient']), 'Type', 'Date', 'Author', 'Size']
}

function firstPage(person, name) {
  const query = new URLSearchParams({ _sort: '-date', _count: String(page) })
  if (person.resourceType === 'Patient') query.set('patient', `Patient/${person.id}`)
  else query.append('_include', 'DocumentReference:patient')
  if (name) query.set('patient.name', name)
  query.append('_include', 'DocumentReference:author')
  return `DocumentReference?${query}`
}

function emptyText(isPatient) {
  return isPatient
    ? 'There are no documents yet. What your doctors add to your record appears here.'
    : 'There are no documents yet. What you upload and what others share with you appears here.'
}

function row(document, others, isPatient) {
  const cells = [
    ['Title', h('a', { href: `#/documents/${document.id}` }, titleText(document))],
    ...(isPatient ? [] : [['Patient', personText(document.subject, others)]]),
    ['Type', conceptText(document.type)],
    ['Date', dateText(document.date)],
    ['Author', (document.author ?? []).map((author) => personText(author, others)).join(', ')],
    ['Size', sizeText(document.content?.[0]?.attachment?.size)],
  ]
  return h(
    'tr',
    {},
    cells.map(([label, content], n) =>
      h(n === 0 ? 'th' : 'td', { 'data-label': label, ...(n === 0 ? { scope: 'row' } : {}) }, content),
    ),
  )
}

/** Who a reference names: as the resource says where it came along, or else as the reference itself does. */
export function personText(reference, others) {
  const resource = others.get(localPart(reference?.reference))
  return nameText(resource?.name) || resource?.name || reference?.display || ''
}

function localPart(reference) {
  return reference?.split('/').slice(-2).join('/')
}

function filter(run) {
  const input = h('input', { id: 'patient-name', type: 'search', autocomplete: 'off' })
  return h(
    'form',
    {
      className: 'filter no-print',
      role: 'search',
      onsubmit: (event) => {
        event.preventDefault()
        run(input.value.trim())
      },
    },
    h('label', { htmlFor: 'patient-name' }, 'Patient’s name'),
    input,
    h('button', { type: 'submit' }, 'Search'),
  )
}

async function attempt(run, place) {
  try {
    await run()
  } catch (error) {
    place.replaceChildren(problem(error, { text: 'Try again', run: () => attempt(run, place) }))
  }
}
