import { h, problem, say } from './dom.js'
import { search } from './fhir.js'
import { dateText, nameText } from './words.js'

/**
 * Whom a document is about: a patient has only the own record, staff search. `chosen()` is a `{ reference, display }`, or
 * undefined.
 */
export function patientPicker(person) {
  return person.resourceType === 'Patient' ? own(person) : searching()
}

function own(person) {
  const display = nameText(person.name)
  return {
    element: h('p', {}, h('strong', {}, 'Patient: '), display),
    chosen: () => ({ reference: `Patient/${person.id}`, display }),
  }
}

function searching() {
  let patient
  const results = h('div', { className: 'results' })
  const input = h('input', {
    id: 'find-patient',
    type: 'search',
    autocomplete: 'off',
    // Enter searches here; it must not send the form that this field stands in.
    onkeydown: (event) => {
      if (event.key !== 'Enter') return
      event.preventDefault()
      find()
    },
  })

  async function find() {
    const text = input.value.trim()
    if (!text) return
    say('Searching…')
    try {
      const { matches, next } = await search(`Patient?${patientQuery(text)}`)
      patient = undefined
      results.replaceChildren(...matches.map(choice), more(matches.length, Boolean(next)))
      say(matches.length === 1 ? 'One patient found' : `${matches.length} patients found`)
    } catch (error) {
      results.replaceChildren(problem(error, { text: 'Try again', run: find }))
    }
  }

  function choice(found) {
    const reference = { reference: `Patient/${found.id}`, display: nameText(found.name) }
    const id = `patient-${found.id}`
    const identifier = found.identifier?.[0]?.value
    return h(
      'div',
      { className: 'choice' },
      h('input', { type: 'radio', name: 'patient', id, onchange: () => (patient = reference) }),
      h(
        'label',
        { htmlFor: id },
        reference.display,
        h(
          'span',
          { className: 'detail' },
          [found.birthDate && `born ${dateText(found.birthDate)}`, identifier].filter(Boolean).join(', '),
        ),
      ),
    )
  }

  const element = h(
    'fieldset',
    {},
    h('legend', {}, 'Patient'),
    h('label', { htmlFor: 'find-patient' }, 'Name, birth date (1970-12-31) or number'),
    h('div', { className: 'row' }, input, h('button', { type: 'button', onclick: find }, 'Search')),
    results,
  )
  return { element, chosen: () => patient }
}

function patientQuery(text) {
  const query = new URLSearchParams({ _count: '10' })
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) query.set('birthdate', text)
  else if (/\d/.test(text)) query.set('identifier', text)
  else for (const part of text.split(/\s+/)) query.append('name', part)
  return query
}

function more(count, others) {
  if (count === 0)
    return h('p', {}, 'Nobody whom you treat is found. Check the spelling, or ask the records office for access.')
  return others ? h('p', {}, 'There are more: type more of the name.') : ''
}
