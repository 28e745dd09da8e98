/**
 * `/consent`: what the app asks for, one box per scope, and for which patient. The person may keep less than was asked,
 * never more.
 *
 * https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#ehr-evaluates-authorization-request-asking-for-end-user-input
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { Interaction } from 'oidc-provider'
import type { Account, AccountRows, Database } from '../accounts/account.ts'
import type { People } from '../people.ts'
import { effectiveRoles } from '../principal.ts'
import type { Principal } from '../../access/principal.ts'
import type { SmartClient } from '../provider/clients.ts'
import { type GrantableScopes, needsPatient } from '../provider/grantable-scopes.ts'
import type { Grants, LaunchContext } from '../provider/grants.ts'
import type { Interactions } from '../provider/interactions.ts'
import type { Launches } from '../provider/launches.ts'
import { type Choices, showConsent } from './consent-form.ts'
import { keptScopes } from './consent-scopes.ts'
import { type FormState, readForm } from './form.ts'
import { html } from './html.ts'
import { showPage } from './page.ts'

interface Parts {
  provider: Provider
  database: Database
  accounts: AccountRows
  people: Pick<People, 'searchPatients' | 'mayRead' | 'describe'>
  interactions: Interactions
  grantableScopes: GrantableScopes
  grants: Grants
  launches: Launches
  patientRid: (id: string) => bigint
}

/** What is known before anything is decided. */
interface Question {
  readonly interaction: Interaction
  readonly client: SmartClient
  readonly account: Account
  readonly sessionUid: string
  readonly signedInAt: number
  readonly asked: readonly string[]
}

export function consentPage(router: Router<FormState>, parts: Parts): void {
  const { interactions } = parts
  const { questionOf, choicesOf, decide } = createDecisions(parts)

  router.get('/consent', async (ctx) => {
    const question = await questionOf(ctx, String(ctx.query[interactions.parameter] ?? ''))
    if (!question) return outdated(ctx)
    return showConsent(ctx, { ...(await choicesOf(question, '')), ticked: question.asked, only: [] })
  })

  router.post('/consent', readForm, async (ctx) => {
    const { form } = ctx.state
    const uid = form.text(interactions.parameter) || String(ctx.query[interactions.parameter] ?? '')
    const question = await questionOf(ctx, uid)
    if (!question) return outdated(ctx)
    const { interaction, asked } = question
    if (form.all('deny').length > 0) {
      return interactions.finish(ctx, interaction, { error: 'access_denied', error_description: 'the person refused' })
    }
    const [ticked, only] = [form.all('scope'), form.all('only')]
    // A narrower one that exists here; the page offers no other.
    const kept = parts.grantableScopes(keptScopes(asked, ticked, only).join(' '), question.client, false)
    const again = async (problem?: string) =>
      showConsent(ctx, {
        ...(await choicesOf(question, form.text('find'))),
        ...{ ticked, only },
        problem,
        chosen: form.text('patient'),
      })
    if (form.all('search').length > 0) return again()
    if (kept.length === 0) return again('Keep at least one box, or refuse.')
    const grantId = await decide(question, kept, form.text('patient'))
    if (grantId === 'patient-missing') return again('Please choose the patient.')
    if (grantId === 'launch-over') return outdated(ctx)
    return interactions.finish(ctx, interaction, { consent: { grantId } })
  })
}

function createDecisions(parts: Parts) {
  const { provider, database, accounts, people, interactions, grants, launches } = parts

  async function questionOf(ctx: Context, uid: string): Promise<Question | undefined> {
    const interaction = await interactions.find(ctx, uid)
    if (interaction?.prompt.name !== 'consent') return undefined
    const session = await interactions.accountOf(ctx, interaction)
    const client = (await provider.Client.find(String(interaction.params.client_id))) as SmartClient | undefined
    const account = session && (await accounts.byId(database, session.accountId))
    if (!session || !client || !account?.mayAct) return undefined
    const asked = parts.grantableScopes(String(interaction.params.scope ?? ''), client, false)
    return { interaction, client, account, ...session, asked: withoutEncounter(asked, interaction) }
  }

  async function choicesOf({ interaction, client, account, asked }: Question, find: string): Promise<Choices> {
    const picks = mustPick(interaction, account, asked)
    return {
      uid: interaction.uid,
      client,
      email: account.email,
      asked,
      find,
      patients: picks ? await people.searchPatients(principalOf(account), find) : undefined,
      leadsTo: String(interaction.params.redirect_uri),
    }
  }

  async function contextOf(
    question: Question,
    kept: readonly string[],
    patient: string,
  ): Promise<LaunchContext | 'patient-missing' | 'launch-over'> {
    const { interaction, account, client } = question
    if (typeof interaction.params.launch === 'string') {
      return (await launches.use(interaction.params.launch, account.id, client.clientId)) ?? 'launch-over'
    }
    if (!needsPatient(kept)) return grants.standalone(undefined)
    const own = account.person?.type === 'Patient' ? account.person.id : undefined
    const id = own ?? patient
    if (id === '' || !(own ?? (await people.mayRead(principalOf(account), 'Patient', id)))) return 'patient-missing'
    return grants.standalone({ id, rid: parts.patientRid(id) })
  }

  async function decide(question: Question, kept: readonly string[], patient: string): Promise<string> {
    const { interaction, client, account, sessionUid, signedInAt } = question
    const context = await contextOf(question, kept, patient)
    if (typeof context === 'string') return context
    // The library compares the grant with what was asked for: from here on, that is what the person kept.
    interaction.params.scope = kept.join(' ')
    return grants.save(provider, {
      accountId: account.id,
      clientId: client.clientId,
      scopes: kept,
      context,
      sessionUid,
      signedInAt,
    })
  }

  return { questionOf, choicesOf, decide }
}

/** Only an EHR launch knows a visit. */
function withoutEncounter(asked: readonly string[], interaction: Interaction): readonly string[] {
  return interaction.params.launch === undefined ? asked.filter((scope) => scope !== 'launch/encounter') : asked
}

function mustPick(interaction: Interaction, account: Account, asked: readonly string[]): boolean {
  return interaction.params.launch === undefined && account.person?.type !== 'Patient' && needsPatient(asked)
}

/** The person himself, choosing: all that his role allows. */
function principalOf(account: Account): Principal {
  return {
    kind: 'person',
    roles: effectiveRoles(account.roles),
    person: account.person!,
    accountId: account.id,
    clientId: 'chartshare',
    scopes: [{ level: 'user', type: '*', actions: 'cruds' }],
  }
}

function outdated(ctx: Context): void {
  showPage(ctx, {
    status: 400,
    title: 'This page is out of date',
    body: html`<p>Please go back to your app and start there once more.</p>
      <p><a class="button" href="/">To the start</a></p>`,
  })
}
