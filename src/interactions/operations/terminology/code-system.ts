import type { CodeSystem } from '../../../definitions/terminology.ts'
import { FhirError } from '../../../fhir/error.ts'
import type { Coding } from '../../../fhir/resource.ts'
import type { Call } from '../../operation.ts'
import type { StoredTerminology } from './stored-terminology.ts'

/**
 * Which code system is meant: `url` where the operation calls it so, `system` otherwise, or the resource itself where it may
 * come along. https://hl7.org/fhir/R4/codesystem-operations.html
 */
export function whichCodeSystem<N extends 'url' | 'system'>(name: N) {
  return { [name]: { type: 'uri' }, ...(name === 'url' ? { codeSystem: { resource: 'CodeSystem' } } : {}) } as const
}

export interface NamedSystem {
  readonly url: string
  /** Undefined for one that is known by its rules, such as languages. */
  readonly codeSystem: CodeSystem | undefined
}

/** The code system of the URL, that came along, that is named, or that the coding is of. */
export async function codeSystemOf(
  call: Call,
  source: StoredTerminology,
  name: 'url' | 'system',
  coding: Coding | undefined,
): Promise<NamedSystem> {
  const { given, asked } = call
  if (asked.id !== undefined) {
    if (given.has(name)) throw refused('The URL names the code system already.', given.place(name))
    return ofResource(await source.instance(call, 'CodeSystem'))
  }
  const sent = name === 'url' ? source.given(call, 'CodeSystem', 'codeSystem') : undefined
  if (sent) return ofResource(sent)
  const url = given.text(name) ?? coding?.system
  if (url === undefined) throw refused(`Name the code system by its "${name}".`, name)
  const codeSystem = await source.named(call, 'CodeSystem', url)
  if (!codeSystem && !isKnownByRules(source, url)) {
    throw new FhirError('notFound', `The code system ${url} is not known here.`)
  }
  return { url: url.split('|', 1)[0]!, codeSystem }
}

function isKnownByRules(source: StoredTerminology, url: string): boolean {
  return source.onBoard.descendants(url, '') !== undefined
}

function ofResource(codeSystem: CodeSystem): NamedSystem {
  if (codeSystem.url !== undefined) return { url: codeSystem.url, codeSystem }
  throw new FhirError('unprocessable', 'A code system without a url cannot be asked: no code can name it.')
}

export function refuseOtherVersion(codeSystem: CodeSystem | undefined, version: string | undefined): void {
  if (version === undefined || version === codeSystem?.version) return
  const known = codeSystem?.version === undefined ? 'one without a version' : codeSystem.version
  throw new FhirError('notFound', `Version ${version} of the code system is not known here, but ${known} is.`)
}

function refused(text: string, expression: string): FhirError {
  return new FhirError('invalidQuery', text, { expression })
}
