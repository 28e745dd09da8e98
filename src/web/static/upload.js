import { h, problem, say, show } from './dom.js'
import { create, upload } from './fhir.js'
import { patientPicker } from './patient-picker.js'
import { fhirBase } from './smart.js'
import { sizeText } from './words.js'

/** LOINC codes of the documents that hospitals exchange most. */
const kinds = [
  ['34133-9', 'Summary of episode note'],
  ['18842-5', 'Discharge summary'],
  ['57133-1', 'Referral note'],
  ['11488-4', 'Consult note'],
  ['11506-3', 'Progress note'],
  ['11502-2', 'Laboratory report'],
  ['18748-4', 'Diagnostic imaging study'],
  ['11504-8', 'Surgical operation note'],
  ['34109-9', 'Note'],
]

/** What browsers do not tell. */
const typesByExtension = {
  pdf: 'application/pdf',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  txt: 'text/plain',
  dcm: 'application/dicom',
  xml: 'application/xml',
}

const patientUpload = {
  coding: [{ system: `${fhirBase}/CodeSystem/document-category`, code: 'patient-upload' }],
  text: 'Uploaded by the patient',
}

/** The form for a new document. */
export function uploadView(person) {
  const picker = patientPicker(person)
  const title = h('input', { id: 'title', type: 'text', maxLength: 255, autocomplete: 'off' })
  const kind = h(
    'select',
    { id: 'kind' },
    kinds.map(([code, text]) => h('option', { value: code }, text)),
  )
  const files = filePicker((file) => {
    title.value ||= file.name.replace(/\.\w{1,5}$/, '')
  })
  const state = h('div', { className: 'sending' })
  const send = h('button', { type: 'submit', className: 'primary' }, 'Upload')
  /** What is already on the server, so that trying again does not send the bytes again. */
  let sent

  /** Says what is missing, and puts the focus where it can be given. */
  function refuse(text, field) {
    state.replaceChildren(problem(new Error(text)))
    document.getElementById(field).focus()
  }

  async function submit(event) {
    event.preventDefault()
    const file = files.chosen()
    if (!picker.chosen()) return refuse('Choose the patient first.', 'find-patient')
    if (!file) return refuse('Choose a file first.', 'file')
    send.disabled = true
    try {
      if (sent?.file !== file) sent = { file, id: await sendFile(file, state) }
      const made = await create(documentOf(person, picker.chosen(), file, sent.id, title.value.trim(), kind.value))
      say('The document is uploaded.')
      location.hash = `#/documents/${made.id}`
    } catch (error) {
      const stopped = error.name === 'AbortError'
      state.replaceChildren(problem(stopped ? new Error('The upload was stopped. Nothing was kept.') : error))
    } finally {
      send.disabled = false
    }
  }

  show(
    h('p', {}, h('a', { href: '#/' }, '← My documents')),
    h('h1', {}, 'Upload a document'),
    h(
      'form',
      { className: 'upload', noValidate: true, onsubmit: submit },
      picker.element,
      files.element,
      h('div', {}, h('label', { htmlFor: 'title' }, 'Title'), title),
      h('div', {}, h('label', { htmlFor: 'kind' }, 'Kind of document'), kind),
      h('p', {}, send),
      state,
    ),
  )
}

/** A file input that is also the place to drop a file on. */
function filePicker(onChoice) {
  let file
  const said = h('p', { className: 'detail', id: 'file-said' }, 'or drop it here')
  const input = h('input', {
    id: 'file',
    type: 'file',
    'aria-describedby': 'file-said',
    onchange: () => choose(input.files[0]),
  })
  const zone = h('div', { className: 'drop' }, h('label', { htmlFor: 'file' }, 'Choose a file'), input, said)

  function choose(chosen) {
    if (!chosen) return
    file = chosen
    said.textContent = `${chosen.name}, ${sizeText(chosen.size)}`
    say(`Chosen: ${chosen.name}`)
    onChoice(chosen)
  }

  for (const name of ['dragenter', 'dragover']) {
    zone.addEventListener(name, (event) => {
      event.preventDefault()
      zone.classList.add('over')
    })
  }
  zone.addEventListener('dragleave', () => zone.classList.remove('over'))
  zone.addEventListener('drop', (event) => {
    event.preventDefault()
    zone.classList.remove('over')
    const { files } = event.dataTransfer
    if (files.length > 1) say('One document at a time, please: the first one was taken.')
    choose(files[0])
  })
  return { element: zone, chosen: () => file }
}

async function sendFile(file, state) {
  const stop = new AbortController()
  const bar = h('progress', { max: 1, value: 0, 'aria-label': 'Upload' })
  const said = h('span', {}, '0 %')
  const cancel = h('button', { type: 'button', onclick: () => stop.abort() }, 'Stop')
  state.replaceChildren(h('p', { className: 'row' }, bar, said, cancel))
  say(`Uploading ${file.name}`)
  let announced = 0
  const id = await upload(
    file,
    typeOf(file),
    (part) => {
      bar.value = part
      said.textContent = `${Math.floor(part * 100)} %`
      // Read out now and then, not a hundred times.
      if (part - announced < 0.25) return
      announced = part
      say(`${Math.floor(part * 100)} % uploaded`)
    },
    stop.signal,
  )
  cancel.remove()
  said.textContent = 'Saving…'
  return id
}

function typeOf(file) {
  return file.type || typesByExtension[file.name.split('.').pop().toLowerCase()] || 'application/octet-stream'
}

function documentOf(person, subject, file, binary, title, code) {
  const display = kinds.find(([known]) => known === code)[1]
  return {
    resourceType: 'DocumentReference',
    status: 'current',
    type: { coding: [{ system: 'http://loinc.org', code, display }], text: display },
    // So that nobody takes it for a finding of the hospital.
    category: person.resourceType === 'Patient' ? [patientUpload] : undefined,
    subject,
    date: new Date().toISOString(),
    author: [{ reference: `${person.resourceType}/${person.id}` }],
    description: title || undefined,
    content: [
      {
        attachment: {
          contentType: typeOf(file),
          url: `Binary/${binary}`,
          title: file.name,
          size: file.size,
          creation: new Date(file.lastModified).toISOString(),
        },
      },
    ],
  }
}
