import type { Access } from '../access/access.ts'
import { FhirError } from '../fhir/error.ts'
import type { Operation } from '../interactions/operation.ts'
import { parametersText } from '../interactions/parameters-text.ts'
import type { Work } from '../interactions/rule.ts'
import { notFound } from '../interactions/visible-rows.ts'
import type { Transaction } from '../store/store.ts'
import type { OwnCodes } from './codes.ts'

interface Parts {
  access: Access
  codes: OwnCodes
  serverWork: (tx: Transaction, now: Date) => Work
}

const longest = 4_000

/**
 * `POST [base]/Patient/1/$ask-about-access` with `question`, and `event` for a line of the log: the patient's question becomes a
 * Task `access-query`, which whoever answers for privacy finds and answers, and which the patient can follow.
 */
export function askAboutAccess({ access, codes, serverWork }: Parts): Operation {
  return {
    name: 'ask-about-access',
    definition: codes.operation('ask-about-access'),
    on: ['instance'],
    types: ['Patient'],
    affectsState: true,
    needs: 'read',
    parameters: { question: { type: 'string', min: 1 }, event: { type: 'id' } },
    published: {
      description:
        'A patient asks about who looked at the own record; whoever answers for privacy finds the question as a Task.',
      answers: { task: { type: 'Reference' } },
    },
    async run({ context, handle, asked, given, rows }) {
      const id = asked.id!
      const { principal, now } = context
      const [patient] = await handle.resources.read('Patient', [id], { where: rows })
      if (!patient || patient.deleted) throw notFound('Patient', id)
      if (principal.person?.type !== 'Patient' || principal.person.id !== id) {
        throw new FhirError('forbidden', 'Patients ask about their own record.')
      }
      const question = given.text('question')!
      if (question.length > longest) {
        const text = `A question has ${longest} characters at most.`
        throw new FhirError('unprocessable', text, { expression: given.place('question') })
      }
      const event = given.text('event')
      if (event !== undefined) {
        const where = access.rows(principal, 'AuditEvent', 'read', now.getTime())
        const [found] = await handle.resources.read('AuditEvent', [event], { where })
        if (!found) throw notFound('AuditEvent', event)
      }
      const self = { reference: `Patient/${id}` }
      const task = await handle.transaction((tx) =>
        serverWork(tx, now).create({
          resourceType: 'Task',
          status: 'requested',
          intent: 'order',
          code: codes.task('access-query', 'Question about access to the record'),
          description: question,
          ...(event === undefined ? {} : { focus: { reference: `AuditEvent/${event}` } }),
          for: self,
          requester: self,
          authoredOn: now.toISOString(),
        }),
      )
      return {
        answer: {
          status: 200,
          json: parametersText({ name: 'task', valueReference: { reference: `Task/${task.id}` } }),
        },
        touched: { type: 'Patient', id, patients: [patient.rid], detail: { operation: 'ask-about-access' } },
      }
    },
  }
}
