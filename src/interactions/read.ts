import type { Access } from '../access/access.ts'
import type { Context } from '../access/principal.ts'
import { FhirError } from '../fhir/error.ts'
import type { Handle, StoredVersion } from '../store/store.ts'
import { auditRow } from './audit-row.ts'
import { hasBytes } from './binary-bytes.ts'
import type { Answered, Interaction, Known } from './interaction.ts'
import { notFound } from './visible-rows.ts'

/**
 * read: the current version of a resource. A deleted one answers 410 to those who could read its last version.
 *
 * https://hl7.org/fhir/R4/http.html#read
 */
export function createRead({ access, show }: Parts) {
  return async function read(
    context: Context,
    handle: Handle,
    { type, id, unless, form }: Extract<Interaction, { kind: 'read' }>,
  ): Promise<Answered> {
    const shown = form && show(type, form)
    const where = access.rows(context.principal, type, 'read', context.now.getTime())
    const audit = auditRow(context, 'read', { type, id }, 200)
    const [stored] = await handle.resources.read(type, [id], { where, audit, object: hasBytes(type) })
    return answered(stored ?? missing(type, id), unless, shown)
  }
}

/**
 * vread: one version of a resource, judged on that version's own row.
 *
 * https://hl7.org/fhir/R4/http.html#vread
 */
export function createVread({ access, show }: Parts) {
  return async function vread(
    context: Context,
    handle: Handle,
    { type, id, version, unless, form }: Extract<Interaction, { kind: 'vread' }>,
  ): Promise<Answered> {
    const shown = form && show(type, form)
    const where = access.rows(context.principal, type, 'read', context.now.getTime())
    if (!/^[1-9][0-9]{0,8}$/.test(version)) throw notFound(type, `${id}/_history/${version}`)
    const audit = auditRow(context, 'vread', { type, id }, 200)
    const stored = await handle.resources.vread(type, id, Number(version), { where, audit, object: hasBytes(type) })
    return answered(stored ?? missing(type, `${id}/_history/${version}`), unless, shown)
  }
}

interface Parts {
  access: Access
  show: Show
}

/** What `_summary` or `_elements` leave of a resource of the type; they are read before anything is looked up. */
export type Show = (type: string, form: URLSearchParams) => (json: string) => string

function missing(type: string, id: string): never {
  throw notFound(type, id)
}

/** The statement that found it has audited it already. */
function answered(
  stored: StoredVersion,
  unless: Known | undefined,
  shown: ((json: string) => string) | undefined,
): Answered {
  const { type, id, version, lastUpdated, object } = stored
  if (stored.deleted) throw new FhirError('gone', `${type}/${id} has been deleted.`)
  if (unless && isKnown(stored, unless)) return { answer: { status: 304, version, lastUpdated } }
  return {
    answer: {
      status: 200,
      json: shown ? shown(stored.json) : stored.json,
      version,
      lastUpdated,
      ...(hasBytes(type) ? { binary: { object } } : {}),
    },
  }
}

/** https://hl7.org/fhir/R4/http.html#cread */
function isKnown({ version, lastUpdated }: StoredVersion, { versions, since }: Known): boolean {
  return versions?.some((known) => known === '*' || known === version) ?? (since !== undefined && lastUpdated <= since)
}
