import { isDeepStrictEqual } from 'node:util'
import type { Access } from '../../access/access.ts'
import type { Definitions } from '../../definitions/definitions.ts'
import { FhirError } from '../../fhir/error.ts'
import { parseJson } from '../../fhir/json.ts'
import type { Coding, Meta, Resource } from '../../fhir/resource.ts'
import { hasBytes } from '../binary-bytes.ts'
import type { Answered } from '../interaction.ts'
import type { Call, Operation } from '../operation.ts'
import { parametersText } from '../parameters-text.ts'
import { retried } from '../update.ts'
import { notFound, readTargets } from '../visible-rows.ts'

interface Parts {
  definitions: Pick<Definitions, 'resourceTypes'>
  access: Access
}

const labels = ['profile', 'tag', 'security'] as const
type Labels = Pick<Meta, (typeof labels)[number]>

/**
 * `$meta-add` and `$meta-delete`: a new version whose profiles, tags and security labels are more, or fewer. It takes the way
 * of every update, so that whoever may not change the resource, or not lower its labels, does not do so here either.
 *
 * https://hl7.org/fhir/R4/resource-operation-meta-add.html
 * https://hl7.org/fhir/R4/resource-operation-meta-delete.html
 */
export function changeMeta({ definitions, access }: Parts): Operation[] {
  const row = (name: string, change: (stored: Labels, given: Labels) => Labels): Operation => ({
    name,
    definition: `http://hl7.org/fhir/OperationDefinition/Resource-${name}`,
    on: ['instance'],
    // A version of bytes has bytes of its own, which this would not bring.
    types: definitions.resourceTypes.filter((type) => !hasBytes(type)),
    affectsState: true,
    needs: 'update',
    parameters: { meta: { type: 'Meta', min: 1 } },
    run: (call) => run(access, call, change),
  })
  return [row('meta-add', added), row('meta-delete', deleted)]
}

async function run(access: Access, call: Call, change: typeof added): Promise<Answered> {
  const { context, handle, asked, given, commit } = call
  const [type, id] = [asked.type!, asked.id!]
  const meta = given.element<Meta>('meta')!
  return retried(undefined, async () => {
    const stored = (await readTargets(access, context, handle, [{ type, id }], 'update')).get(`${type}/${id}`)
    if (!stored) throw notFound(type, id)
    if (stored.deleted) throw new FhirError('gone', `${type}/${id} has been deleted.`)
    const before = parseJson(stored.json) as Resource
    const kept = Object.entries(before.meta ?? {}).filter(([name]) => !labels.some((label) => label === name))
    const after = { ...before, meta: { ...Object.fromEntries(kept), ...change(before.meta ?? {}, meta) } }
    const { rid, version: expectedVersion, pat: patBefore } = stored
    const identity = { type, id, rid, expectedVersion, revive: false, patBefore, place: type }
    const [done] = await commit(context, handle, [
      { kind: 'update', interaction: 'update', ...identity, before, after },
    ])
    const { meta: now } = done!.resource!
    const { version, lastUpdated } = done!
    return { answer: { status: 200, json: parametersText({ name: 'return', valueMeta: now }), version, lastUpdated } }
  })
}

function added(stored: Labels, given: Labels): Labels {
  return each((label) => {
    const known: unknown[] = stored[label] ?? []
    const more = (given[label] ?? []).filter((one) => !known.some((other) => isSame(one, other)))
    return [...known, ...more]
  })
}

function deleted(stored: Labels, given: Labels): Labels {
  return each((label) => {
    const gone: unknown[] = given[label] ?? []
    return (stored[label] ?? []).filter((one) => !gone.some((other) => isSame(one, other)))
  })
}

/** What holds nothing is left out. */
function each(listOf: (label: (typeof labels)[number]) => unknown[]): Labels {
  return Object.fromEntries(labels.map((label) => [label, listOf(label)]).filter(([, list]) => list!.length > 0))
}

/** "Tags and security labels are identified by system and code." */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object') return one === other
  const identity = ({ system, code }: Coding) => [system, code]
  return isDeepStrictEqual(identity(one as Coding), identity(other as Coding))
}
