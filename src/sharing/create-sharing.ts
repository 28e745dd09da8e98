import { randomUUID } from 'node:crypto'
import type { Access } from '../access/access.ts'
import { createFacts } from '../access/facts.ts'
import { type Context, serverPrincipal } from '../access/principal.ts'
import type { PartDefinitions } from '../access/record-parts.ts'
import type { Operation } from '../interactions/operation.ts'
import type { Rule, Work } from '../interactions/rule.ts'
import type { Search } from '../search/create-search.ts'
import type { Keys } from '../search/keys.ts'
import type { Store, Transaction } from '../store/store.ts'
import { accessLog } from './access-log.ts'
import { accessRequests } from './access-requests.ts'
import type { Accounts } from './accounts.ts'
import { askAboutAccess } from './ask-about-access.ts'
import { binaries } from './binary.ts'
import { ownCodes } from './codes.ts'
import { consentGrants } from './consent-grants.ts'
import { deadLetters } from './dead-letters.ts'
import { createContent } from './document-content.ts'
import { documentUpload } from './document-upload.ts'
import { invite } from './invite.ts'
import { createLetters, type Mailbox } from './letters.ts'
import { patientIdentifier } from './patient-identifier.ts'
import { createPeople } from './people.ts'
import type { Outbox } from './outbox.ts'
import { linkSignIn } from './link-sign-in.ts'
import { createApproval } from './request-approval.ts'
import { createRequestClerk } from './request-clerk.ts'
import { createRequestDecision } from './request-decision.ts'
import type { PolicyName } from './request-policies.ts'
import { practitionerApproval } from './practitioner-approval.ts'
import { markRead } from './mark-read.ts'
import { messages } from './messages.ts'
import { messageSettings } from './message-settings.ts'
import { createReceipts } from './receipts.ts'
import { createRegistration } from './registration.ts'
import { resetSecondFactor } from './reset-second-factor.ts'
import { setRoles } from './set-roles.ts'
import { shareByMessage } from './share-by-message.ts'
import type { ShowTrail } from './show-trail.ts'

interface Parts {
  store: Store
  access: Access
  definitions: PartDefinitions
  search: Search
  keys: Keys
  accounts: Accounts
  mail: Mailbox
  outbox: Pick<Outbox, 'dead' | 'sendAgain'>
  trail: Pick<ShowTrail, 'upToNow'>
  /** The FHIR base URL, without a trailing slash. */
  base: string
  publicUrl: string
  /** Bytes of one attachment at most. */
  limits: { binary: number }
  /** Whether two administrators let a doctor in. */
  secondApprover: boolean
  serverWork: (tx: Transaction, now: Date) => Work
  /** Rules by which access requests are accepted at once. */
  requestPolicies: readonly PolicyName[]
  /** Hears of what failed when nobody waits for it. */
  onError: (error: unknown) => void
  now?: () => Date
}

/** The product: the rules that react to interactions, its operations, and what accounts need of the health records. */
export function createSharing(parts: Parts) {
  const { store, access, definitions, search, keys, accounts, mail, outbox, base, publicUrl, limits } = parts
  const { serverWork, secondApprover, trail } = parts
  const { attachments } = store
  const codes = ownCodes(base)
  const letters = createLetters({ mail, publicUrl })
  const receipts = createReceipts({ codes, base })
  const content = createContent({ attachments, keys, base, limit: limits.binary })
  const registration = createRegistration({ accounts, letters, codes })
  const factsOf = createFacts({ definitions, extract: search.extract, base })
  const now = parts.now ?? (() => new Date())
  const decision = createRequestDecision({ letters, codes, base, approve: createApproval({ codes, base }) })
  const requests = createRequestClerk({
    ...{ store, serverWork, accounts, letters, codes, base, decision, now },
    serverContext: (now) => serverContext(base, now),
    policies: parts.requestPolicies,
    onError: parts.onError,
  })
  const rules: readonly Rule[] = [
    ...practitionerApproval({ accounts, letters, codes, base, secondApprover }),
    patientIdentifier({ codes }),
    binaries({ attachments, base }),
    documentUpload({ content }),
    messages({ receipts, base }),
    shareByMessage({ letters, codes, base, factsOf }),
    consentGrants({ base, factsOf }),
    accessRequests({ codes, base, decision, wakeClerk: requests.wake }),
  ]
  const operations: readonly Operation[] = [
    invite({ accounts, codes }),
    setRoles({ accounts, codes }),
    resetSecondFactor({ accounts, codes }),
    linkSignIn({ accounts, codes }),
    ...deadLetters({ outbox, codes }),
    accessLog({ access, search, codes, base, trail }),
    askAboutAccess({ access, codes, serverWork }),
    messageSettings({ codes, base }),
    markRead({ receipts, codes, serverWork }),
  ]
  const people = createPeople({
    store,
    serverWork,
    access,
    search,
    registration,
    content,
    codes,
    now,
  })
  return { rules, operations, people, requests }
}

/** What the server does on its own. */
function serverContext(base: string, now: Date): Context {
  const signal = new AbortController().signal
  return { principal: serverPrincipal, base, requestId: randomUUID(), now, signal }
}
