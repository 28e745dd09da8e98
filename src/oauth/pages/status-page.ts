/**
 * `/status`: where a doctor's registration stands, and room for what proves his identity.
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Account, AccountRows, Database } from '../accounts/account.ts'
import type { Login } from '../accounts/login.ts'
import type { Approval, Evidence, People } from '../people.ts'
import type { AuditTrail } from '../audit-trail.ts'
import { BodyError, readBytes } from '../read-body.ts'
import { alert, input, notice } from './controls.ts'
import { type FormState, readForm, tell } from './form.ts'
import { type Html, html } from './html.ts'
import { showPage } from './page.ts'
import type { StatusCookie } from './status-cookie.ts'

interface Parts {
  database: Database
  accounts: AccountRows
  login: Login
  people: Pick<People, 'approvalOf' | 'addEvidence'>
  statusCookie: StatusCookie
  audit: AuditTrail
}

const largestFile = 10 * 2 ** 20
const fileTypes = ['application/pdf', 'image/jpeg', 'image/png']

const states: Readonly<Record<Approval['state'], string>> = {
  pending: 'Your registration is awaiting approval by an administrator.',
  'information-requested': 'The administrator needs something more from you.',
  rejected: 'Your registration was not accepted.',
  suspended: 'Your account is suspended. Please ask an administrator.',
  accepted: 'Your registration was accepted.',
}

export function statusPage(router: Router<FormState>, parts: Parts): void {
  const { database, accounts, login, people, statusCookie, audit } = parts

  async function known(ctx: Context): Promise<Account | undefined> {
    const accountId = statusCookie.accountId(ctx)
    return accountId === undefined ? undefined : accounts.byId(database, accountId)
  }

  async function showState(ctx: Context, account: Account, message?: Html, status = 200): Promise<void> {
    const approval = account.mayAct ? undefined : account.person && (await people.approvalOf(account.person.id))
    showPage(ctx, {
      status,
      title: 'Your registration',
      body: html`${message}${account.mayAct ? welcome : details(approval)}`,
    })
  }

  router.get('/status', async (ctx) => {
    const account = await known(ctx)
    return account ? showState(ctx, account) : askWho(ctx)
  })

  router.post('/status', readForm, async (ctx) => {
    const email = ctx.state.form.text('email')
    const result = await login({ email, password: ctx.state.form.text('password'), ip: ctx.ip })
    const account = 'account' in result ? result.account : undefined
    const known = result.outcome === 'welcome' || result.outcome === 'inactive'
    const status = known ? 200 : { wait: 429, wrong: 401, unverified: 403 }[result.outcome]
    await audit(ctx, { interaction: 'login', outcome: known ? 'success' : 'refused', status, account })
    if (result.outcome === 'wait') {
      ctx.set('Retry-After', String(result.seconds))
      return askWho(ctx, 429, email, `Too many attempts. Please wait ${result.seconds} seconds and try again.`)
    }
    if (result.outcome === 'wrong') return askWho(ctx, 401, email, 'Address or password is not right.')
    if (result.outcome === 'unverified')
      return askWho(ctx, 403, email, 'Please open the link in the mail that we sent you first.')
    statusCookie.set(ctx, result.account.id)
    return showState(ctx, result.account)
  })

  router.post('/status/evidence', async (ctx) => {
    const account = await known(ctx)
    if (!account?.person) return askWho(ctx, 401, undefined, 'Please say who you are first.')
    const approval = account.mayAct ? undefined : await people.approvalOf(account.person.id)
    if (!approval || !isOpen(approval))
      return tell(ctx, { status: 409, title: 'Nothing is asked for', text: 'Your registration is decided.' })
    try {
      await people.addEvidence(account.person.id, await evidenceOf(ctx))
    } catch (error) {
      if (!(error instanceof BodyError)) throw error
      return showState(ctx, account, alert(error.message), error.status)
    }
    return showState(ctx, account, notice('Thank you, we received it.'))
  })
}

/** Small enough to be read at once. */
async function evidenceOf(ctx: Context): Promise<Evidence> {
  if (!ctx.is('multipart/form-data')) throw new BodyError(415, 'Send the form with its file.')
  const bytes = await readBytes(ctx.req, largestFile + 64 * 1024)
  const headers = { 'content-type': ctx.get('content-type') }
  const form = await new Response(new Uint8Array(bytes), { headers }).formData().catch((cause: unknown) => {
    throw new BodyError(400, 'The form cannot be read.', { cause })
  })
  const [note, file] = [form.get('note'), form.get('file')]
  const text = typeof note === 'string' ? note.trim().slice(0, 4000) : ''
  const given = file instanceof File && file.size > 0 ? file : undefined
  if (given && !fileTypes.includes(given.type)) throw new BodyError(415, 'Send a PDF, a JPEG or a PNG file.')
  if (given && given.size > largestFile) throw new BodyError(413, 'The file is larger than 10 MiB.')
  if (text === '' && !given) throw new BodyError(400, 'Write something or choose a file.')
  return {
    ...(text === '' ? {} : { note: text }),
    ...(given
      ? {
          file: {
            name: given.name.slice(0, 200),
            contentType: given.type,
            bytes: Buffer.from(await given.arrayBuffer()),
          },
        }
      : {}),
  }
}

function isOpen({ state }: Approval): boolean {
  return state === 'pending' || state === 'information-requested'
}

const welcome = html`<p>Your registration was accepted.</p>
  <p><a class="button" href="/">Sign in</a></p>`

function details(approval: Approval = { state: 'pending' }): Html {
  return html`<p>${states[approval.state]}</p>
    ${approval.note && html`<p class="notice">${approval.note}</p>`}
    ${
      isOpen(approval) &&
      html`<h2>Send something that helps</h2>
        <form method="post" action="/status/evidence" enctype="multipart/form-data">
          <div class="field">
            <label for="note">Your message</label><textarea id="note" name="note" rows="4" maxlength="4000"></textarea>
          </div>
          <div class="field">
            <label for="file">A copy of your licence</label>
            <p class="hint" id="file-hint">PDF, JPEG or PNG, 10 MiB at most.</p>
            <input id="file" name="file" type="file" accept="${fileTypes.join(',')}" aria-describedby="file-hint" />
          </div>
          <button>Send</button>
        </form>`
    }`
}

function askWho(ctx: Context, status = 200, email?: string, problem?: string): void {
  showPage(ctx, {
    status,
    title: 'Where does my registration stand?',
    body: html`${alert(problem)}
      <form method="post" action="/status">
        ${input({ name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'username', value: email })}
        ${input({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' })}
        <button>Show</button>
      </form>`,
  })
}
