import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { stepByAsking, stepByKey, type SecondStep } from './second-step.ts'
import type { Credentials } from './sign-in.ts'

/** The administrator's address and password: from the command line, the settings, or asked for on a terminal. */
export async function administratorOf(
  given: { readonly email?: string; readonly password?: string; readonly 'totp-key'?: string },
  settings: Credentials | undefined,
): Promise<Credentials> {
  const email = given.email ?? settings?.email ?? (await ask('E-mail address of the administrator: ', false))
  const password = given.password ?? settings?.password ?? (await ask('Password: ', true))
  const secondStep = stepOf(given['totp-key'])
  return { email, password, ...(secondStep ? { secondStep } : {}) }
}

function stepOf(key: string | undefined): SecondStep | undefined {
  if (key !== undefined) return stepByKey(key)
  return process.stdin.isTTY ? stepByAsking((question) => ask(question, false)) : undefined
}

function ask(question: string, secret: boolean): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new Error('Who is the administrator? Set ADMIN_EMAIL and ADMIN_PASSWORD, or give --email and --password.')
  }
  process.stdout.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: secret ? silent : process.stdout, terminal: true })
  return new Promise((resolve) => {
    lines.question('', (answer) => {
      lines.close()
      if (secret) process.stdout.write('\n')
      resolve(answer.trim())
    })
  })
}
