import type { Access } from '../../access/access.ts'
import type { Context } from '../../access/principal.ts'
import type { Definitions } from '../../definitions/definitions.ts'
import { FhirError, type Issue, operationOutcome } from '../../fhir/error.ts'
import { parseJson, stringifyJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import { none } from '../../search/clause.ts'
import type { StoredVersion } from '../../store/store.ts'
import type { Call, Operation } from '../operation.ts'
import { notFound } from '../visible-rows.ts'

interface Parts {
  definitions: Pick<Definitions, 'validate'>
  access: Pick<Access, 'rows'>
}

const modes = ['create', 'update', 'delete', 'profile']

/**
 * `$validate`: what is wrong with a resource, and what could be better, without storing it. Always 200 with an
 * OperationOutcome of all that was found; on an instance without a resource it judges what is stored.
 *
 * https://hl7.org/fhir/R4/resource-operation-validate.html
 */
export function validateOperation(parts: Parts): Operation {
  return {
    name: 'validate',
    definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
    on: ['type', 'instance'],
    types: 'all',
    affectsState: false,
    needs: 'read',
    parameters: {
      resource: { resource: 'Resource' },
      mode: { type: 'code' },
      profile: { type: 'uri', max: Infinity },
    },
    async run(call) {
      const { asked } = call
      const mode = modeOf(call)
      const stored = asked.id === undefined ? undefined : await visible(call)
      const issues = mode === 'delete' ? await deletion(parts, call) : content(parts, call, mode, stored)
      const outcome =
        issues.length > 0
          ? issues
          : [{ severity: 'information', code: 'informational', diagnostics: 'No issues were found.' } as const]
      return {
        answer: { status: 200, json: stringifyJson(operationOutcome(outcome)) },
        touched: { type: asked.type, id: asked.id, patients: stored?.pat == null ? [] : [stored.pat] },
      }
    },
  }
}

function modeOf({ given, asked }: Call): string | undefined {
  const mode = given.text('mode')
  const refuse = (text: string, name: string): never => {
    throw new FhirError('invalidQuery', text, { expression: given.place(name) })
  }
  if (mode !== undefined && !modes.includes(mode)) return refuse(`"${mode}" is not one of ${modes.join(', ')}.`, 'mode')
  if (mode === 'profile' && !given.has('profile')) return refuse('The mode "profile" needs a profile.', 'profile')
  if (mode === 'delete' && asked.id === undefined)
    return refuse('The mode "delete" is for one resource: [type]/[id]/$validate.', 'mode')
  if (mode === 'update' && asked.id === undefined && given.resource('resource')?.id === undefined)
    return refuse('An update names the resource: by [type]/[id]/$validate, or by its id.', 'mode')
  return mode
}

async function visible({ handle, asked, rows }: Call): Promise<StoredVersion> {
  const [stored] = await handle.resources.read(asked.type!, [asked.id!], { where: rows })
  if (!stored) throw notFound(asked.type!, asked.id!)
  if (stored.deleted) throw new FhirError('gone', `${asked.type}/${asked.id} has been deleted.`)
  return stored
}

function content(
  { definitions }: Parts,
  call: Call,
  mode: string | undefined,
  stored: StoredVersion | undefined,
): Issue[] {
  const { given, asked } = call
  const sent = given.resource('resource')
  if (!sent && !stored)
    throw new FhirError('malformed', 'A resource is needed: as the body, or as "resource" in Parameters.')
  const resource = sent ?? (parseJson(stored!.json) as Resource)
  const issues = definitions.validate(resource, { profiles: given.texts('profile'), advises: true })
  const { resourceType, id } = resource
  if (resourceType !== asked.type)
    issues.unshift(error('invalid', `The URL names ${asked.type}, the resource is a ${resourceType}.`, resourceType))
  if (asked.id !== undefined && mode !== 'create' && id !== asked.id)
    issues.unshift(
      error(
        'value',
        `The URL names the id "${asked.id}", the resource ${id === undefined ? 'has none' : `"${id}"`}.`,
        `${resourceType}.id`,
      ),
    )
  return issues
}

/** Whether the caller could delete it: scope, role and access, as the delete itself would ask. */
async function deletion({ access }: Parts, { context, handle, asked }: Call): Promise<Issue[]> {
  const where = mayDelete(access, context, asked.type!)
  const [found] = await handle.resources.read(asked.type!, [asked.id!], { where })
  return found ? [] : [error('forbidden', `You may not delete ${asked.type}/${asked.id}.`)]
}

function mayDelete(access: Parts['access'], context: Context, type: string) {
  try {
    return access.rows(context.principal, type, 'delete', context.now.getTime())
  } catch (refusal) {
    if (refusal instanceof FhirError) return none
    throw refusal
  }
}

function error(code: string, diagnostics: string, expression?: string): Issue {
  return { severity: 'error', code, diagnostics, ...(expression === undefined ? {} : { expression: [expression] }) }
}
