import { randomUUID } from 'node:crypto'
import { serverPrincipal } from '../../access/principal.ts'
import type { Context } from '../../access/principal.ts'
import { compose } from '../../compose.ts'
import type { Settings } from '../../config.ts'
import { FhirError } from '../../fhir/error.ts'
import { parseJson } from '../../fhir/json.ts'
import { localReference } from '../../fhir/reference.ts'
import type { Answer, Interaction } from '../../interactions/interaction.ts'
import { startEmbeddedPostgres } from '../../store/embedded-postgres.ts'
import { loadedOf } from './loader.ts'
import type { LoadRequest, Loaded, Loader } from './loader.ts'

/**
 * Loads in this process, through the same `perform` as every request: validated, indexed and audited alike. Who may run
 * this may read the database anyway, so it acts as the server and not as a person.
 */
export async function createDirectLoader(settings: Settings): Promise<Loader> {
  const embedded = settings.database.url ? undefined : await openEmbedded(settings)
  const { perform, close } = await compose(settings, embedded ? { connection: embedded.connection } : {})
  const contextOf = (): Context => ({
    principal: { ...serverPrincipal, clientId: 'import' },
    base: `${settings.publicUrl}/fhir`,
    requestId: randomUUID(),
    now: new Date(),
    signal: new AbortController().signal,
  })

  return {
    target: settings.database.url ? withoutPassword(settings.database.url) : settings.dataDir,
    async send(request) {
      try {
        const value = parseJson(request.body)
        const body = { kind: 'json', value, contentType: 'application/fhir+json' } as const
        return loadedFrom(await perform(contextOf(), interactionOf(request), body))
      } catch (error) {
        if (error instanceof FhirError) return { status: error.status, issues: error.issues, entries: [] }
        throw error
      }
    },
    async exists(reference) {
      const target = localReference(reference)
      if (!target) return false
      return perform(contextOf(), { kind: 'read', type: target.type, id: target.id }).then(
        () => true,
        () => false,
      )
    },
    async close() {
      await close()
      await embedded?.stop()
    },
  }
}

async function openEmbedded({ dataDir }: Settings) {
  try {
    return await startEmbeddedPostgres({ dataDir })
  } catch (error) {
    if (!/is in use by another server/.test(String((error as Error).message))) throw error
    const text = `A server is running on ${dataDir}: load through it, with --url URL and --token TOKEN (or --email and --password).`
    throw new Error(text, { cause: error })
  }
}

function interactionOf({ method, path }: LoadRequest): Interaction {
  const [type, id] = path.split('/')
  if (!type) return { kind: 'batch' }
  return method === 'PUT' ? { kind: 'update', type, id: id! } : { kind: 'create', type }
}

function loadedFrom({ status, json, location }: Answer): Loaded {
  return loadedOf(status, json ?? '', location)
}

function withoutPassword(text: string): string {
  const url = new URL(text)
  url.password = ''
  return url.href
}
