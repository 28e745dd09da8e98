/**
 * What the product promises about approval, sign-in, access requests, messages, patients, audit and consent: one row for each
 * numbered test of its design. A test that proves a row begins its title with the id and a colon.
 */
import type { Assertion, Section } from '../support/readme-list.ts'

type Row = string | Omit<Assertion, 'id'>

function section(title: string, rows: Record<string, Row>): Section {
  const assertions = Object.entries(rows).map(([id, row]) =>
    typeof row === 'string' ? { id, says: row } : { id, ...row },
  )
  return { title, assertions }
}

export const sections: readonly Section[] = [
  section('Registration and approval', {
    'REG-1':
      'a pending doctor with the right password is told that approval is awaited, gets no token, and FHIR answers 401',
    'REG-2':
      'a doctor who sets the own `active` gets 403 by PUT, PATCH, transaction and conditional update; nothing changes',
    'REG-3':
      'approval lets in at once; suspension refuses an issued access token on the very next request, and its refresh for good',
    'REG-4': 'of two administrators who decide at the same time one gets 200, the other 412',
    'REG-5':
      'a known address gets the same answer for the same work, and its owner a mail that there is an account already',
    'REG-6':
      'the lists of pending and accepted doctors and their counts are plain searches, with status, date, licence and who decided',
    'REG-7': 'an address that is not verified never reaches the administrators’ list',
  }),
  section('Sign-in', {
    'LOG-1': 'a wrong password and an unknown person: same status, same body, same work',
    'LOG-2': 'after 50 guesses one waits; the right password works after the pause',
    'LOG-3': 'without PKCE, or with the plain method, 400',
    'LOG-4': 'what is for administrators answers others 403, and is audited',
    'LOG-5': 'after signing out neither the refresh token nor the access token works',
  }),
  section('Access requests', {
    'AR-1': 'before approval 404, after it 200, another document of the same patient still 404',
    'AR-2': 'a partial approval grants the subset alone',
    'AR-3': 'after the end of its period a grant opens nothing, without any job',
    'AR-4': 'a revoked grant opens nothing from the next request on, the next range of a download included',
    'AR-5': 'nobody approves the own request: 403',
    'AR-6': 'an approval that is sent again with the old ETag: 412',
    'AR-7': 'a rejection needs its reason: 422',
    'AR-8': 'the answer does not tell whether a patient exists',
    'AR-9': 'a patient’s deny beats an administrator’s permit',
    'AR-10': 'who is granted 3 of 10 documents sees a total of 3 on every page',
    'AR-11': 'every decision has its AuditEvent that names the Consent',
    'AR-12':
      'a grant for treatment names single documents, for persons; whole records are the patient’s or the office’s to give',
  }),
  section('Messages', {
    'MSG-1': 'sender and recipients see a message; others, administrators too, neither find nor read it',
    'MSG-2': 'by recipient one finds exactly the messages of two people, in both directions, sorted',
    'MSG-3': 'a document in a message: 404 before, 200 after for the recipient; who is told later gets 404',
    'MSG-4': 'a document that was given without the right to pass it on: 403, and nothing is stored',
    'MSG-5': 'recall before reading hides the text, after reading it only marks',
    'MSG-6': 'nobody forges the sender',
    'MSG-7': 'a page of a mailbox, which grows as all others do, reads no more of 50,000 messages than of 5,000',
  }),
  section('Patients', {
    'PT-1': 'a patient writes the four things that are his to write; else 403 where he may read and 404 where not',
    'PT-2': 'one patient never sees another by any path',
    'PT-4': '100,000 patient identifiers are unique; the check character catches each wrong character and each swap',
    'PT-6': 'who acts for a patient reads the record within the period of that relation alone, without any job',
    'PT-5': 'an invitation code works once',
  }),
  section('Audit', {
    'BALP-1': 'each interaction with patient data leaves one AuditEvent for each patient, durable before the answer',
    'BALP-2': 'with type, subtype, action, outcome, time and observer; agents for client and server, and the person',
    'BALP-3': 'with the roles of client and server as the profiles have them for each interaction',
    'BALP-4': 'with the patient, the data, the exact query, and X-Request-Id',
    'BALP-5': 'with issuer, subject and client, and never a token',
    'BALP-6': 'decisions on consent have events of their own',
    'BALP-7': 'disclosures have events at the source and at the recipient',
    'BALP-8':
      'AuditEvents cannot be changed over the API, and the chain of their hashes tells what was changed below it',
  }),
  section('Consent', {
    'PCF-1': {
      says: 'Consents are created, read by version too, updated and found by patient and status, by GET and POST',
      changed: 'none is deleted: what was agreed stays in the record, and is withdrawn by its status',
    },
    'PCF-2': 'a patient’s consent has what the basic profile asks for, and nothing that it forbids',
    'PCF-3': 'the four implicit policies can be chosen, and decide where no consent does',
    'PCF-4':
      'periods of data, single resources, what is related to an encounter, plan or episode, and what somebody authored',
    'PCF-6': 'each example of the guide allows and denies what it says',
    'PCF-7': 'what is forbidden is neither in a searchset nor in its total',
    'PCF-9': 'a consent that has ended or is not active has no effect',
    'PCF-10': 'withdrawal is felt by the next request',
  }),
  section('Who looked', {
    'ACC-2': 'a patient finds every access: who, when, what, why and under which grant',
    'ACC-3': 'denied attempts are marked, and a question goes to who answers for privacy',
    'ACC-5': 'of 1,000 random calls each that returned patient data stands there exactly once per patient and page',
  }),
]
