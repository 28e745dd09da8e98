import { type Asking, oneOf, writeStatus } from './scope-instances.ts'
import type { Question } from './scope-questions.ts'
import { launchedFor, type Role, type Row, rows, systems, types } from './scope-rows.ts'

type Template = Pick<Row, 'type' | 'of' | 'meets' | 'uploader'> & {
  readonly body: object
  /** What else it refers to. */
  readonly leadsTo?: string
  /** What the role makes of it: 201, or the refusal. */
  readonly status: number
}

const to = (reference: string) => ({ reference })

/** What each role would add, and what others keep it from adding. */
function templatesOf(role: Role): Template[] {
  const patient = launchedFor[role] ?? 'Patient/treated'
  const self = {
    ...{ office: 'Practitioner/admin', doctor: 'Practitioner/doctor' },
    ...{ patient: 'Patient/self', proxy: 'RelatedPerson/proxy', system: 'Practitioner/gp' },
  }[role]
  const staff = role !== 'patient'
  const office = role === 'office' || role === 'system'
  const by = (allowed: boolean) => (allowed ? 201 : 403)
  const category = role === 'patient' ? 'patient-upload' : 'clinical-note'
  const document = (subject: string) => ({
    ...{ resourceType: 'DocumentReference', status: 'current', subject: to(subject) },
    category: [{ coding: [{ system: systems.document, code: category }] }],
    content: [{ attachment: { contentType: 'text/plain', data: 'aGVsbG8=' } }],
  })
  const result = (status: string, subject: string) => ({
    ...{ resourceType: 'Observation', status, code: { text: 'pulse' }, subject: to(subject) },
  })
  const mail = { status: 'in-progress', sender: to(self), payload: [{ contentString: 'hello' }] }
  const task = { resourceType: 'Task', status: 'requested', intent: 'proposal', requester: to(self) }
  const plain = (type: string, elements: object, status: number, facts: Partial<Template> = {}): Template => ({
    ...{ type, status, of: [], meets: [], body: { resourceType: type, ...elements }, ...facts },
  })
  // An administrator stands for those whom he imports; everybody else is told that who is not seen does not exist.
  const strange = office ? 201 : role === 'doctor' ? 422 : 403
  const notes = ['status=current', `category=${category}`, `category=${systems.document}|${category}`]
  const granted = {
    ...{ resourceType: 'Consent', status: 'active', patient: to(patient), performer: [to(self)] },
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    policyRule: { text: 'as agreed' },
  }
  return [
    plain('Patient', { gender: 'other' }, by(staff)),
    plain('Observation', result('final', patient), by(staff), { of: [patient], meets: ['status=final'] }),
    plain('Observation', result('registered', patient), by(staff), { of: [patient], meets: ['status=registered'] }),
    plain('Observation', { ...result('final', patient), focus: [to('DocumentReference/elsewhere')] }, by(staff), {
      ...{ of: [patient], meets: ['status=final'], leadsTo: 'DocumentReference/elsewhere' },
    }),
    // Whom the doctor treats, whether or not it is the patient in context.
    plain('Observation', result('final', 'Patient/teamed'), role === 'patient' ? 403 : 201, {
      ...{ of: ['Patient/teamed'], meets: ['status=final'] },
    }),
    plain('Observation', result('final', 'Patient/stranger'), staff ? strange : 403, {
      ...{ of: ['Patient/stranger'], meets: ['status=final'] },
    }),
    plain('DocumentReference', document(patient), 201, { of: [patient], meets: notes }),
    plain('DocumentReference', document('Patient/stranger'), strange, { of: ['Patient/stranger'], meets: notes }),
    plain('Binary', { contentType: 'text/plain', data: 'aGVsbG8=' }, 201, { uploader: role }),
    plain('Communication', { ...mail, recipient: [to('Practitioner/gp')] }, by(role !== 'system'), {
      ...{ of: role === 'patient' ? [patient] : [], meets: ['status=in-progress'] },
    }),
    // Patients write to their own care team.
    plain('Communication', { ...mail, recipient: [to(patient)] }, by(staff && role !== 'system'), {
      of: [patient],
      meets: ['status=in-progress'],
    }),
    plain('Task', task, by(staff && role !== 'system'), { meets: ['status=requested'] }),
    plain('Task', { ...task, for: to(patient) }, by(staff && role !== 'system'), {
      of: [patient],
      meets: ['status=requested'],
    }),
    plain('CareTeam', { status: 'active', subject: to(patient) }, by(office), {
      ...{ of: [patient], meets: ['status=active'] },
    }),
    plain(
      'Consent',
      { ...granted, provision: { type: 'permit' } },
      { office: 201, doctor: 422, patient: 201, proxy: 403, system: 403 }[role],
      {
        ...{ of: [patient], meets: ['status=active'] },
      },
    ),
    plain('Practitioner', { name: [{ family: 'New' }] }, by(office)),
    plain('Organization', { name: 'New' }, by(office)),
    plain('Device', { status: 'active' }, by(office)),
    plain('Provenance', provenance, by(office)),
  ]
}

