/**
 * `POST /auth/launch`: an app that a person is using starts another one in its context (EHR launch).
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#launch-app-ehr-launch
 */
import type Router from '@koa/router'
import type Provider from 'oidc-provider'
import type { Principal } from '../../access/principal.ts'
import type { People } from '../people.ts'
import type { SmartClient } from '../provider/clients.ts'
import type { Launches } from '../provider/launches.ts'
import { BodyError, parseObject, readText } from '../read-body.ts'
import { actorOf, type AuditTrail } from '../audit-trail.ts'
import type { Administrators, Caller } from './administrators.ts'
import { auditRefusals } from './audited.ts'
import { sendError } from './send-error.ts'

interface Parts {
  provider: Provider
  launches: Launches
  people: Pick<People, 'mayRead'>
  patientRid: (id: string) => bigint
  administrators: Administrators
  publicUrl: string
  audit: AuditTrail
}

interface Request {
  readonly clientId: string
  readonly patient: string
  readonly encounter: string | undefined
  readonly extra: Record<string, unknown>
}

export function launchEndpoint(router: Router, parts: Parts): void {
  const { provider, launches, people, patientRid, administrators, publicUrl, audit } = parts
  const fhirBase = `${publicUrl}/fhir`
  router.post('/auth/launch', auditRefusals(audit, 'launch'), administrators.person, async (ctx) => {
    const { principal } = ctx.state.caller as Caller
    const request = requestOf(parseObject(await readText(ctx.req)))
    const client = (await provider.Client.find(request.clientId)) as SmartClient | undefined
    if (client?.approval !== 'granted')
      return sendError(ctx, 422, 'invalid_request', 'client_id is no app that is approved here.')
    if (!(await maySeeContext(principal, request))) {
      return sendError(
        ctx,
        422,
        'invalid_request',
        'patient or encounter does not exist, you may not see it, or the encounter is another patient’s.',
      )
    }
    const { clientId, patient: patientId, extra } = request
    const launch = await launches.make({ accountId: principal.accountId!, clientId, patientId, extra })
    await audit(ctx, {
      ...{ interaction: 'launch', outcome: 'success', status: 200, ...actorOf(principal) },
      detail: { client: clientId, patient: `Patient/${patientId}` },
    })
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { launch, ...(client.launch_uri ? { url: launchUrl(client.launch_uri, fhirBase, launch) } : {}) }
  })

  async function maySeeContext(principal: Principal, { patient, encounter }: Request): Promise<boolean> {
    if (!(await people.mayRead(principal, 'Patient', patient))) return false
    return encounter === undefined || people.mayRead(principal, 'Encounter', encounter, patientRid(patient))
  }
}

/** "launches the app by opening the app's registered launch URL and passing some context": `iss` and `launch`. */
function launchUrl(registered: string, iss: string, launch: string): string {
  const url = new URL(registered)
  url.searchParams.set('iss', iss)
  url.searchParams.set('launch', launch)
  return url.href
}

function requestOf(body: Record<string, unknown>): Request {
  const { client_id: clientId, patient, encounter, intent, fhirContext, need_patient_banner: banner } = body
  if (!isText(clientId) || !isText(patient)) throw new BodyError(400, 'client_id and patient are required.')
  if (encounter !== undefined && !isText(encounter)) throw new BodyError(400, 'encounter must be an id.')
  if (intent !== undefined && !isText(intent)) throw new BodyError(400, 'intent must be a text.')
  if (fhirContext !== undefined && !isContext(fhirContext))
    throw new BodyError(400, 'fhirContext must be a list of objects.')
  if (banner !== undefined && typeof banner !== 'boolean')
    throw new BodyError(400, 'need_patient_banner must be true or false.')
  const extra = Object.entries({ encounter, intent, fhirContext, need_patient_banner: banner })
  return { clientId, patient, encounter, extra: Object.fromEntries(extra.filter(([, value]) => value !== undefined)) }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 256
}

/** "an Array of objects", each with a reference, a canonical or an identifier. */
function isContext(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= 50 &&
    value.every((entry: unknown) => {
      const { reference, canonical, identifier } = (entry ?? {}) as Record<string, unknown>
      return isText(reference) || isText(canonical) || (typeof identifier === 'object' && identifier !== null)
    })
  )
}
