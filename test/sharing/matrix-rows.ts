import type { Situation, Variant } from './matrix-situations.ts'

/** One resource of the matrix. */
export interface Row {
  /** `Observation/gp-one` */
  readonly name: string
  readonly type: string
  readonly situation: Situation
  readonly what: Variant | 'record' | 'team' | 'kin' | 'mail' | 'task' | 'origin' | 'consent' | 'made'
  /** A search parameter of it, and what that refers to. */
  readonly link?: { readonly parameter: string; readonly target: string }
  /** `Practitioner/doctor` and the like: who is named in it, so that it is theirs to find. */
  readonly parties: readonly string[]
  readonly resource: Readonly<Record<string, unknown>>
}

export const clinicalTypes = [
  'Observation',
  'Condition',
  'Encounter',
  'MedicationRequest',
  'AllergyIntolerance',
] as const
const variants: readonly Variant[] = ['one', 'two', 'secret']

const to = (reference: string) => ({ reference })
const text = (words: string) => ({ text: words })
const restricted = {
  meta: { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
}

export const patientOf = ({ name }: Pick<Situation, 'name'>) => `Patient/${name}`

/** The record of one patient, in an order in which what is referred to comes first. */
export function recordOf(situation: Situation): Row[] {
  const patient = patientOf(situation)
  const link = { parameter: 'patient', target: patient }
  const row = (type: string, what: Row['what'], elements: object, more: Partial<Row> = {}): Row => {
    const id = what === 'record' ? situation.name : `${situation.name}-${what}`
    return {
      ...{ name: `${type}/${id}`, type, situation, what, parties: [], link },
      ...more,
      resource: { resourceType: type, id, ...elements },
    }
  }
  const { link: _none, ...record } = row('Patient', 'record', {
    active: true,
    generalPractitioner: [to(situation.treatedBy === 'doctor' ? 'Practitioner/doctor' : 'Practitioner/other')],
  })
  const member = situation.team ? 'Practitioner/doctor' : 'Practitioner/other'
  const { status = 'active' } = { status: situation.team }
  return [
    record,
    row('CareTeam', 'team', { status, subject: to(patient), participant: [{ member: to(member) }] }),
    row('RelatedPerson', 'kin', {
      active: situation.kinOver !== true,
      patient: to(patient),
      ...(situation.kinPeriod ? { period: situation.kinPeriod } : {}),
    }),
    ...['Encounter', ...clinicalTypes.filter((type) => type !== 'Encounter')].flatMap((type) =>
      variants.map((what) => row(type, what, clinical(type, what, situation))),
    ),
    ...variants.flatMap((what) => {
      const elements = { ...clinical('DocumentReference', what, situation), ...pointingTo(`${situation.name}-${what}`) }
      const { link: _link, ...bytes } = row('Binary', what, { contentType: 'text/plain', data: 'aGVsbG8=' })
      return [row('DocumentReference', what, elements), bytes]
    }),
    row('Provenance', 'origin', origin(`Observation/${situation.name}-one`), {
      link: { parameter: 'target', target: `Observation/${situation.name}-one` },
    }),
    row('Communication', 'mail', mail(patient), { parties: ['Practitioner/colleague', 'Practitioner/other'] }),
    row('Task', 'task', task(patient), { parties: ['Practitioner/colleague', patient] }),
    ...(situation.consents ?? []).map((consent, n) => consentRow(situation, consent, n)),
  ]

  function consentRow(
    of: Situation,
    { status = 'active', provision }: { status?: string; provision: object },
    n: number,
  ) {
    const elements = consentOf(patient, status, ofPatient(provision, of.name))
    const made = row('Consent', 'consent', elements, { parties: actorsIn(provision) })
    const id = `${of.name}-consent-${n}`
    return { ...made, name: `Consent/${id}`, resource: { ...made.resource, id } }
  }
}

function clinical(type: string, what: Variant, { name, writtenBy }: Situation): object {
  const recent = what !== 'two'
  const date = recent ? '2024-05-06' : '2010-05-06'
  const author = to(recent ? `Practitioner/${writtenBy ?? 'colleague'}` : 'Practitioner/other')
  const visit = recent ? to(`Encounter/${name}-one`) : undefined
  const subject = to(patientOf({ name }))
  const more = what === 'secret' ? restricted : {}
  switch (type) {
    case 'Observation':
      return {
        ...more,
        status: 'final',
        code: text('pulse'),
        subject,
        effectiveDateTime: date,
        performer: [author],
        encounter: visit,
      }
    case 'Condition':
      return {
        ...more,
        clinicalStatus: status('condition'),
        code: text('cough'),
        subject,
        recordedDate: date,
        recorder: author,
        asserter: author,
        encounter: visit,
      }
    case 'MedicationRequest':
      return {
        ...{ ...more, status: 'active', intent: 'order', medicationCodeableConcept: text('aspirin'), subject },
        ...{ authoredOn: date, requester: author, encounter: visit },
      }
    case 'AllergyIntolerance':
      return {
        ...more,
        clinicalStatus: status('allergyintolerance'),
        code: text('nuts'),
        patient: subject,
        recordedDate: date,
        recorder: author,
      }
    case 'Encounter':
      return {
        ...{ ...more, status: 'finished', class: { code: 'AMB' }, subject, period: { start: date, end: date } },
        participant: [{ individual: author }],
        ...(what === 'secret' ? { partOf: visit } : {}),
      }
    default:
      return {
        ...{
          ...more,
          status: 'current',
          type: { coding: [{ code: what }] },
          subject,
          date: `${date}T08:00:00Z`,
          author: [author],
        },
        context: visit && { encounter: [visit] },
      }
  }
}

function status(of: string): object {
  return { coding: [{ system: `http://terminology.hl7.org/CodeSystem/${of}-clinical`, code: 'active' }] }
}

function pointingTo(id: string): object {
  return { content: [{ attachment: { contentType: 'text/plain', url: `Binary/${id}` } }] }
}

function origin(target: string): object {
  return { target: [to(target)], recorded: '2026-01-01T00:00:00Z', agent: [{ who: to('Practitioner/colleague') }] }
}

function mail(patient: string): object {
  return {
    ...{ status: 'in-progress', subject: to(patient), sender: to('Practitioner/colleague') },
    ...{ recipient: [to('Practitioner/other')], payload: [{ contentString: 'about him' }] },
  }
}

function task(patient: string): object {
  return {
    ...{ status: 'requested', intent: 'proposal', code: { coding: [{ code: 'access-request' }] }, for: to(patient) },
    ...{ requester: to('Practitioner/colleague'), owner: to(patient) },
  }
}

function consentOf(patient: string, status: string, provision: object): object {
  return {
    status,
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    ...{ patient: to(patient), performer: [to(patient)], policyRule: text('as agreed'), provision },
  }
}

/** `Observation/one` in a provision is that of this patient. */
function ofPatient(provision: object, name: string): object {
  const local = JSON.stringify(provision).replaceAll(/"([A-Z]\w+)\/(one|two|secret|kin)"/g, `"$1/${name}-$2"`)
  return JSON.parse(local) as object
}

function actorsIn(provision: object): string[] {
  const { actor = [] } = provision as { actor?: { reference: { reference: string } }[] }
  return actor.map(({ reference }) => reference.reference)
}
