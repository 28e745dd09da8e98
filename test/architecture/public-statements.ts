/**
 * What README.md says, sentence by sentence, and the test that would fail if it were false: the file, and the beginning of a
 * title in it.
 */
export type Statement = readonly [sentence: string, file: string, title: string]

export const statements: readonly Statement[] = [
  [
    'everybody reads exactly what was written by them, given to them or concerns them',
    'api/role-matrix.test.ts',
    'every interaction with every class of resource, as the matrix says',
  ],
  [
    'every access leaves a line in the audit trail',
    'api/story.test.ts',
    'what happened stands in the audit trail, the refusals too',
  ],
  ['Apps sign people in with SMART on FHIR', 'smart/launch.test.ts', 'works for a public client'],
  [
    'own web app is one of them and has no private door',
    'architecture/rooms.test.ts',
    'obey the map: directions, homes of libraries, private folders',
  ],
  ['in any S3-compatible store', 'attachments/s3.test.ts', 'attachments in an S3 bucket'],
  [
    'without either it brings its own',
    'unit/config/config.test.ts',
    'an empty environment gives the embedded defaults',
  ],
  ['Node 20.19 or later is all it takes', 'architecture/public-statements.test.ts', 'Node 20.19 is what package.json'],
  [
    'a link, good once and for 24 hours: **open the link to become the administrator**',
    'smart/administrators.test.ts',
    'is made by a link that dies with its use, and only the latest link works',
  ],
  [
    'the demo and the import take the key of the',
    'commands/second-step.test.ts',
    'the key of the app, or a person at the terminal, takes the second step',
  ],
  ['a terminal is asked for a code', 'commands/second-step.test.ts', 'the key of the app, or a person at the terminal'],
  ['A sign-in ends twelve hours after it began', 'smart/idle.test.ts', 'a session that nothing used for two hours'],
  [
    'An app that was allowed to stay connected outlives it',
    'smart/idle.test.ts',
    'what was allowed to stay connected does not depend on the session',
  ],
  [
    'There is no limit to how many devices somebody is signed in on',
    'smart/own-sessions.test.ts',
    'everywhere else at once, and nowhere of anybody else',
  ],
  ['and ends each or all others.', 'smart/own-sessions.test.ts', 'ending a session ends it and its tokens at once'],
  [
    'A sign-out ends the apps of that sign-in here',
    'smart/lifetime.test.ts',
    'ends what was allowed for the session, and leaves what was allowed for longer',
  ],
  [
    'Who lost every second step is let in by an administrator',
    'smart/second-factor.test.ts',
    'is reset by an administrator',
  ],
  [
    'on the machine itself prints a link that is good once',
    'smart/account-reset.test.ts',
    'who lost every second step is let in by the link that the machine printed',
  ],
  ['and sign in.', 'browser/first-page.test.ts', 'a doctor signs in, finds a document'],
  [
    'give the administrator with the first start instead',
    'smart/administrators.test.ts',
    'comes from the settings at the first start, and is not made again',
  ],
  ['Everything is in `./data`', 'unit/config/config.test.ts', 'an empty environment gives the embedded defaults'],
  [
    'Mails are not sent but written to `data/outbox/*.eml`',
    'unit/sharing/mail.test.ts',
    'without a mail server each mail is an RFC 822 file',
  ],
  ['until `SMTP_URL` names a mail server', 'unit/sharing/mail.test.ts', 'with a mail server it goes there'],
  ['While an empty server runs', 'commands/demo.test.ts', 'a server that is not empty is left alone'],
  ['prints who can log in', 'commands/demo.test.ts', 'everybody whom it names can log in'],
  [
    'loads FHIR resources, Bundles and NDJSON, files or folders: directly when the server is stopped, through its API when it runs',
    'commands/import.test.ts',
    'everything is loaded in the order in which references resolve',
  ],
  [
    'Interrupted, it goes on where it stopped',
    'unit/commands/resume-state.test.ts',
    'an interrupted import goes on where it stopped',
  ],
  [
    'what is refused is listed with the reason',
    'commands/import.test.ts',
    'what is refused names file, line, element and reason',
  ],
  ['An app registers at `/auth/reg` (RFC 7591)', 'smart/registration.test.ts', 'an app that registers'],
  ['signs people in with an authorization code and PKCE', 'smart/launch.test.ts', 'works for a public client'],
  [
    'a backend service uses `private_key_jwt` and `system/` scopes',
    'smart/backend-services.test.ts',
    'gets the scopes that it was granted, and never a person’s',
  ],
  [
    'A doctor who registers waits until an administrator sets `Practitioner.active` to `true`',
    'smart/accounts.test.ts',
    'registers with forms alone, confirms the address, waits for approval',
  ],
  [
    'a patient gets an account with a code from `POST /fhir/Patient/{id}/$invite`',
    'smart/invitations.test.ts',
    'makes an account with the code from paper',
  ],
  [
    'unsafe settings keep the server from starting, and say why',
    'unit/config/config.test.ts',
    'refuses to run without rate limits',
  ],
  [
    '`npm run config` prints the settings in force',
    'unit/config/readme.test.ts',
    'the printed table marks what the environment gave',
  ],
]

/** Sentences that no test of this suite can prove false, and why. */
export const unproved: Readonly<Record<string, string>> = {
  'All of them are invented': 'who was invented, only a reader can tell',
  'docker compose up': 'needs Docker, which the suite does not',
  'Apache License 2.0': 'a licence is no behaviour',
}