const provenance = {
  ...{ target: [to('Practitioner/gp')], recorded: '2026-01-01T00:00:00Z' },
  agent: [{ who: to('Practitioner/colleague') }],
}

/** Asked last, since they leave something behind. A conditional create that finds what is there adds nothing. */
export function creationsFor(asking: Asking): Question[] {
  const { role, oracle } = asking
  // Who acts for a patient writes nothing.
  const always = asking.adds ?? (role === 'proxy' ? 403 : undefined)
  const templates = templatesOf(role).map((one) => (always === undefined ? one : { ...one, status: always }))
  const creations = templates.map((template): Question => {
    const { type, body, status } = template
    const allowed = oracle.covers(type, 'c') && oracle.mayCreate(template)
    // What is refused for two reasons is refused for one of them.
    if (!allowed) return { method: 'POST', url: type, body, statuses: status === 422 ? [403, 422] : [403] }
    return {
      method: 'POST',
      url: type,
      body,
      statuses: [status === 201 && hidesSubject(asking, template) ? 422 : status],
    }
  })
  const known = types.flatMap((type): Question[] => {
    const template = templates.find((one) => one.type === type && one.status === 201)
    const [there] = oracle.found(type)
    if (!template || !oracle.covers(type, 'c')) return []
    if (!there?.resource && oracle.covers(type, 's')) return []
    const condition = { ifNoneExist: `_id=${there?.resource?.id ?? 'any'}` }
    const status = type === 'Binary' ? 400 : there ? 200 : 403
    return [{ method: 'POST', url: type, body: template.body, condition, statuses: [status] }]
  })
  const chosen = types.map((type) =>
    withChosenId(
      asking,
      templates.find((one) => one.type === type)!,
    ),
  )
  return [...creations, ...known, ...chosen, ...types.flatMap((type) => additions(asking, type))]
}

/** Under an id of the caller's choice, which nobody has. */
function withChosenId(asking: Asking, template: Template): Question {
  const { oracle, turn } = asking
  const { type, body, status } = template
  const id = `chosen-${turn}`
  const question = { method: 'PUT', url: `${type}/${id}`, body: { ...body, id } } as const
  if (!oracle.covers(type, 'u')) return { ...question, statuses: [403] }
  if (!oracle.choosesIds(type)) return { ...question, statuses: [404] }
  if (!oracle.mayCreate(template)) return { ...question, statuses: [403] }
  return { ...question, statuses: [status === 201 && hidesSubject(asking, template) ? 422 : status] }
}

/** An administrator's writes are not looked at for what they refer to; everybody else is told that it does not exist. */
function hidesSubject({ role, oracle }: Asking, { of, leadsTo = '' }: Template): boolean {
  const named = rows.filter(({ name }) => [...of, leadsTo].includes(name))
  return role !== 'office' && !named.every((row) => oracle.leadsTo(row))
}

/** A tag, for one that may be changed and for one that may not. */
function additions(asking: Asking, type: string): Question[] {
  const about = rows.filter((row) => row.type === type)
  const allowed = about.filter((row) => asking.oracle.may(row, 'u'))
  const others = about.filter((row) => !allowed.includes(row))
  const tag = [{ system: 'urn:tags', code: `turn-${asking.turn}` }]
  const body = { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: { tag } }] }
  return [allowed, others].flatMap((some): Question[] => {
    const row = oneOf(some, asking.turn)
    if (!row) return []
    const status = type === 'Binary' ? 404 : writeStatus(asking, row, 'u', 200)
    return [{ method: 'POST', url: `${asking.nameOf(row)}/$meta-add`, body, statuses: [status] }]
  })
}
