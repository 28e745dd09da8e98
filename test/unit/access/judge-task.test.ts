import { backend, doctor, someone } from './build-access.ts'
import { type Case, judging, me, to } from './judge-cases.ts'

const { all } = judging()
const other = to('Practitioner/other')
const coded = (code: string) => ({ coding: [{ code }] })
const task = (status: string, parts: object) => ({
  resourceType: 'Task',
  status,
  intent: 'proposal',
  code: coded('access-request'),
  ...parts,
})
const asked = (status: string, parts: object = {}) => task(status, { requester: me, owner: other, ...parts })
const owned = (status: string, parts: object = {}) => task(status, { requester: other, owner: me, ...parts })
const strange = (status: string, parts: object = {}) => task(status, { requester: other, owner: other, ...parts })
const refused = (element: string): Case['refused'] => ['forbidden', `Task.${element}`]

const office = someone(['records-office'])
const officer = someone(['privacy-officer'])
const also: Readonly<Record<string, unknown>> = {
  businessStatus: coded('awaiting-info'),
  statusReason: { text: 'No' },
  output: [{ type: {}, valueString: 'A' }],
  note: [{ text: 'A' }],
  lastModified: '2026-01-01T00:00:00Z',
}
const changed = (element: string) => ({ [element]: also[element] })

all('the state of an account', [
  ...['practitioner-approval', 'practitioner-suspension'].flatMap((code) => [
    {
      title: `${code} is not asked for`,
      who: doctor(),
      after: asked('requested', { code: coded(code) }),
      refused: refused('code'),
    },
    {
      title: `${code} is not made of another Task`,
      who: office,
      before: strange('requested'),
      after: strange('requested', { code: coded(code) }),
      refused: refused('code'),
    },
    {
      title: `${code} is not turned into another Task`,
      who: office,
      before: strange('requested', { code: coded(code) }),
      after: strange('requested'),
      refused: refused('code'),
    },
  ]),
])

all('who owns a Task', [
  { title: 'decides', who: doctor(), before: owned('received'), after: owned('accepted') },
  ...Object.keys(also).map((element) => ({
    title: `writes ${element}`,
    who: doctor(),
    before: owned('received'),
    after: owned('received', changed(element)),
  })),
  {
    title: 'changes nothing else',
    who: doctor(),
    before: owned('received'),
    after: owned('received', { focus: to('DocumentReference/1') }),
    refused: refused('focus'),
  },
])

all('who asked', [
  ...['statusReason', 'note', 'lastModified'].map((element) => ({
    title: `writes ${element} when he cancels`,
    who: doctor(),
    before: asked('requested'),
    after: asked('cancelled', changed(element)),
  })),
  ...['businessStatus', 'output'].map((element) => ({
    title: `does not write ${element} then`,
    who: doctor(),
    before: asked('requested'),
    after: asked('cancelled', changed(element)),
    refused: refused(element),
  })),
  {
    title: 'adds a note without cancelling',
    who: doctor(),
    before: asked('requested'),
    after: asked('requested', changed('note')),
  },
  {
    title: 'does not say later what else it is about',
    who: doctor(),
    before: asked('requested'),
    after: asked('requested', { focus: to('DocumentReference/1') }),
    refused: refused('focus'),
  },
  {
    title: 'does not say that it was received',
    who: doctor(),
    before: asked('requested'),
    after: asked('received'),
    refused: refused('status'),
  },
])

all('who asked, and is asked for more,', [
  { title: 'says it', who: doctor(), before: asked('on-hold'), after: asked('received') },
  ...['businessStatus', 'note', 'lastModified'].map((element) => ({
    title: `says it in ${element}`,
    who: doctor(),
    before: asked('on-hold'),
    after: asked('received', changed(element)),
  })),
  {
    title: 'says it nowhere else',
    who: doctor(),
    before: asked('on-hold'),
    after: asked('received', changed('output')),
    refused: refused('output'),
  },
  {
    title: 'does not decide by it',
    who: doctor(),
    before: asked('on-hold'),
    after: asked('accepted'),
    refused: refused('status'),
  },
  {
    title: 'does not leave another to say it',
    who: doctor(),
    before: strange('on-hold'),
    after: strange('received'),
    refused: refused('status'),
  },
])

all('a draft', [
  ...['draft', 'requested', 'cancelled'].map((status) => ({
    title: `is changed by who asks, and is ${status} then`,
    who: doctor(),
    before: asked('draft'),
    after: asked(status, { focus: to('DocumentReference/1') }),
  })),
  {
    title: 'is not decided by who asks',
    who: doctor(),
    before: asked('draft'),
    after: asked('accepted'),
    refused: refused('status'),
  },
  {
    title: 'is not changed by another',
    who: doctor(),
    before: strange('draft'),
    after: strange('draft', { focus: to('DocumentReference/1') }),
    refused: refused('focus'),
  },
])

all('who neither asked nor owns it', [
  {
    title: 'does not decide',
    who: doctor(),
    before: strange('received'),
    after: strange('accepted'),
    refused: refused('status'),
  },
  {
    title: 'routes it in the records office',
    who: office,
    before: strange('received'),
    after: strange('received', { owner: to('Patient/1'), focus: to('DocumentReference/1') }),
  },
  {
    title: 'is a backend client, which does not decide',
    who: backend(),
    before: strange('received'),
    after: strange('accepted'),
    refused: refused('status'),
  },
])

const question = (parts: object) => strange('requested', { code: coded('access-query'), ...parts })
all('a question about access', [
  {
    title: 'is answered by the privacy officer',
    who: officer,
    before: question({}),
    after: question(changed('output')),
  },
  {
    title: 'is not put into other words by him',
    who: officer,
    before: question({}),
    after: question({ description: 'B' }),
    refused: refused('description'),
  },
  {
    title: 'is not answered by a doctor',
    who: doctor(),
    before: question({}),
    after: question(changed('output')),
    refused: refused('output'),
  },
  {
    title: 'is all that the privacy officer answers',
    who: officer,
    before: strange('requested'),
    after: strange('requested', changed('output')),
    refused: refused('output'),
  },
])
