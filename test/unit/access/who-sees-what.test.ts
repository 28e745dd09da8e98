import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Action } from '../../../src/access/access.ts'
import { type ImplicitPolicy, implicitPolicies } from '../../../src/access/implicit-policy.ts'
import type { Principal } from '../../../src/access/principal.ts'
import { administrator, backend, buildAccess, doctor, patient, proxy, ridOf, someone } from './build-access.ts'
import { charted, grants, inhabitants, uploads } from './inhabitants.ts'
import { createWorld } from './world.ts'

type Built = Awaited<ReturnType<typeof buildAccess>>
const built = new Map<ImplicitPolicy, Built>()
let world: ReturnType<typeof createWorld>
before(async () => {
  for (const policy of implicitPolicies) built.set(policy, await buildAccess(policy))
  world = createWorld(built.get('normal')!, inhabitants, { grants, uploads })
})

const at = Date.UTC(2026, 0, 1)
type Row = readonly [type: string, actions: string, ids: string]
const actions: Readonly<Record<string, Action>> = { R: 'read', S: 'search', U: 'update', D: 'delete' }

function meant(who: Principal, type: string, action: Action, policy: ImplicitPolicy): string[] {
  return world.meant(type, built.get(policy)!.access.rows(who, type, action, at)).sort()
}

/** Of each type the ids of the rows, and of no other, on which somebody may act. */
function sees(title: string, who: Principal, rows: readonly Row[], policy: ImplicitPolicy = 'normal'): void {
  describe(title, () => {
    for (const [type, letters, ids] of rows) {
      for (const letter of letters) {
        const action = actions[letter]!
        test(`${action} of ${type}: ${ids || 'none'}`, () => {
          assert.deepEqual(meant(who, type, action, policy), ids.split(' ').filter(Boolean).sort())
        })
      }
    }
  })
}

const clinic = { parties: [ridOf('Organization/clinic')] }
const clinician: Principal = { ...doctor(), person: { ...doctor().person!, ...clinic } }

const given = 'shared joined'
const chartOf = (id: string) =>
  Object.keys(charted)
    .map((type) => `${type}-${id}`)
    .join(' ')
sees('a doctor, by relation, authorship and grant, unless it was denied', clinician, [
  // The subject of a single granted document, or of a granted part, by id alone.
  ['Patient', 'R', `treated secluded teamed ${given} lettered parted timed limited ruled opened partly`],
  ['Patient', 'S', `treated secluded teamed ${given} limited ruled opened partly`],
  ['Observation', 'RS', `treated secluded teamed ${given} parted timed opened written`],
  ['Observation', 'U', 'written'],
  ['DocumentReference', 'RS', `${given} lettered timed opened partly written`],
  ['DocumentReference', 'U', 'written'],
  ['Binary', 'RS', `${given} lettered timed opened partly written sent`],
  ['Binary', 'UD', 'written sent'],
  ['Provenance', 'RS', `Observation-treated Patient-lettered DocumentReference-written ${chartOf('treated')}`],
  ['CareTeam', 'RS', 'teamed lapsed'],
])
sees('a doctor, of what he takes part in', clinician, [
  ['Practitioner', 'U', 'me'],
  ['Communication', 'RS', 'sent received my-draft'],
  ['Communication', 'U', 'sent my-draft'],
  ['Consent', 'RS', 'to-me by-me'],
  ['Task', 'RSU', 'asked owned'],
  ['AuditEvent', 'RS', 'mine'],
])
sees('a doctor without the organization that a Consent names', doctor(), [
  ['Patient', 'S', 'treated secluded teamed shared barred limited ruled opened partly'],
  ['Observation', 'S', 'treated secluded teamed shared parted timed barred opened written'],
])
sees('a patient, of the own record and of what is addressed to him', patient(), [
  ['Patient', 'RS', 'me'],
  ['Observation', 'RS', 'me my-restricted'],
  ['DocumentReference', 'RS', 'me'],
  ['Binary', 'RS', 'me sent-by-patient'],
  ['Binary', 'UD', 'sent-by-patient'],
  ['Provenance', 'RS', `Observation-me Patient-me DocumentReference-me ${chartOf('me')}`],
  ['Communication', 'RS', 'of-patient to-patient'],
  ['Communication', 'U', 'of-patient'],
  ['Consent', 'RSU', 'of-patient'],
  ['Task', 'RS', 'asked-by-patient owned-by-patient'],
  ['Task', 'U', 'owned-by-patient'],
  ['AuditEvent', 'RS', 'about-patient'],
  ['Practitioner', 'U', ''],
])
sees('who acts for the patient', proxy(), [
  ['Patient', 'RS', 'me'],
  ['Observation', 'RS', 'me'],
  ['DocumentReference', 'RS', 'me'],
  ['Binary', 'RS', 'me'],
  ['AuditEvent', 'RS', 'about-patient'],
])
for (const id of ['inactive', 'former', 'future', 'unwanted']) {
  sees(`a representative who is ${id}`, proxy(id), [
    ['Patient', 'RS', ''],
    ['Observation', 'RS', ''],
  ])
}
sees('the office', someone(['records-office']), [
  ['AuditEvent', 'RS', 'mine'],
  ['Communication', 'RS', 'sent received my-draft'],
])
sees('the privacy officer', someone(['privacy-officer']), [['Task', 'RSU', 'question']])

const unrestricted = inhabitants
  .filter(({ resourceType, id }) => resourceType === 'DocumentReference' && id !== 'restricted')
  .map(({ id }) => id)
sees('an administrator, of bytes', administrator(), [['Binary', 'RSUD', [...unrestricted, 'sent'].join(' ')]])
sees('a backend client, of bytes', backend(), [['Binary', 'RSUD', [...unrestricted, 'sent-by-app'].join(' ')]])

const anybody = 'stranger me treated secluded teamed lapsed shared joined lettered parted timed opened written'
sees(
  'where every doctor sees what is not labelled',
  clinician,
  [
    ['Patient', 'S', `${anybody.replace(' me', '').replace(' written', '')} limited ruled partly unrelated`],
    ['Observation', 'S', anybody.replace(' me', '')],
    ['DocumentReference', 'S', `${anybody.replace(' me', '')} partly`],
  ],
  'all-normal',
)
for (const policy of ['break-glass-only', 'deny'] as const) {
  sees(
    `where treating a patient opens nothing by itself (${policy})`,
    clinician,
    [
      ['Patient', 'S', `${given} opened partly`],
      ['Observation', 'S', `${given} parted timed opened written`],
      ['DocumentReference', 'S', `${given} lettered timed opened partly written`],
    ],
    policy,
  )
}
